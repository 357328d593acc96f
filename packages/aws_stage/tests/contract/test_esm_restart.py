"""Positions survive whatever ends the stage: nothing is left out, and little comes twice."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.mapped_functions import Bench, in_order
from aws_stage.testing.waiting import eventually

NewStage = Callable[..., RunningStage]


def numbers(*bounds: int) -> list[str]:
    return [str(number) for number in range(*bounds)]


def test_a_stopped_stage_goes_on_after_the_last_record_that_was_processed(new_stage: NewStage, tmp_path: Path) -> None:
    stage = new_stage()
    bench = Bench(stage, tmp_path)
    stream, function = bench.stream(shards=2), bench.function()
    uuid = bench.map(stream, function, BatchSize=10)
    for key in "abcdef":
        bench.put(stream, *[f"{key}{number}" for number in range(20)], key=key)
    eventually(lambda: len(function.texts()) == 120)
    bench.put(stream, "while it runs")
    eventually(lambda: "while it runs" in function.texts())
    before = bench.mapping(uuid)
    stage.stop()
    stage.start()
    after = bench.mapping(uuid)
    assert (after["State"], after["LastModified"]) == ("Enabled", before["LastModified"])
    bench.put(stream, "after the restart")
    eventually(lambda: "after the restart" in function.texts())
    assert len(function.texts()) == 122


def test_a_killed_stage_leaves_no_record_out(new_stage: NewStage, tmp_path: Path) -> None:
    stage = new_stage()
    bench = Bench(stage, tmp_path)
    stream = bench.stream()
    function = bench.function("def answer_to(event, texts): time.sleep(0.02)")
    bench.map(stream, function, BatchSize=5)
    for first in range(0, 300, 100):
        bench.put(stream, *numbers(first, first + 100))
    for kill in (20, 120):
        eventually(lambda kill=kill: len(set(function.texts())) > kill)
        stage.stop(signal.SIGKILL)
        stage.start()
    eventually(lambda: len(set(function.texts())) == 300)
    assert in_order(function.texts(), numbers(300))
    assert len(function.texts()) <= 300 + 2 * 5


def test_a_killed_stage_leaves_no_record_out_of_parallel_batches(new_stage: NewStage, tmp_path: Path) -> None:
    stage = new_stage()
    bench = Bench(stage, tmp_path)
    stream = bench.stream()
    function = bench.function("def answer_to(event, texts): time.sleep(0.05 if texts[0].startswith('a') else 0)")
    bench.map(stream, function, BatchSize=2, ParallelizationFactor=4)
    for key in "abcdefgh":
        bench.put(stream, *[f"{key}{number}" for number in range(12)], key=key)
    eventually(lambda: len(set(function.texts())) > 20)
    stage.stop(signal.SIGKILL)
    stage.start()
    eventually(lambda: len(set(function.texts())) == 96)
    for key in "abcdefgh":
        assert in_order([text for text in function.texts() if text[0] == key], [f"{key}{n}" for n in range(12)])


@pytest.mark.slow
def test_stopping_the_stage_takes_no_retries(new_stage: NewStage, tmp_path: Path) -> None:
    stage = new_stage()
    bench = Bench(stage, tmp_path)
    stream, bucket = bench.stream(), bench.bucket()
    function = bench.function(
        "def answer_to(event, texts): time.sleep(280 if len(open(os.environ['NOTES']).readlines()) == 1 else 0)"
    )
    bench.put(stream, "a")
    bench.map(
        stream,
        function,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    eventually(function.invocations)
    stage.stop()
    stage.start()
    eventually(lambda: function.texts() == ["a", "a"])
    bench.put(stream, "b")
    eventually(lambda: function.texts() == ["a", "a", "b"])
    assert bench.parked(bucket) == []


def test_the_state_of_an_open_window_survives_a_kill(new_stage: NewStage, tmp_path: Path) -> None:
    stage = new_stage()
    bench = Bench(stage, tmp_path)
    stream = bench.stream()
    function = bench.function(
        "def answer_to(event, texts): return {'state': {'texts': event['state'].get('texts', []) + texts}}"
    )
    bench.map(stream, function, TumblingWindowInSeconds=900)
    bench.put(stream, "a")
    eventually(function.invocations)
    bench.put(stream, "b")
    eventually(lambda: len(function.invocations()) == 2)
    time.sleep(0.1)
    stage.stop(signal.SIGKILL)
    stage.start()
    bench.put(stream, "c")
    eventually(lambda: "c" in function.texts())
    events = [invocation["event"] for invocation in function.invocations()]
    last = next(event for event, texts in zip(events, function.batches(), strict=True) if "c" in texts)
    assert last["state"] == {"texts": ["a", "b"]} or any(event["isFinalInvokeForWindow"] for event in events)


def test_a_mapping_that_was_being_deleted_is_gone_after_a_restart(new_stage: NewStage, tmp_path: Path) -> None:
    stage = new_stage()
    bench = Bench(stage, tmp_path)
    stream = bench.stream()
    function = bench.function("def answer_to(event, texts): time.sleep(280)")
    uuid = bench.map(stream, function)
    bench.put(stream, "a")
    eventually(function.invocations)
    assert bench.client("lambda").delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert bench.mapping(uuid)["State"] == "Deleting"
    stage.stop(signal.SIGKILL)
    stage.start()
    listed = bench.client("lambda").list_event_source_mappings
    eventually(lambda: listed(FunctionName=function.name)["EventSourceMappings"] == [])


def test_records_put_while_shards_are_split_and_the_stage_is_killed_all_arrive(
    new_stage: NewStage, tmp_path: Path
) -> None:
    stage = new_stage()
    bench = Bench(stage, tmp_path)
    stream, function = bench.stream(), bench.function("def answer_to(event, texts): time.sleep(0.005)")
    bench.map(stream, function, BatchSize=10)
    put: list[str] = []

    def produce() -> None:
        for number in range(60):
            texts = [f"{number}-{key}" for key in "abcd"]
            for key, text in zip("abcd", texts, strict=True):
                bench.put(stream, text, key=key)
            put.extend(texts)

    producer = threading.Thread(target=produce)
    producer.start()
    eventually(lambda: len(put) > 60)
    bench.client("kinesis").update_shard_count(StreamName=stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    producer.join()
    stage.stop(signal.SIGKILL)
    stage.start()
    eventually(lambda: set(function.texts()) == set(put))
    for key in "abcd":
        mine = [text for text in put if text.endswith(key)]
        assert in_order([text for text in function.texts() if text.endswith(key)], mine)
