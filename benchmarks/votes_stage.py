"""A stage of its own with the vote on it, for benchmarks."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import urllib3
from aws_stage.testing import localhost_names

from datastreamer.stages import enter_stage
from datastreamer.votes.names import Names

REPOSITORY = Path(__file__).resolve().parent.parent
MOST_RECORDS = 500
"""In one PutRecords."""

NAIVE = """
import base64, json, os
import boto3
table = boto3.client("dynamodb")

def handler(event, context):
    for record in event["Records"]:
        vote = json.loads(base64.b64decode(record["kinesis"]["data"]))
        table.update_item(
            TableName=os.environ["TABLE"],
            Key={"pk": {"S": "naive"}, "sk": {"S": vote["candidate"]}},
            UpdateExpression="ADD votes :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
"""
"""One write for each vote, and not even exactly once."""


@dataclass(frozen=True)
class VoteStage:
    """The stage that this process's AWS variables point to."""

    names: Names
    site: dict[str, Any]
    folder: Path

    def totals(self) -> int:
        """Votes counted so far."""
        totals: dict[str, int] = urllib3.request("GET", f"{self.site['api_url']}/totals").json()["totals"]
        return sum(totals.values())

    def wait_for(self, votes: int) -> None:
        """Return as soon as the totals have ``votes``."""
        while self.totals() < votes:
            time.sleep(0.02)

    def put(self, records: Sequence[bytes]) -> None:
        """Put votes straight onto the stream; a shard takes 1,000 a second."""
        kinesis: Any = boto3.client("kinesis")
        for first in range(0, len(records), MOST_RECORDS):
            left = [
                {"Data": data, "PartitionKey": str(first + place)}
                for place, data in enumerate(records[first : first + MOST_RECORDS])
            ]
            while left:
                answer = kinesis.put_records(StreamName=self.names.stream, Records=left)
                left = [one for one, told in zip(left, answer["Records"], strict=True) if "ErrorCode" in told]
                time.sleep(0.05 if left else 0.0)

    def counting(self, enabled: bool) -> None:
        """Let the aggregator count, or hold it."""
        functions: Any = boto3.client("lambda")
        (mapping,) = functions.list_event_source_mappings(FunctionName=self.aggregator)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
        while functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] not in ("Enabled", "Disabled"):
            time.sleep(0.02)

    def send_writes_by(self, url: str) -> None:
        """Let the aggregator reach DynamoDB at ``url``."""
        functions: Any = boto3.client("lambda")
        variables = functions.get_function_configuration(FunctionName=self.aggregator)["Environment"]["Variables"]
        environment = {"Variables": {**variables, "AWS_ENDPOINT_URL_DYNAMODB": url}}
        functions.update_function_configuration(FunctionName=self.aggregator, Environment=environment)
        functions.get_waiter("function_updated_v2").wait(FunctionName=self.aggregator, WaiterConfig={"Delay": 1})

    def count_naively(self, url: str) -> None:
        """Count everything that is on the stream with one write for each vote, sent by ``url``; returns at once."""
        functions: Any = boto3.client("lambda")
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("handler.py", NAIVE)
        arn = boto3.client("kinesis").describe_stream_summary(StreamName=self.names.stream)
        functions.create_function(
            FunctionName="naive",
            Runtime="python3.11",
            Handler="handler.handler",
            Role=f"arn:aws:iam::{self.names.account}:role/naive",
            Timeout=60,
            Code={"ZipFile": package.getvalue()},
            Environment={"Variables": {"TABLE": self.names.aggregation_table, "AWS_ENDPOINT_URL_DYNAMODB": url}},
        )
        functions.create_event_source_mapping(
            EventSourceArn=arn["StreamDescriptionSummary"]["StreamARN"],
            FunctionName="naive",
            StartingPosition="TRIM_HORIZON",
            BatchSize=1000,
        )

    def counted_naively(self) -> int:
        """Votes that were counted so."""
        answer = boto3.client("dynamodb").query(
            TableName=self.names.aggregation_table,
            KeyConditionExpression="pk = :naive",
            ExpressionAttributeValues={":naive": {"S": "naive"}},
        )
        return sum(int(item["votes"]["N"]) for item in answer["Items"])

    @property
    def aggregator(self) -> str:
        return f"datastreamer-{self.names.stage}-votes-aggregate"


@contextmanager
def votes_stage() -> Iterator[VoteStage]:
    """Up, and the vote applied; the AWS variables of this process point to it meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="datastreamer-benchmark-") as folder:
        os.environ |= {"AWS_STAGE_PORT": str(port), "AWS_STAGE_DATA_DIR": folder, "DATASTREAMER_DATA_DIR": folder}
        enter_stage("local", os.environ)
        _run("aws_stage", "up")
        try:
            print("applying, about 50 s", file=sys.stderr)
            _run("scripts.provision", "apply", "local", "--pipeline", "votes", "--auto-approve")
            names = Names("local", boto3.client("sts").get_caller_identity()["Account"])
            config = boto3.client("s3").get_object(Bucket=names.site_bucket, Key="config.json")["Body"].read()
            with localhost_names.resolved():
                yield VoteStage(names, json.loads(config), Path(folder))
        finally:
            _run("aws_stage", "down")


def _run(*words: str) -> None:
    subprocess.run([sys.executable, "-m", *words], cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
