"""Crawlers over objects: what the tests of crawls share."""

from __future__ import annotations

import gzip
import io
import json
import time
from dataclasses import dataclass
from typing import Any

import pyarrow
import pyarrow.parquet
from aws_stage.testing import REGION, RunningStage

ROLE = "arn:aws:iam::000000000000:role/crawler"


def parquet(**columns: Any) -> bytes:
    """A Parquet object of these columns (lists or Arrow arrays)."""
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


def json_lines(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data)


@dataclass
class Lake:
    """A bucket and a database of one test, and crawlers over them."""

    stage: RunningStage
    name: str

    def __post_init__(self) -> None:
        self.glue = self.stage.client("glue")
        self.s3 = self.stage.client("s3")
        self.bucket = f"crawl-{self.name}"
        self.database = f"crawl_{self.name}".replace("-", "_")
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.glue.create_database(DatabaseInput={"Name": self.database})

    def put(self, objects: dict[str, bytes]) -> None:
        """Objects of the bucket by key."""
        for key, body in objects.items():
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def create(self, path: str = "", **definition: Any) -> str:
        """A crawler of ``path`` in the bucket (or of the definition's own targets); returns its name."""
        targets = {"S3Targets": [{"Path": f"s3://{self.bucket}/{path}"}]}
        self.glue.create_crawler(
            **{"Name": self.name, "Role": ROLE, "DatabaseName": self.database, "Targets": targets, **definition}
        )
        return self.name

    def crawl(self) -> dict[str, Any]:
        """Run the crawler; returns GetCrawler's LastCrawl."""
        self.glue.start_crawler(Name=self.name)
        while (crawler := self.glue.get_crawler(Name=self.name)["Crawler"])["State"] != "READY":
            time.sleep(0.02)
        last: dict[str, Any] = crawler["LastCrawl"]
        return last

    def crawl_well(self) -> dict[str, int]:
        """Run the crawler, which must succeed; returns its metrics."""
        last = self.crawl()
        assert last["Status"] == "SUCCEEDED", last
        metrics: dict[str, int] = self.glue.get_crawler_metrics(CrawlerNameList=[self.name])["CrawlerMetricsList"][0]
        return metrics

    def table(self, name: str) -> dict[str, Any]:
        table: dict[str, Any] = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        return table

    def tables(self) -> list[str]:
        return sorted(table["Name"] for table in self.glue.get_tables(DatabaseName=self.database)["TableList"])

    def columns(self, name: str) -> dict[str, str]:
        return {column["Name"]: column["Type"] for column in self.table(name)["StorageDescriptor"]["Columns"]}

    def partitions(self, name: str) -> dict[tuple[str, ...], dict[str, Any]]:
        found = self.glue.get_partitions(DatabaseName=self.database, TableName=name)["Partitions"]
        return {tuple(partition["Values"]): partition for partition in found}

    def rows(self, query: str) -> list[list[str]]:
        """The answer of Athena, without its header."""
        athena = self.stage.client("athena")
        query_id = athena.start_query_execution(
            QueryString=query,
            QueryExecutionContext={"Database": self.database},
            ResultConfiguration={"OutputLocation": f"s3://{self.bucket}/_results/"},
        )["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            if status["State"] not in {"QUEUED", "RUNNING"}:
                break
            time.sleep(0.02)
        assert status["State"] == "SUCCEEDED", status["StateChangeReason"]
        rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        return [[value.get("VarCharValue", "") for value in row["Data"]] for row in rows[1:]]

    def log(self) -> list[str]:
        events = self.stage.client("logs").get_log_events(
            logGroupName="/aws-glue/crawlers", logStreamName=self.name, startFromHead=True
        )
        return [event["message"] for event in events["events"]]
