"""Ages of records and metrics: both depend on the clock, so the engine runs in the test, beside a running stage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.event_source_mapping.engine import EventSourceMappingEngine
from aws_stage.kernel.engine import Call
from aws_stage.testing import RunningStage
from aws_stage.testing.mapped_functions import Bench, Function
from aws_stage.testing.waiting import eventually

from contract.side_stage import ManualClock, SideStage

FAILS_ON_BAD = "def answer_to(event, texts): assert 'bad' not in texts"


@dataclass
class SideEngine:
    """An engine whose clock the test owns; its mappings are not those of the stage."""

    bench: Bench
    clock: ManualClock
    engine: EventSourceMappingEngine

    def map(self, stream: str, function: Function, **options: Any) -> str:
        request = {
            "EventSourceArn": self.bench.stream_arn(stream),
            "FunctionName": function.name,
            "StartingPosition": "TRIM_HORIZON",
            **options,
        }
        uuid: str = self.call("CreateEventSourceMapping", request)["UUID"]
        eventually(lambda: self.call("GetEventSourceMapping", {"UUID": uuid})["State"] == "Enabled")
        return uuid

    def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        return self.engine.operations["lambda", operation](Call("lambda", operation, payload))

    def statistics(self, metric: str, dimension: str, value: str) -> dict[str, float]:
        """Sum, Minimum, Maximum and SampleCount of what has been published."""
        found = self.bench.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": dimension, "Value": value}],
            StartTime=self.clock.now() - timedelta(hours=1),
            EndTime=self.clock.now() + timedelta(hours=1),
            Period=86_400,
            Statistics=["Sum", "Minimum", "Maximum", "SampleCount"],
        )["Datapoints"]
        return found[0] if found else {}


@pytest.fixture
def side(stage: RunningStage, tmp_path: Path) -> Iterator[Callable[[timedelta], SideEngine]]:
    """Start an engine whose clock is that far ahead of the stage's."""
    started: list[EventSourceMappingEngine] = []

    def start(ahead: timedelta) -> SideEngine:
        clock = ManualClock(datetime.now(UTC) + ahead)
        engine = EventSourceMappingEngine(SideStage(stage, tmp_path / "side", clock))
        engine.start()
        started.append(engine)
        return SideEngine(Bench(stage, tmp_path), clock, engine)

    yield start
    for engine in started:
        engine.stop()


def test_records_past_the_maximum_age_are_parked_and_younger_ones_processed(
    side: Callable[[timedelta], SideEngine],
) -> None:
    old = side(timedelta(minutes=5))
    bench = old.bench
    stream, function, bucket = bench.stream(), bench.function(), bench.bucket()
    destination = {"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}
    bench.put(stream, "a", "b")
    old.map(stream, function, MaximumRecordAgeInSeconds=60, DestinationConfig=destination)
    [(_, content)] = eventually(lambda: bench.parked(bucket))
    assert content["requestContext"]["condition"] == "RecordAgeExceeded"
    assert "responseContext" not in content
    assert bench.parked_texts(bucket) == [["a", "b"]]
    patient = bench.function()
    old.map(stream, patient, MaximumRecordAgeInSeconds=600, DestinationConfig=destination)
    eventually(lambda: patient.texts() == ["a", "b"])
    assert function.texts() == []
    assert len(bench.parked(bucket)) == 1


def test_the_age_of_the_last_record_of_a_batch_is_a_metric_of_the_function(
    side: Callable[[timedelta], SideEngine],
) -> None:
    late = side(timedelta(minutes=30))
    stream, function = late.bench.stream(), late.bench.function()
    late.bench.put(stream, "a")
    late.map(stream, function)
    [invocation] = eventually(function.invocations)
    late.engine.stop()
    [record] = invocation["event"]["Records"]
    expected = late.clock.now().timestamp() - record["kinesis"]["approximateArrivalTimestamp"]
    age = late.statistics("IteratorAge", "FunctionName", function.name)
    assert age["Maximum"] == pytest.approx(expected * 1000, abs=2)
    assert 0 < expected <= 1800
    assert age["SampleCount"] == 1


def test_what_became_of_events_is_counted_for_a_mapping_that_asks(side: Callable[[timedelta], SideEngine]) -> None:
    engine = side(timedelta())
    bench = engine.bench
    stream, function, bucket = bench.stream(), bench.function(FAILS_ON_BAD), bench.bucket()
    options: dict[str, Any] = {
        "BatchSize": 1,
        "MaximumRetryAttempts": 1,
        "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"partitionKey": ["wanted"]})}]},
        "MetricsConfig": {"Metrics": ["EventCount"]},
    }
    bench.put(stream, "1", "2", key="other")
    bench.put(stream, "good", "bad", "good", key="wanted")
    parking = engine.map(
        stream, function, **options, DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}
    )
    dropping_function = bench.function(FAILS_ON_BAD)
    dropping = engine.map(stream, dropping_function, **options)
    silent_function = bench.function()
    silent = engine.map(stream, silent_function, **{**options, "MetricsConfig": {"Metrics": []}})
    for each in (function, dropping_function):
        while each.texts() != ["good", "bad", "bad", "good"]:
            engine.clock.advance(timedelta(seconds=1))  # the pause before the second attempt is one of this clock
            eventually(each.texts)
    eventually(lambda: silent_function.texts() == ["good", "bad", "good"])
    engine.engine.stop()

    def counts(mapping: str) -> dict[str, float]:
        names = ("Polled", "FilteredOut", "Invoked", "FailedInvoke", "Dropped", "OnFailureDestinationDelivered")
        found = {
            name: engine.statistics(f"{name}EventCount", "EventSourceMappingUUID", mapping).get("Sum") for name in names
        }
        return {name: value for name, value in found.items() if value is not None}

    both = {"Polled": 5, "FilteredOut": 2, "Invoked": 4, "FailedInvoke": 2}
    assert counts(parking) == {**both, "OnFailureDestinationDelivered": 1}
    assert counts(dropping) == {**both, "Dropped": 1}
    assert counts(silent) == {}
