"""A lake to query: what Athena's tests share to put objects into S3 and run SQL on them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.waiting import eventually

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
Row = list[str | None]


@dataclass
class Answer:
    """How a query ended: its execution, and its rows (the header row of a query left out)."""

    execution: dict[str, Any]
    header: Row = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)

    @property
    def state(self) -> str:
        return str(self.execution["Status"]["State"])

    @property
    def reason(self) -> str:
        return str(self.execution["Status"].get("StateChangeReason", ""))

    @property
    def scanned(self) -> int:
        return int(self.execution["Statistics"]["DataScannedInBytes"])

    @property
    def types(self) -> list[str]:
        return [column["Type"] for column in self.columns]


class AthenaLake:
    """One bucket and one database of a stage, both of the same name."""

    def __init__(self, stage: RunningStage, name: str) -> None:
        self.name = name
        self.stage = stage
        self.athena = stage.client("athena")
        self.glue = stage.client("glue")
        self.s3 = stage.client("s3")
        self.bucket = name.replace("_", "-")
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.glue.create_database(DatabaseInput={"Name": name})

    @property
    def results(self) -> str:
        return f"s3://{self.bucket}/results/"

    def put(self, key: str, body: bytes | str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def put_parquet(self, key: str, rows: Sequence[dict[str, Any]] | pa.Table, **options: Any) -> int:
        """Write a Parquet object; returns its size in bytes."""
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows))
        buffer = io.BytesIO()
        pq.write_table(table, buffer, **{"compression": "zstd", **options})
        self.put(key, buffer.getvalue())
        return len(buffer.getvalue())

    def keys(self, prefix: str) -> list[str]:
        """The keys below a prefix, in order."""
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])]

    def text(self, location: str) -> str:
        """The content of an object of this bucket by its s3:// location."""
        key = location.removeprefix(f"s3://{self.bucket}/")
        body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body.decode()

    def start(self, sql: str, **request: Any) -> str:
        """Start a query in this database; returns its id."""
        request.setdefault("QueryExecutionContext", {"Database": self.name})
        if "WorkGroup" not in request:
            request.setdefault("ResultConfiguration", {"OutputLocation": self.results})
        execution_id: str = self.athena.start_query_execution(QueryString=sql, **request)["QueryExecutionId"]
        return execution_id

    def wait(self, execution_id: str) -> dict[str, Any]:
        """The execution when it has ended."""

        def ended() -> dict[str, Any]:
            found: dict[str, Any] = self.athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
            return found if found["Status"]["State"] in ENDED else {}

        return eventually(ended)

    def run(self, sql: str, **request: Any) -> Answer:
        """Run a query to its end, whatever that is."""
        execution = self.wait(self.start(sql, **request))
        if execution["Status"]["State"] != "SUCCEEDED":
            return Answer(execution)
        rows: list[Row] = []
        columns: list[dict[str, Any]] = []
        for page in self.athena.get_paginator("get_query_results").paginate(
            QueryExecutionId=execution["QueryExecutionId"]
        ):
            columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            rows += [[datum.get("VarCharValue") for datum in row["Data"]] for row in page["ResultSet"]["Rows"]]
        if execution["ResultConfiguration"]["OutputLocation"].endswith(".csv"):
            return Answer(execution, rows[0], rows[1:], columns)
        return Answer(execution, [], rows, columns)

    def rows(self, sql: str, **request: Any) -> list[Row]:
        """The rows of a query that must succeed."""
        answer = self.run(sql, **request)
        assert answer.state == "SUCCEEDED", f"{sql}: {answer.reason}"
        return answer.rows

    def failure(self, sql: str, **request: Any) -> str:
        """Why a query fails; it must."""
        answer = self.run(sql, **request)
        assert answer.state == "FAILED", f"{sql}: {answer.state}: {answer.rows}"
        return answer.reason
