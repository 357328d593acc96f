"""Streams, functions that note down what they get, and mappings between them."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually

ROLE = "arn:aws:iam::000000000000:role/processor"

HANDLER = """
import base64, json, os, time

def handler(event, context):
    texts = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps({"event": event, "texts": texts, "at": time.time()}) + "\\n")
    return answer_to(event, texts)

"""


WAITS_FOR_RELEASE = """
def answer_to(event, texts):
    while "slow" in texts and not os.path.exists(os.environ["NOTES"] + ".release"):
        time.sleep(0.01)
"""
"""Takes as long for the text ``slow`` as ``Function.release`` lets it wait."""


@dataclass
class Function:
    """A function that notes down each invocation in a file."""

    name: str
    notes: Path
    client: Any

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:ap-northeast-1:000000000000:function:{self.name}"

    def invocations(self) -> list[dict[str, Any]]:
        """``event``, decoded ``texts`` and the time of each invocation, in order."""
        lines = self.notes.read_text().splitlines(keepends=True) if self.notes.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def release(self) -> None:
        """Let a function that waits go on."""
        self.notes.with_name(self.notes.name + ".release").touch()

    def batches(self) -> list[list[str]]:
        """The texts of each invocation."""
        return [invocation["texts"] for invocation in self.invocations()]

    def texts(self) -> list[str]:
        """The texts of all invocations, one after another."""
        return [text for batch in self.batches() for text in batch]


@dataclass
class Bench:
    """One running stage with short ways to make things on it."""

    stage: RunningStage
    folder: Path
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self.stage.client(service)
        return self.clients[service]

    def stream(self, shards: int = 1) -> str:
        """A new stream's name."""
        name = f"stream-{uuid4().hex[:8]}"
        self.client("kinesis").create_stream(StreamName=name, ShardCount=shards)
        return name

    def stream_arn(self, stream: str) -> str:
        return f"arn:aws:kinesis:ap-northeast-1:000000000000:stream/{stream}"

    def put(self, stream: str, *texts: str, key: str = "k") -> list[str]:
        """Put texts in order, in one call; their sequence numbers."""
        records = [{"Data": text.encode(), "PartitionKey": key} for text in texts]
        answer = self.client("kinesis").put_records(StreamName=stream, Records=records)
        return [record["SequenceNumber"] for record in answer["Records"]]

    def function(self, body: str = "def answer_to(event, texts): return None", **settings: Any) -> Function:
        """A new function; ``body`` defines ``answer_to(event, texts)``, which runs once the invocation is noted."""
        name = f"function-{uuid4().hex[:8]}"
        notes = self.folder / f"{name}.jsonl"
        settings.setdefault("Timeout", 300)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            package.writestr("handler.py", HANDLER + body)
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="handler.handler",
            Role=ROLE,
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"NOTES": str(notes)}},
            **settings,
        )
        return Function(name, notes, self.client("lambda"))

    def map(self, stream: str, function: Function, **options: Any) -> str:
        """A new mapping, enabled (or disabled); its UUID."""
        options.setdefault("StartingPosition", "TRIM_HORIZON")
        uuid: str = self.client("lambda").create_event_source_mapping(
            EventSourceArn=self.stream_arn(stream), FunctionName=function.name, **options
        )["UUID"]
        self.settled(uuid)
        return uuid

    def mapping(self, uuid: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client("lambda").get_event_source_mapping(UUID=uuid)
        return found

    def settled(self, uuid: str) -> str:
        """Wait for the end of a transition; the state."""
        return eventually(lambda: state if not (state := self.mapping(uuid)["State"]).endswith("ing") else "")

    def update(self, uuid: str, **changes: Any) -> None:
        """Change a mapping and wait for it."""
        self.client("lambda").update_event_source_mapping(UUID=uuid, **changes)
        self.settled(uuid)

    def bucket(self) -> str:
        """A new bucket's name."""
        name = f"bucket-{uuid4().hex[:8]}"
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
        return name

    def parked(self, bucket: str) -> list[tuple[str, dict[str, Any]]]:
        """Key and content of each object, by key."""
        s3 = self.client("s3")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return [(key, json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())) for key in keys]

    def parked_texts(self, bucket: str) -> list[list[str]]:
        """The texts of each parked batch."""
        return [texts_of(json.loads(content["payload"])) for _, content in self.parked(bucket)]


def texts_of(event: dict[str, Any]) -> list[str]:
    """What an event's records say."""
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


def in_order(texts: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether ``expected`` is what came, in that order, when repetitions are left out."""
    seen = list(dict.fromkeys(texts))
    return seen == list(expected)
