"""A clock, an S3 and a Kinesis that tests own, and a delivery stream wired to them."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aws_stage.engines.firehose.consumer import Consumer
from aws_stage.engines.firehose.delivery import Outbox
from aws_stage.engines.firehose.delivery_stream import DIRECT_PUT, KINESIS, DeliveryStream
from aws_stage.engines.firehose.kinesis_source import KinesisSource
from aws_stage.engines.firehose.monitoring import Monitor
from aws_stage.engines.firehose.records import Checkpoints, Source
from aws_stage.engines.firehose.search.documents import Document
from aws_stage.engines.firehose.search.domain_calls import NoAnswerError
from aws_stage.engines.firehose.search.indexing import Indexing
from aws_stage.engines.firehose.search.settings import complete_search, object_config
from aws_stage.engines.firehose.transform import Transformer
from aws_stage.engines.firehose.validation import complete_destination
from aws_stage.storage.store import Store
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/firehose"
STREAM_ARN = "arn:aws:kinesis:ap-northeast-1:000000000000:stream/readings"


class Crash(BaseException):
    """The process dies here."""


class FakeClock:
    """Stands still until it is moved; sleeping moves it, by a millisecond at least. ``step`` sets it."""

    def __init__(self, moment: datetime | None = None) -> None:
        self.moment = moment or datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
        self.passed = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.passed += max(seconds, 0.001)
            self.moment += timedelta(seconds=max(seconds, 0.001))

    def step(self, **by: float) -> None:
        self.moment += timedelta(**by)

    @property
    def seconds(self) -> float:
        return self.moment.timestamp()


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "op")


class FakeS3:
    """Objects by bucket and key; ``before`` and ``after`` run around each put and may raise."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.puts: list[str] = []
        self.missing: set[str] = set()
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def put_object(self, **request: Any) -> dict[str, Any]:
        self.before()
        if request["Bucket"] in self.missing:
            raise client_error("NoSuchBucket", 404)
        self.objects[request["Bucket"], request["Key"]] = request
        self.puts.append(request["Key"])
        self.after()
        return {}

    def head_object(self, **request: Any) -> dict[str, Any]:
        if (request["Bucket"], request["Key"]) not in self.objects:
            raise client_error("404", 404)
        return {}

    def keys(self, bucket: str = "lake") -> list[str]:
        return [key for name, key in self.objects if name == bucket]

    def bodies(self, bucket: str = "lake", prefix: str = "") -> list[bytes]:
        """Bodies in the order of their first put, gunzipped where the key says so."""
        return [
            gzip.decompress(item["Body"]) if key.endswith(".gz") else item["Body"]
            for (name, key), item in self.objects.items()
            if name == bucket and key.startswith(prefix)
        ]


class FakeKinesis:
    """Shards with records; ``parents`` of a shard make it a child, ``closed`` shards end."""

    def __init__(self, clock: FakeClock, shards: int = 1) -> None:
        self._clock = clock
        self.shards: dict[str, list[dict[str, Any]]] = {f"shard-{n}": [] for n in range(shards)}
        self.parents: dict[str, list[str]] = {}
        self.closed: set[str] = set()
        self.failing: dict[str, ClientError] = {}
        self.limits: list[int] = []
        self.calls = 0
        self._sequence = 0

    def put(self, data: bytes, shard: str = "shard-0", key: str = "k") -> None:
        self._sequence += 1
        self.shards[shard].append(
            {
                "Data": data,
                "ApproximateArrivalTimestamp": self._clock.now(),
                "SequenceNumber": f"{self._sequence:056d}",
                "PartitionKey": key,
            }
        )

    def reshard(self, parents: list[str], children: list[str]) -> None:
        self.closed.update(parents)
        for child in children:
            self.shards[child] = []
            self.parents[child] = parents

    def list_shards(self, **_request: Any) -> dict[str, Any]:
        names = ("ParentShardId", "AdjacentParentShardId")
        return {
            "Shards": [
                {"ShardId": shard, **dict(zip(names, self.parents.get(shard, []), strict=False))}
                for shard in self.shards
            ]
        }

    def get_shard_iterator(self, **request: Any) -> dict[str, Any]:
        records = self.shards[request["ShardId"]]
        if request["ShardIteratorType"] == "TRIM_HORIZON":
            position = 0
        elif request["ShardIteratorType"] == "AT_TIMESTAMP":
            start = request["Timestamp"]
            if start > self._clock.seconds:
                raise client_error("InvalidArgumentException")
            arrived = [record["ApproximateArrivalTimestamp"].timestamp() >= start for record in records]
            position = arrived.index(True) if True in arrived else len(arrived)
        elif request["ShardIteratorType"] == "AT_SEQUENCE_NUMBER":
            position = sum(record["SequenceNumber"] < request["StartingSequenceNumber"] for record in records)
        else:
            after = request["StartingSequenceNumber"]
            position = sum(record["SequenceNumber"] <= after for record in records)
        return {"ShardIterator": f"{request['ShardId']}|{position}"}

    def get_records(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        self.limits.append(request["Limit"])
        shard, _, position = request["ShardIterator"].partition("|")
        if shard in self.failing:
            raise self.failing.pop(shard)
        start = int(position)
        records = self.shards[shard][start : start + request["Limit"]]
        answer: dict[str, Any] = {"Records": records, "MillisBehindLatest": 0}
        if shard not in self.closed or start + len(records) < len(self.shards[shard]):
            answer["NextShardIterator"] = f"{shard}|{start + len(records)}"
        return answer


class FakeLambda:
    """Answers invocations with ``function(event)``; what it raises is raised to the caller."""

    def __init__(self, function: Callable[[dict[str, Any]], Any]) -> None:
        self.function = function
        self.events: list[dict[str, Any]] = []

    def invoke(self, **request: Any) -> dict[str, Any]:
        event = json.loads(request["Payload"])
        self.events.append(event)
        answer = self.function(event)
        if isinstance(answer, ValueError):
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


class FakeCloudWatch:
    """Collects metric data and log events."""

    def __init__(self) -> None:
        self.data: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def put_metric_data(self, **request: Any) -> dict[str, Any]:
        assert request["Namespace"] == "AWS/Firehose"
        self.data += request["MetricData"]
        return {}

    def put_log_events(self, **request: Any) -> dict[str, Any]:
        self.events.append(request)
        return {}

    def total(self, name: str) -> float:
        return sum(item["StatisticValues"]["Sum"] for item in self.data if item["MetricName"] == name)


class FakeDomain:
    """Takes documents by index and id; ``judge(index, id, document)`` gives each one's status, ``down`` the whole's."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], Any] = {}
        self.requests: list[list[str]] = []
        self.judge: Callable[[str, str, Any], int] = lambda _index, _id, _document: 201
        self.down: Callable[[], int | None] = lambda: None

    def __call__(self, _domain_arn: str, body: bytes) -> tuple[int, bytes]:
        status = self.down()
        if status is not None:
            if not status:
                raise NoAnswerError("connection refused")
            return status, b"overloaded"
        lines = [json.loads(line) for line in body.splitlines()]
        items = []
        self.requests.append([])
        for action, document in zip(lines[::2], lines[1::2], strict=True):
            options = action["index"]
            document_id = options.get("_id") or f"made-{len(self.documents)}"
            self.requests[-1].append(document_id)
            outcome = self.judge(options["_index"], document_id, document)
            item: dict[str, Any] = {"_index": options["_index"], "_id": document_id, "status": outcome}
            if outcome < 300:
                self.documents[options["_index"], document_id] = document
            else:
                item["error"] = {"type": "refused", "reason": f"status {outcome}"}
            items.append({"index": item})
        return 200, json.dumps({"errors": True, "items": items}).encode()


def search_destination(**changes: Any) -> dict[str, Any]:
    """A completed OpenSearch destination: 1 MiB or 60 s, a minute of retries."""
    return complete_search(
        {
            "RoleARN": ROLE,
            "DomainARN": "arn:aws:es:ap-northeast-1:000000000000:domain/trips",
            "IndexName": "trips",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            "RetryOptions": {"DurationInSeconds": 60},
            "S3Configuration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake", "Prefix": "gold/"},
            **changes,
        }
    )


def destination(**changes: Any) -> dict[str, Any]:
    """A completed destination configuration: gzip, 1 MiB or 60 s."""
    return complete_destination(
        {
            "RoleARN": ROLE,
            "BucketARN": "arn:aws:s3:::lake",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
            **changes,
        }
    )


class Rig:
    """One delivery stream from a fake Kinesis stream to a fake S3; ``restart`` keeps only what is durable."""

    def __init__(
        self,
        path: Path,
        config: dict[str, Any] | None = None,
        shards: int = 1,
        open_source: Callable[[Checkpoints], Source] | None = None,
        search: dict[str, Any] | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.s3 = FakeS3()
        self.kinesis = FakeKinesis(self.clock, shards)
        self.cloudwatch = FakeCloudWatch()
        self.function: FakeLambda | None = None
        self.domain = FakeDomain()
        self.stream = DeliveryStream(
            name="fh",
            arn="arn:aws:firehose:ap-northeast-1:000000000000:deliverystream/fh",
            uid="uid",
            kind=KINESIS,
            version=1,
            created=self.clock.seconds,
            updated=None,
            config=object_config(search) if search else config or destination(),
            search=search,
            source={"KinesisStreamARN": STREAM_ARN, "RoleARN": ROLE},
        )
        self._path = path
        self._open_source = open_source or self._kinesis_source
        self.store = Store(path / "store.sqlite")
        self.restart()

    def restart(self) -> None:
        """A new process on what the old one left."""
        self.outbox = Outbox(self.store, self.s3, self._path / "spool", "uid")
        self.monitor = Monitor(lambda _service: self.cloudwatch, self.clock, lambda: self.stream)
        self.consumer = Consumer(
            current=lambda: self.stream,
            open_source=self._open_source,
            new_transformer=self._transformer,
            outbox=self.outbox,
            new_indexing=self._indexing,
            monitor=self.monitor,
            clock=self.clock,
        )

    def update(self, **changes: Any) -> None:
        """UpdateDestination."""
        self.stream = replace(
            self.stream,
            version=self.stream.version + 1,
            config=complete_destination({**self.stream.config, **changes}),
        )

    def direct(self) -> DeliveryStream:
        """The delivery stream, if records were put to it directly."""
        return replace(self.stream, kind=DIRECT_PUT, source=None)

    def run(self, seconds: float) -> None:
        """Let the consumer work for ``seconds`` of the clock."""
        end = self.clock.passed + seconds
        while True:
            delay = self.consumer.step()
            if self.clock.passed >= end and delay != 0.0:
                return
            self.clock.sleep(min(1.0 if delay is None else delay, max(0.0, end - self.clock.passed)))

    def _kinesis_source(self, checkpoints: Checkpoints) -> Source:
        return KinesisSource(
            self.kinesis,
            self.clock,
            STREAM_ARN,
            checkpoints,
            self.stream.created,
            began=self.outbox.begin,
            throttled=self.monitor.throttled,
        )

    def _indexing(self, stream: DeliveryStream, documents: list[Document]) -> Indexing:
        assert stream.search_target is not None
        return Indexing(documents, stream.search_target, self.domain, self.clock)

    def _transformer(self, stream: DeliveryStream) -> Transformer | None:
        settings = stream.destination.transform
        return Transformer(self.function, self.clock, stream, settings) if settings else None
