"""A put wakes the mappings of its stream: none waits for its next look at the stream."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.event_source_mapping import poller, shard
from aws_stage.engines.event_source_mapping.engine import EventSourceMappingEngine
from aws_stage.engines.kinesis.engine import KinesisEngine
from aws_stage.kernel.engine import Call
from aws_stage.testing import RunningStage
from aws_stage.testing.mapped_functions import Bench
from aws_stage.testing.waiting import eventually

from contract.side_stage import ManualClock, SideStage

NEVER = 3600.0


@pytest.fixture
def side(stage: RunningStage, tmp_path: Path) -> SideStage:
    return SideStage(stage, tmp_path / "side", ManualClock(datetime.now(UTC)))


@pytest.fixture
def kinesis(side: SideStage) -> KinesisEngine:
    engine = KinesisEngine(side)
    engine.operations["kinesis", "CreateStream"](Call("kinesis", "CreateStream", {"StreamName": "s", "ShardCount": 1}))
    return engine


@pytest.fixture
def sleepy(side: SideStage, monkeypatch: pytest.MonkeyPatch) -> Iterator[EventSourceMappingEngine]:
    """An engine that looks at nothing by itself."""
    monkeypatch.setattr(shard, "IDLE_SECONDS", NEVER)
    monkeypatch.setattr(poller, "LIST_SECONDS", NEVER)
    engine = EventSourceMappingEngine(side)
    engine.start()
    yield engine
    engine.stop()


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("PutRecord", {"Data": base64.b64encode(b"a").decode(), "PartitionKey": "k"}),
        ("PutRecords", {"Records": [{"Data": base64.b64encode(b"a").decode(), "PartitionKey": "k"}]}),
        ("UpdateShardCount", {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}),
    ],
)
def test_a_stream_signals_what_has_come(
    side: SideStage, kinesis: KinesisEngine, operation: str, parameters: dict[str, Any]
) -> None:
    heard = []
    side.signals.listen("arn:aws:kinesis:ap-northeast-1:000000000000:stream/s", lambda: heard.append(operation))
    kinesis.operations["kinesis", operation](Call("kinesis", operation, {"StreamName": "s", **parameters}))
    assert heard == [operation]


def test_a_signal_wakes_the_mappings_of_its_stream(
    stage: RunningStage, side: SideStage, sleepy: EventSourceMappingEngine, tmp_path: Path
) -> None:
    bench = Bench(stage, tmp_path)
    stream, function = bench.stream(shards=2), bench.function()
    request = {
        "EventSourceArn": bench.stream_arn(stream),
        "FunctionName": function.name,
        "StartingPosition": "TRIM_HORIZON",
    }
    bench.put(stream, "first")
    sleepy.operations["lambda", "CreateEventSourceMapping"](Call("lambda", "CreateEventSourceMapping", request))
    eventually(function.texts)
    for number in range(20):
        bench.put(stream, str(number), key=str(number))
        side.signals.send(bench.stream_arn(stream))
        eventually(lambda number=number: str(number) in function.texts())
