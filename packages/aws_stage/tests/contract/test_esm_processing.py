"""What a mapping does with what is in its stream: batches, starting positions, filters, windows, shards."""

from __future__ import annotations

import json
import time
import zlib
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.mapped_functions import WAITS_FOR_RELEASE, Bench
from aws_stage.testing.waiting import eventually


@pytest.fixture
def bench(stage: RunningStage, tmp_path: Path) -> Bench:
    return Bench(stage, tmp_path)


def numbers(*bounds: int) -> list[str]:
    return [str(number) for number in range(*bounds)]


def test_a_batch_has_no_more_records_than_the_batch_size(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    bench.put(stream, *numbers(25))
    bench.map(stream, function, BatchSize=10)
    eventually(lambda: len(function.texts()) == 25)
    assert function.batches() == [numbers(10), numbers(10, 20), numbers(20, 25)]


def test_a_batch_has_no_more_than_six_megabytes(bench: Bench) -> None:
    stream = bench.stream()
    function = bench.function("def answer_to(event, texts): return None")
    for number in range(6):
        bench.put(stream, str(number) + "x" * 1_000_000)
    bench.map(stream, function, BatchSize=10_000)
    eventually(lambda: len(function.texts()) == 6)
    assert [len(batch) for batch in function.batches()] == [4, 2]


def test_a_batching_window_gathers_what_comes_meanwhile(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    bench.map(stream, function, MaximumBatchingWindowInSeconds=300, BatchSize=3)
    for number in range(3):
        bench.put(stream, str(number))
    eventually(function.invocations)
    assert function.batches() == [numbers(3)]


def test_a_batch_that_is_not_full_waits_for_the_batching_window(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    bench.map(stream, function, MaximumBatchingWindowInSeconds=2)
    bench.put(stream, "alone")
    [invocation] = eventually(function.invocations)
    [record] = invocation["event"]["Records"]
    assert invocation["at"] - record["kinesis"]["approximateArrivalTimestamp"] >= 2


def test_a_full_batch_does_not_wait_for_the_batching_window(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    bench.map(stream, function, MaximumBatchingWindowInSeconds=300, BatchSize=3)
    bench.put(stream, *numbers(3))
    eventually(function.invocations)
    assert function.batches() == [numbers(3)]


def test_trim_horizon_begins_at_the_oldest_record_and_latest_after_the_newest(bench: Bench) -> None:
    stream, oldest, latest = bench.stream(), bench.function(), bench.function()
    bench.put(stream, "before")
    time.sleep(0.005)
    bench.map(stream, oldest, StartingPosition="TRIM_HORIZON")
    bench.map(stream, latest, StartingPosition="LATEST")
    bench.put(stream, "after")
    eventually(lambda: oldest.texts() == ["before", "after"] and latest.texts())
    assert latest.texts() == ["after"]


def test_at_timestamp_begins_with_what_arrived_then(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    bench.put(stream, "before")
    time.sleep(0.01)
    moment = datetime.now(UTC)
    bench.put(stream, "after")
    time.sleep(0.01)
    uuid = bench.map(stream, function, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=moment)
    assert bench.mapping(uuid)["StartingPositionTimestamp"] == moment
    eventually(function.texts)
    bench.put(stream, "later")
    eventually(lambda: function.texts() == ["after", "later"])


def test_parallel_batches_of_a_shard_keep_the_order_of_each_key(bench: Bench) -> None:
    stream = bench.stream()
    function = bench.function(
        """
def answer_to(event, texts):
    while len(open(os.environ["NOTES"]).readlines()) < 2:  # until another invocation has begun, too
        time.sleep(0.01)
    time.sleep(0.05)
"""
    )
    records = [(f"key-{number % 7}", f"{number % 7}:{number}") for number in range(77)]
    bench.client("kinesis").put_records(
        StreamName=stream, Records=[{"Data": text.encode(), "PartitionKey": key} for key, text in records]
    )
    bench.map(stream, function, ParallelizationFactor=4, BatchSize=10)
    eventually(lambda: len(function.texts()) == 77)
    for key in range(7):
        assert [text for text in function.texts() if text.startswith(f"{key}:")] == [
            text for _, text in records if text.startswith(f"{key}:")
        ]


def test_parallel_batches_that_are_ahead_are_not_repeated(bench: Bench) -> None:
    def lane(key: str) -> int:
        return zlib.crc32(key.encode()) % 4

    stream = bench.stream()
    function = bench.function("def answer_to(event, texts): assert texts[0] != 'stuck'")
    ahead = [key for key in "bcdefghijklm" if lane(key) != lane("a")]
    uuid = bench.map(stream, function, ParallelizationFactor=4)
    bench.put(stream, "stuck", key="a")
    for key in ahead:
        bench.put(stream, key, key=key)
    eventually(lambda: set(ahead) <= set(function.texts()))
    bench.update(uuid, BatchSize=10)
    attempts = function.texts().count("stuck")
    eventually(lambda: function.texts().count("stuck") > attempts)
    bench.put(stream, "after", key=ahead[0])
    eventually(lambda: "after" in function.texts())
    assert sorted(text for text in function.texts() if text != "stuck") == sorted([*ahead, "after"])


def test_without_parallelization_a_shard_has_one_batch_at_a_time(bench: Bench) -> None:
    stream = bench.stream()
    function = bench.function("def answer_to(event, texts): time.sleep(0.2)")
    for key in "abcd":
        bench.put(stream, key, key=key)
    bench.map(stream, function, BatchSize=1)
    eventually(lambda: len(function.texts()) == 4)
    starts = [invocation["at"] for invocation in function.invocations()]
    assert all(after - before >= 0.2 for before, after in pairwise(starts))


def test_only_records_that_match_a_filter_reach_the_function(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    patterns = [
        {"data": {"kind": [{"prefix": "alarm"}], "level": [{"numeric": [">=", 3]}]}},
        {"partitionKey": ["always"]},
    ]
    filters = [{"Pattern": json.dumps(pattern)} for pattern in patterns]
    bench.map(stream, function, FilterCriteria={"Filters": filters})
    matching = json.dumps({"kind": "alarm-fire", "level": 3})
    bench.put(stream, json.dumps({"kind": "alarm-fire", "level": 2}), "not json", json.dumps({"level": 5}), matching)
    bench.put(stream, "anything", key="always")
    eventually(lambda: len(function.texts()) >= 2)
    assert function.texts() == [matching, "anything"]


def test_filtered_records_count_as_processed(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    uuid = bench.map(stream, function, FilterCriteria={"Filters": [{"Pattern": '{"data": {"wanted": [true]}}'}]})
    bench.put(stream, '{"wanted": false}', '{"wanted": true}', '{"wanted": false}')
    eventually(function.texts)
    bench.update(uuid, FilterCriteria={})
    bench.put(stream, "last")
    eventually(lambda: "last" in function.texts())
    assert function.texts() == ['{"wanted": true}', "last"]


def test_a_tumbling_window_hands_its_state_on_and_ends_with_it(bench: Bench) -> None:
    stream = bench.stream()
    function = bench.function(
        "def answer_to(event, texts): return {'state': {'sum': event['state'].get('sum', 0) + sum(map(int, texts))}}"
    )
    bench.map(stream, function, TumblingWindowInSeconds=1, BatchSize=2)

    def events() -> list[dict[str, Any]]:
        return [invocation["event"] for invocation in function.invocations()]

    def windows_ended() -> int:
        return len([event for event in events() if event["isFinalInvokeForWindow"]])

    bench.put(stream, *numbers(1, 6))
    eventually(windows_ended, 1)
    first, *_, final = events()
    assert first["state"] == {}
    assert first["shardId"] == "shardId-000000000000"
    assert first["eventSourceARN"] == bench.stream_arn(stream)
    assert first["isWindowTerminatedEarly"] is False
    start = datetime.fromisoformat(first["window"]["start"])
    assert (datetime.fromisoformat(first["window"]["end"]) - start).total_seconds() == 1
    assert final["state"] == {"sum": 15}
    assert final["window"] == first["window"]
    bench.put(stream, "100")
    eventually(windows_ended, 2)
    assert events()[-1]["state"] == {"sum": 100}
    assert events()[-1]["window"] != first["window"]


def test_a_function_without_a_state_fails_its_tumbling_window(bench: Bench) -> None:
    stream, function, bucket = bench.stream(), bench.function(), bench.bucket()
    bench.map(
        stream,
        function,
        TumblingWindowInSeconds=900,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    bench.put(stream, "a")
    assert eventually(lambda: bench.parked_texts(bucket)) == [["a"]]


def test_children_of_a_reshard_begin_when_their_parent_is_processed(bench: Bench) -> None:
    stream = bench.stream()
    function = bench.function("def answer_to(event, texts): time.sleep(0.2)")
    bench.map(stream, function, BatchSize=2)
    bench.put(stream, *numbers(6))
    kinesis = bench.client("kinesis")
    kinesis.update_shard_count(StreamName=stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    bench.put(stream, *numbers(6, 8))
    late = bench.function("def answer_to(event, texts): time.sleep(0.1)")
    bench.map(stream, late, BatchSize=2)
    eventually(lambda: len(function.texts()) == 8 and len(late.texts()) == 8)
    assert function.texts() == numbers(8)
    assert late.texts() == numbers(8)
    [left, right] = [
        shard["ShardId"]
        for shard in kinesis.list_shards(StreamName=stream)["Shards"]
        if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    ]
    kinesis.merge_shards(StreamName=stream, ShardToMerge=left, AdjacentShardToMerge=right)
    bench.put(stream, "merged")
    eventually(lambda: function.texts()[-1] == "merged")


def test_the_end_of_a_shard_does_not_wait_for_the_batching_window(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    bench.map(stream, function, MaximumBatchingWindowInSeconds=300, BatchSize=2)
    bench.put(stream, "of the parent")
    bench.client("kinesis").update_shard_count(StreamName=stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    eventually(lambda: function.texts() == ["of the parent"])


def test_a_slow_function_delays_neither_another_mapping_nor_another_shard(bench: Bench) -> None:
    stream = bench.stream(shards=2)
    slow, quick = bench.function(WAITS_FOR_RELEASE), bench.function()
    bench.map(stream, slow)
    bench.map(stream, quick)
    try:
        bench.client("kinesis").put_record(StreamName=stream, Data=b"slow", PartitionKey="k", ExplicitHashKey="0")
        eventually(slow.invocations)
        bench.client("kinesis").put_record(StreamName=stream, Data=b"q", PartitionKey="k", ExplicitHashKey=str(2**127))
        eventually(lambda: "q" in slow.texts() and len(quick.texts()) == 2)
    finally:
        slow.release()


def test_a_stream_that_is_made_anew_is_read_from_its_beginning(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    bench.map(stream, function)
    bench.put(stream, "old")
    eventually(function.texts)
    bench.client("kinesis").delete_stream(StreamName=stream)
    bench.client("kinesis").create_stream(StreamName=stream, ShardCount=1)
    bench.put(stream, "new")
    eventually(lambda: function.texts() == ["old", "new"])


def test_a_disabled_mapping_keeps_its_position(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    uuid = bench.map(stream, function)
    bench.put(stream, "0")
    eventually(function.texts)
    bench.update(uuid, Enabled=False)
    bench.put(stream, "1", "2")
    time.sleep(0.2)
    assert function.texts() == ["0"]
    bench.update(uuid, Enabled=True)
    eventually(lambda: function.texts() == ["0", "1", "2"])


def test_a_mapping_that_was_never_enabled_still_begins_where_it_was_made(bench: Bench) -> None:
    stream, function = bench.stream(), bench.function()
    bench.put(stream, "before")
    time.sleep(0.005)
    uuid = bench.map(stream, function, StartingPosition="LATEST", Enabled=False)
    bench.put(stream, "meanwhile")
    bench.update(uuid, Enabled=True)
    eventually(lambda: function.texts() == ["meanwhile"])
