"""Rows put into the lake's tables by hand, and a query run as an analyst runs it."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from datastreamer.telemetry.schema import CURATED_COLUMNS, QUARANTINE_COLUMNS, partition_path
from tests.conftest import RunningStage

TYPES = {"string": pa.string(), "double": pa.float64(), "bigint": pa.int64(), "timestamp": pa.timestamp("us")}
COLUMNS = {"device_telemetry": CURATED_COLUMNS, "device_telemetry_quarantine": QUARANTINE_COLUMNS}

Row = dict[str, Any]


def put_rows(stage: RunningStage, bucket: str, table: str, day: datetime, rows: Sequence[Row]) -> None:
    """Write ``rows`` as one Parquet file of ``table`` for ``day``."""
    schema = pa.schema([(column.name, TYPES[column.type]) for column in COLUMNS[table]])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), buffer, compression="zstd")
    key = f"{table}/{partition_path(f'{day:%Y-%m-%d}')}sample.parquet"
    stage.client("s3").put_object(Bucket=bucket, Key=key, Body=buffer.getvalue())


def run_saved_query(stage: RunningStage, query_id: str, workgroup: str) -> tuple[list[Row], int]:
    """The rows that a saved query answers, and the bytes that it read."""
    athena = stage.client("athena")
    query = athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]
    started = athena.start_query_execution(
        QueryString=query["QueryString"],
        QueryExecutionContext={"Database": query["Database"]},
        WorkGroup=workgroup,
    )
    while True:
        execution = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.05)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    answer = athena.get_query_results(QueryExecutionId=started["QueryExecutionId"])["ResultSet"]["Rows"]
    names = [cell["VarCharValue"] for cell in answer[0]["Data"]]
    rows = [dict(zip(names, (cell.get("VarCharValue") for cell in row["Data"]), strict=True)) for row in answer[1:]]
    return rows, execution["Statistics"]["DataScannedInBytes"]
