"""What stands at the boundaries of the function in unit tests: an endpoint, a table and a bucket that fail as told."""

from __future__ import annotations

import base64
import io
import json
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.inference.processing.item import ItemContract
from datastreamer.inference.processing.settings import Settings
from datastreamer.inference.processing.table import Table
from datastreamer.scoring.batch import BatchScorer
from datastreamer.scoring.endpoint import Endpoint
from datastreamer.scoring.pacing import Budget
from datastreamer.scoring.parking import Parking
from datastreamer.scoring.payload import CSV, payload_of
from datastreamer.scoring.scorer import RowByRow
from datastreamer.scoring.serving import Serving

ARRIVAL_MS = 1_760_517_000_123
SHARD = "shardId-000000000006"
BUDGET = Budget.of(60)


def client_error(code: str, status: int = 400, message: str = "told to", **more: Any) -> ClientError:
    """The exception that boto3 raises for ``code``; ``more`` are further members of the answer."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(response, "Operation")


def model_error(status: int, message: str = "the model's own words") -> ClientError:
    return client_error("ModelError", 424, OriginalStatusCode=status, OriginalMessage=message)


class FakeTime(Clock):
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.pauses: list[float] = []
        self.backoff = Backoff(randomness=random.Random(1))
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds
            self.pauses.append(seconds)

    def now(self) -> float:
        return self.seconds

    def wall_ms(self) -> int:
        return ARRIVAL_MS + 1000

    @property
    def clock(self) -> Clock:
        return self


class FakeEndpoint:
    """A model behind SageMaker's runtime that scores a row by its sum.

    ``script``: what the first calls do, before the model is asked: an exception to raise, or the bytes to answer.
    ``model``: gives the text of a row's score, or raises.
    """

    def __init__(
        self, script: Iterable[Exception | bytes | None] = (), model: Callable[[list[str]], str] | None = None
    ) -> None:
        self._script = iter(script)
        self._model = model or (lambda row: str(sum(map(float, row))))
        self.bodies: list[bytes] = []
        self.requests: list[dict[str, Any]] = []

    @property
    def calls(self) -> int:
        return len(self.bodies)

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        self.bodies.append(request["Body"])
        step = next(self._script, None)
        if isinstance(step, Exception):
            raise step
        answer = self._answer(request) if step is None else step
        return {"Body": io.BytesIO(answer), "InvokedProductionVariant": "AllTraffic"}

    def _answer(self, request: dict[str, Any]) -> bytes:
        if request["ContentType"] == CSV:
            rows = [line.split(",") for line in request["Body"].decode().split("\n")]
            return "\n".join(self._model(row) for row in rows).encode()
        instances = json.loads(request["Body"])["instances"]
        scores = [self._model([str(value) for value in instance["features"]]) for instance in instances]
        return f'{{"predictions": [{", ".join(f"""{{"score": {score}}}""" for score in scores)}]}}'.encode()


class FakeSageMaker:
    """The control plane behind an endpoint: ``configs`` are models by variant, by configuration.

    ``script``: errors that the next looks at the endpoint end with (None: none).
    """

    def __init__(self, script: Iterable[Exception | None] = (), score_range: str | None = None) -> None:
        self.script = list(script)
        self.configs = {"config-1": {"AllTraffic": "model-1"}, "config-2": {"AllTraffic": "model-2"}}
        self.environments = {"model-1": {"DATASTREAMER_SCORE_RANGE": score_range} if score_range else {}}
        self.serves, self.coming, self.changed = "config-1", "", 1
        self.asked: list[str] = []

    def move(self, config: str, coming: str = "") -> None:
        """Have ``config`` serve, and perhaps another on its way."""
        self.serves, self.coming, self.changed = config, coming, self.changed + 1

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:  # noqa: N803
        self.asked.append(EndpointName)
        if self.script and (step := self.script.pop(0)):
            raise step
        coming = {"PendingDeploymentSummary": {"EndpointConfigName": self.coming}} if self.coming else {}
        return {"EndpointConfigName": self.serves, "LastModifiedTime": self.changed, **coming}

    def describe_endpoint_config(self, *, EndpointConfigName: str) -> dict[str, Any]:  # noqa: N803
        self.asked.append(EndpointConfigName)
        variants = self.configs[EndpointConfigName].items()
        return {"ProductionVariants": [{"VariantName": name, "ModelName": model} for name, model in variants]}

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:  # noqa: N803
        self.asked.append(ModelName)
        return {"PrimaryContainer": {"Image": "i", "Environment": self.environments.get(ModelName, {})}}


def serving(sagemaker: FakeSageMaker | None = None, time: FakeTime | None = None) -> Serving:
    """What looks at ``sagemaker``."""
    control: Any = sagemaker or FakeSageMaker()
    return Serving(lambda: control, "e", (time or FakeTime()).clock)


class FakeTable:
    """A table that does with each call what ``script`` says, and stores what comes after.

    A step is an exception to raise, or how many of the call's items are left unprocessed. ``refuses`` says of an item
    whether its call is a ValidationException.
    """

    def __init__(
        self, script: Iterable[Exception | int | None] = (), refuses: Callable[[Any], bool] = lambda _item: False
    ) -> None:
        self._script = iter(script)
        self._refuses = refuses
        self._lock = threading.Lock()
        self.items: dict[tuple[str, str], Any] = {}
        self.puts = 0
        self.sizes: list[int] = []

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        ((name, requests),) = RequestItems.items()
        with self._lock:
            self.sizes.append(len(requests))
            step = next(self._script, None)
            if isinstance(step, Exception):
                raise step
            items = [request["PutRequest"]["Item"] for request in requests]
            keys = [(item["pk"]["S"], item["sk"]["S"]) for item in items]
            if len(set(keys)) < len(keys):
                raise client_error("ValidationException", message="Provided list of item keys contains duplicates")
            if any(map(self._refuses, items)):
                raise client_error("ValidationException", message="an item is refused")
            processed = len(items) - (step or 0)
            self.items |= dict(zip(keys[:processed], items[:processed], strict=False))
            self.puts += processed
            return {"UnprocessedItems": {name: requests[processed:]} if step else {}}


class FakeBucket:
    """A bucket that does with each put what ``script`` says, and stores what comes after."""

    def __init__(self, script: Iterable[Exception | None] = ()) -> None:
        self._script = iter(script)
        self._lock = threading.Lock()
        self.objects: dict[str, Any] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> dict[str, Any]:  # noqa: N803
        assert (Bucket, ContentType) == ("dlq", "application/json")
        with self._lock:
            step = next(self._script, None)
            if isinstance(step, Exception):
                raise step
            self.objects[Key] = json.loads(Body)
        return {}


def sequence_number(number: int) -> str:
    """The ``number``-th sequence number of a shard, in order."""
    return f"49590338271490256608559692538361571095921575989{number:09d}"


def event_record(number: int, payload: bytes, arrival_ms: int = ARRIVAL_MS) -> dict[str, Any]:
    """The ``number``-th record of a shard, as Lambda gives it."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "key",
            "sequenceNumber": sequence_number(number),
            "data": base64.b64encode(payload).decode(),
            "approximateArrivalTimestamp": arrival_ms / 1000,
        },
        "eventSource": "aws:kinesis",
        "eventID": f"{SHARD}:{sequence_number(number)}",
        "eventName": "aws:kinesis:record",
    }


def event_records(payloads: Sequence[bytes]) -> list[dict[str, Any]]:
    """The records of a shard that hold ``payloads``."""
    return [event_record(number, payload) for number, payload in enumerate(payloads)]


def good(number: int) -> bytes:
    """A record that the contract and the model accept; its score is ``number`` + 1."""
    return json.dumps({"id": f"sensor-{number:03d}", "data": [number, 1]}).encode()


def settings(**changes: Any) -> Settings:
    return Settings(**{"function_name": "f", "endpoint_name": "e", "table_name": "t", "dlq_bucket": "dlq"} | changes)


def processor(
    endpoint: FakeEndpoint | None = None,
    table: FakeTable | None = None,
    bucket: FakeBucket | None = None,
    time: FakeTime | None = None,
    sagemaker: FakeSageMaker | None = None,
    **changes: Any,
) -> BatchScorer[Any, Any]:
    """A processor between fakes, one thread wide."""
    executor = ThreadPoolExecutor(1)
    clock = time or FakeTime()
    wanted = settings(**changes)
    runtime: Any = endpoint or FakeEndpoint()
    dynamodb: Any = table or FakeTable()
    s3: Any = bucket or FakeBucket()
    payload = payload_of(wanted.content_type)
    return BatchScorer(
        contract=ItemContract(payload, wanted.score_threshold, wanted.ttl_days),
        scoring=RowByRow(Endpoint(runtime, "e", payload, serving(sagemaker, clock)), wanted.max_rows_per_call),
        store=Table(dynamodb, "t", executor, BUDGET.table_timeout),
        parking=Parking(s3, "dlq", "f", executor, BUDGET.table_timeout),
        clock=clock.clock,
        backoff=clock.backoff,
    )
