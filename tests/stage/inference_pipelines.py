"""Whole inference pipelines on a stage, made by hand: stream, mapping, the real function, endpoint, table, bucket."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aws_stage.testing.lambda_functions import settle
from aws_stage.testing.waiting import PATIENCE, eventually

from datastreamer.inference.reprocessing.parked import FailureBucket, event_records
from tests.conftest import REGION, RunningStage

ROLE = "arn:aws:iam::000000000000:role/processor"

NAN, BREAKS, ENDS = 444, 555, 666
"""First features for which the model has no number to say, at which its code fails, and at which its process ends."""

MODEL = f"""
import os

def model_fn(model_dir):
    return None

def input_fn(body, content_type):
    return [[float(value) for value in line.split(",")] for line in body.splitlines()]

def predict_fn(rows, model):
    if any(row[0] == {BREAKS} for row in rows):
        raise IndexError("a row that breaks the model")
    if any(row[0] == {ENDS} for row in rows):
        os._exit(3)
    return ["nan" if row[0] == {NAN} else str(sum(row)) for row in rows]

def output_fn(scores, accept):
    return "\\n".join(scores), "text/csv"
"""


def good(number: int) -> bytes:
    """A record that can be scored; its score is ``number`` + 1."""
    return json.dumps({"id": f"sensor-{number:05d}", "data": [number, 1]}).encode()


def odd(number: int, first: int) -> bytes:
    """A record whose first feature is ``first``."""
    return json.dumps({"id": f"odd-{number:05d}", "data": [first, 1]}).encode()


@dataclass
class Whereabouts:
    """Where each record is, by sequence number."""

    items: Counter[str]
    parked: dict[str, str]
    batches: Counter[str]

    @property
    def accounted(self) -> set[str]:
        return set(self.items) | set(self.parked) | set(self.batches)


class Pipeline:
    """One pipeline of its own; ``environment`` is added to the function's."""

    def __init__(
        self,
        stage: RunningStage,
        package: Path,
        endpoint: str,
        environment: dict[str, str] | None = None,
        **mapping: Any,
    ) -> None:
        self.stage = stage
        self.name = f"inference-{uuid.uuid4().hex[:8]}"
        self.kinesis, self.functions = stage.client("kinesis"), stage.client("lambda")
        self.dynamodb, self.s3 = stage.client("dynamodb"), stage.client("s3")
        self.kinesis.create_stream(StreamName=self.name, ShardCount=1)
        self.kinesis.get_waiter("stream_exists").wait(StreamName=self.name, WaiterConfig={"Delay": 1})
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.dynamodb.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        self.environment = {
            "ENDPOINT_NAME": endpoint,
            "TABLE_NAME": self.name,
            "DLQ_BUCKET": self.name,
            "POWERTOOLS_SERVICE_NAME": self.name,
            "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Inference",
            **(environment or {}),
        }
        self.functions.create_function(
            FunctionName=self.name,
            Runtime="python3.11",
            Handler="handler.handler",
            Role=ROLE,
            Timeout=60,
            Code={"ZipFile": package.read_bytes()},
            Environment={"Variables": self.environment},
        )
        self.sequences: list[str] = []
        self.mappings: list[str] = []
        self.mapping = mapping
        self.map()

    def map(self, **changes: Any) -> None:
        """A mapping of the stream, from its start, to the function."""
        options = {
            "BatchSize": 100,
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 5,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "StartingPosition": "TRIM_HORIZON",
            "DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:s3:::{self.name}"}},
        }
        created = self.functions.create_event_source_mapping(
            EventSourceArn=f"arn:aws:kinesis:{REGION}:000000000000:stream/{self.name}",
            FunctionName=self.name,
            **(options | self.mapping | changes),
        )
        self.mappings.append(created["UUID"])

    def configure(self, **environment: str) -> None:
        """Change variables of the function."""
        self.environment |= environment
        self.functions.update_function_configuration(
            FunctionName=self.name, Environment={"Variables": self.environment}
        )
        settle(self.stage, self.name)

    def put(self, payloads: Sequence[bytes]) -> list[str]:
        """Put records in order, one partition key each; their sequence numbers."""
        sequences = []
        for first in range(0, len(payloads), 500):
            records = [
                {"Data": payload, "PartitionKey": f"key-{first + number}"}
                for number, payload in enumerate(payloads[first : first + 500])
            ]
            answer = self.kinesis.put_records(StreamName=self.name, Records=records)
            assert answer["FailedRecordCount"] == 0
            sequences += [entry["SequenceNumber"] for entry in answer["Records"]]
        self.sequences += sequences
        return sequences

    def whereabouts(self) -> Whereabouts:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.name)
        items = Counter(item["kinesis_sequence"]["S"] for page in pages for item in page["Items"])
        parked, batches = {}, Counter[str]()
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name):
            for entry in page.get("Contents", []):
                key = entry["Key"]
                if key.startswith("replayed/"):
                    continue
                content = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
                sequences = [record["kinesis"]["sequenceNumber"] for record in event_records(key, content)]
                if key.startswith("failures/"):
                    parked[sequences[0]] = json.loads(content)["reason"]
                else:
                    batches.update(sequences)
        return Whereabouts(items, parked, batches)

    def settled(self) -> Whereabouts:
        """Where each record is, once every record that was put is somewhere; none may be in two places."""
        deadline = time.monotonic() + PATIENCE
        while not (where := self.whereabouts()).accounted >= set(self.sequences):
            assert time.monotonic() < deadline, f"{len(set(self.sequences) - where.accounted)} records are nowhere"
            time.sleep(0.1)
        assert where.accounted == set(self.sequences)
        total = where.items + where.batches + Counter(where.parked.keys())
        assert {sequence: count for sequence, count in total.items() if count > 1} == {}
        return where

    def scored_at(self) -> list[int]:
        """When each item was scored, in ms."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.name)
        return [int(item["prediction"]["M"]["scored_at"]["N"]) for page in pages for item in page["Items"]]

    @property
    def failures(self) -> FailureBucket:
        return FailureBucket(self.s3, self.name)

    def workers(self) -> list[int]:
        """Process ids of the function's environments."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    variables = (folder / "environ").read_bytes().split(b"\0")
                except OSError:
                    continue
                if f"AWS_LAMBDA_FUNCTION_NAME={self.name}".encode() in variables and int(folder.name) != os.getpid():
                    found.append(int(folder.name))
        return found

    def close(self) -> None:
        """Stop the mappings, so that they take no time of the tests after; the stream may be mapped again then."""
        for mapping in self.mappings:
            eventually(partial(self._delete, mapping))
        self.mappings.clear()
        listed = partial(self.functions.list_event_source_mappings, FunctionName=self.name)
        eventually(lambda: not listed()["EventSourceMappings"])

    def _delete(self, mapping: str) -> bool:
        if self.functions.get_event_source_mapping(UUID=mapping)["State"].endswith("ing"):
            return False
        self.functions.delete_event_source_mapping(UUID=mapping)
        return True
