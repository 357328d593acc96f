"""What is told and where when a batch is sent or given up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_stage.engines.event_source_mapping.delivery import CALL_FAILED, OK, Delivery
from aws_stage.engines.event_source_mapping.events import Events
from aws_stage.engines.event_source_mapping.failure_destination import FailureDestination
from aws_stage.engines.event_source_mapping.invocation import Invoked
from aws_stage.engines.event_source_mapping.monitoring import Monitor
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import Batch
from aws_stage.engines.event_source_mapping.verdict import Failed, NotInvoked, Succeeded
from aws_stage.kernel.metric_sets import MetricSets
from botocore.exceptions import ClientError
from contract.side_stage import ManualClock
from unit.event_source_mapping.lanes import records
from urllib3.exceptions import ProtocolError

STREAM = "arn:aws:kinesis:ap-northeast-1:000000000000:stream/s"
FUNCTION = "arn:aws:lambda:ap-northeast-1:000000000000:function:f"


@dataclass
class World:
    """The clients and calls of a delivery, noting down what comes."""

    answer: Invoked | Exception = field(default_factory=lambda: Invoked(200, b"null"))
    refusals: int = 0
    payloads: list[bytes] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)

    def client(self, _service: str) -> World:
        return self

    def invoke(self, _function: str, payload: bytes) -> Invoked:
        self.payloads.append(payload)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def put_object(self, **request: Any) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")
        self.objects.append(request)

    def put_metric_data(self, **request: Any) -> None:
        for metric in request["MetricData"]:
            self.counts[metric["MetricName"]] = metric["StatisticValues"]["Sum"]

    def delivery(self, destination: str | None = "arn:aws:s3:::parked") -> tuple[Delivery, MetricSets]:
        clock = ManualClock()
        sets = MetricSets(lambda: self, clock, "AWS/Lambda", 60.0)
        events: Any = Events(STREAM, "shardId-000000000003", "role")
        calls: Any = self
        target = None if destination is None else FailureDestination(self.client, clock, destination, "uuid")
        monitor = Monitor(sets, "uuid", "f", event_counts=True)
        return (
            Delivery(
                calls,
                clock,
                events,
                Options(report_item_failures=True),
                monitor,
                self.results.append,
                FUNCTION,
                STREAM,
                "shardId-000000000003",
                target,
            ),
            sets,
        )


def report(number: int) -> bytes:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": str(number)}]}).encode()


@pytest.mark.parametrize(
    ("answer", "verdict", "result", "counts"),
    [
        (Invoked(200, b"null"), Succeeded(), OK, {"InvokedEventCount": 3}),
        (
            Invoked(200, b"{}", "Unhandled"),
            Failed(),
            CALL_FAILED,
            {"InvokedEventCount": 3, "FailedInvokeEventCount": 3},
        ),
        (
            Invoked(200, report(1002)),
            Failed(2),
            CALL_FAILED,
            {"InvokedEventCount": 3, "FailedInvokeEventCount": 1},
        ),
        (Invoked(429, b"no"), NotInvoked("HTTP 429: no"), CALL_FAILED, {"FailedInvokeEventCount": 3}),
        (
            ProtocolError("cut"),
            NotInvoked("ProtocolError: cut"),
            CALL_FAILED,
            {"FailedInvokeEventCount": 3},
        ),
    ],
)
def test_an_invocation_is_judged_counted_and_told(
    answer: Any, verdict: Any, result: str, counts: dict[str, float]
) -> None:
    world = World(answer)
    delivery, sets = world.delivery()
    assert delivery.invoke(Batch(records(0, 1, 2)), None) == verdict
    assert world.results == [result]
    sets.publish()
    assert world.counts.pop("IteratorAge") > 0
    assert world.counts == counts


def test_a_discarded_batch_is_counted_as_delivered_once_the_destination_has_it() -> None:
    world = World(refusals=2)
    delivery, sets = world.delivery()
    delivery.discard(Batch(records(0, 1)), "RecordAgeExceeded", None)
    sets.publish()
    assert world.counts == {"OnFailureDestinationDeliveredEventCount": 2}
    [stored] = world.objects
    assert stored["Bucket"] == "parked"
    assert stored["Key"].startswith("aws/lambda/uuid/shardId-000000000003/2025/10/15/2025-10-15T12.00.0")
    content = json.loads(stored["Body"])
    assert [item["kinesis"]["sequenceNumber"] for item in json.loads(content["payload"])["Records"]] == ["1000", "1001"]


def test_a_record_of_a_failed_invocation_tells_its_response_and_that_of_one_too_old_does_not() -> None:
    world = World(Invoked(200, b"{}", "Unhandled", "7", "request-1"))
    delivery, _ = world.delivery()
    batch = Batch(records(0))
    delivery.invoke(batch, None)
    for condition in ("RetryAttemptsExhausted", "RecordAgeExceeded"):
        delivery.discard(batch, condition, None)  # type: ignore[arg-type]
    failed, old = (json.loads(stored["Body"]) for stored in world.objects)
    assert failed["requestContext"]["requestId"] == "request-1"
    assert failed["responseContext"] == {"statusCode": 200, "executedVersion": "7", "functionError": "Unhandled"}
    assert "responseContext" not in old


def test_a_destination_that_keeps_refusing_loses_the_batch_with_two_metrics() -> None:
    world = World(refusals=99)
    delivery, sets = world.delivery()
    delivery.discard(Batch(records(0, 1)), "RetryAttemptsExhausted", None)
    sets.publish()
    assert world.counts == {"DestinationDeliveryFailures": 1, "DroppedEventCount": 2}
    assert world.objects == []


def test_without_a_destination_a_discarded_batch_is_dropped() -> None:
    world = World()
    delivery, sets = world.delivery(destination=None)
    delivery.discard(Batch(records(0, 1)), "RetryAttemptsExhausted", None)
    sets.publish()
    assert world.counts == {"DroppedEventCount": 2}
