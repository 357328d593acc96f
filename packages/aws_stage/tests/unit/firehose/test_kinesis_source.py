"""Reading a Kinesis stream: where it starts, reshards, failures, and how often it asks."""

from __future__ import annotations

import pytest
from aws_stage.engines.firehose.kinesis_source import READ_BYTES, KinesisSource
from botocore.exceptions import ClientError
from unit.firehose.fakes import STREAM_ARN, FakeClock, FakeKinesis, client_error


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def kinesis(clock: FakeClock) -> FakeKinesis:
    return FakeKinesis(clock, shards=2)


def source(
    kinesis: FakeKinesis, clock: FakeClock, checkpoints: dict[str, str] | None = None, start: float | None = None
) -> KinesisSource:
    return KinesisSource(kinesis, clock, STREAM_ARN, checkpoints or {}, start)


def read_all(reader: KinesisSource, clock: FakeClock, rounds: int = 10) -> list[bytes]:
    found = []
    for _ in range(rounds):
        found += [record.data for record in reader.read()]
        clock.sleep(reader.delay() or 0.0)
    return found


def test_every_shard_is_read(kinesis: FakeKinesis, clock: FakeClock) -> None:
    kinesis.put(b"a", "shard-0")
    kinesis.put(b"b", "shard-1")
    assert sorted(read_all(source(kinesis, clock), clock)) == [b"a", b"b"]


def test_trim_horizon_reads_what_is_older_than_the_delivery_stream_and_latest_does_not(
    kinesis: FakeKinesis, clock: FakeClock
) -> None:
    kinesis.put(b"older")
    clock.sleep(1)
    created = clock.seconds
    kinesis.put(b"newer")
    assert read_all(source(kinesis, clock, start=None), clock) == [b"older", b"newer"]
    assert read_all(source(kinesis, clock, start=created), clock) == [b"newer"]


def test_a_shard_goes_on_after_its_checkpoint(kinesis: FakeKinesis, clock: FakeClock) -> None:
    kinesis.put(b"a")
    kinesis.put(b"b")
    first = source(kinesis, clock).read()[0]
    assert read_all(source(kinesis, clock, {"shard-0": first.position}), clock) == [b"b"]


def test_children_are_read_after_their_parents_have_ended(kinesis: FakeKinesis, clock: FakeClock) -> None:
    reader = source(kinesis, clock)
    reader.read()
    for _ in range(2500):
        kinesis.put(b"parent-0", "shard-0")
    kinesis.put(b"parent-1", "shard-1")
    kinesis.reshard(["shard-0", "shard-1"], ["shard-2"])
    kinesis.put(b"child", "shard-2")
    found = read_all(source(kinesis, clock), clock)
    assert len(found) == 2502
    assert found[-1] == b"child"
    assert read_all(reader, clock)[-1] == b"child"


def test_a_split_is_followed_and_the_other_shards_go_on(kinesis: FakeKinesis, clock: FakeClock) -> None:
    reader = source(kinesis, clock)
    reader.read()
    kinesis.reshard(["shard-0"], ["shard-2", "shard-3"])
    for shard in ("shard-1", "shard-2", "shard-3"):
        kinesis.put(shard.encode(), shard)
    assert sorted(read_all(reader, clock)) == [b"shard-1", b"shard-2", b"shard-3"]


def test_a_reshard_during_downtime_is_followed_from_the_checkpoints(kinesis: FakeKinesis, clock: FakeClock) -> None:
    kinesis.put(b"done", "shard-0")
    (done,) = source(kinesis, clock).read()
    kinesis.put(b"parent", "shard-0")
    kinesis.reshard(["shard-0"], ["shard-2"])
    kinesis.put(b"child", "shard-2")
    assert read_all(source(kinesis, clock, {"shard-0": done.position}), clock) == [b"parent", b"child"]


def test_a_failing_shard_takes_nothing_from_the_others(kinesis: FakeKinesis, clock: FakeClock) -> None:
    reader = source(kinesis, clock)
    kinesis.put(b"a", "shard-0")
    kinesis.put(b"b", "shard-1")
    kinesis.failing["shard-1"] = client_error("InternalFailure", 500)
    assert [record.data for record in reader.read()] == [b"a"]
    assert read_all(reader, clock) == [b"b"]


def test_when_nothing_can_be_read_the_error_is_raised(kinesis: FakeKinesis, clock: FakeClock) -> None:
    kinesis.failing["shard-0"] = client_error("InternalFailure", 500)
    with pytest.raises(ClientError):
        source(kinesis, clock).read()


@pytest.mark.parametrize("code", ["ExpiredIteratorException", "ProvisionedThroughputExceededException"])
def test_an_expired_iterator_or_throttling_loses_and_repeats_nothing(
    kinesis: FakeKinesis, clock: FakeClock, code: str
) -> None:
    reader = source(kinesis, clock)
    kinesis.put(b"a")
    assert [record.data for record in reader.read()] == [b"a"]
    kinesis.put(b"b")
    kinesis.failing["shard-0"] = client_error(code)
    assert read_all(reader, clock) == [b"b"]


def test_a_stream_made_anew_under_the_same_name_is_read_from_its_beginning(
    kinesis: FakeKinesis, clock: FakeClock
) -> None:
    kinesis.put(b"new")
    reader = source(kinesis, clock, {"shard-0": "of-the-old-stream"}, start=clock.seconds)
    kinesis.failing["shard-0"] = client_error("InvalidArgumentException")
    assert read_all(reader, clock) == [b"new"]


def test_an_idle_shard_is_asked_less_and_less_often_down_to_once_a_second(
    kinesis: FakeKinesis, clock: FakeClock
) -> None:
    del kinesis.shards["shard-1"]
    reader = source(kinesis, clock)
    started = clock.seconds
    read_all(reader, clock, rounds=105)
    assert (clock.seconds - started) / 105 > 0.95
    kinesis.put(b"a")
    read_all(reader, clock, rounds=1)
    assert reader.delay() == 0.0


def test_a_round_over_many_full_shards_is_bounded_and_leaves_none_behind(clock: FakeClock) -> None:
    kinesis = FakeKinesis(clock, shards=12)
    for shard in kinesis.shards:
        kinesis.put(b"x" * READ_BYTES, shard)
    reader = source(kinesis, clock)
    rounds = [len(reader.read()) for _ in range(3)]
    assert rounds == [4, 4, 4]


def test_the_limit_follows_the_size_of_the_records(kinesis: FakeKinesis, clock: FakeClock) -> None:
    del kinesis.shards["shard-1"]
    reader = source(kinesis, clock)
    for _ in range(3):
        kinesis.put(b"x" * 1024 * 1024)
    reader.read()
    reader.read()
    assert kinesis.limits[-1] == 4
    for _ in range(4):
        kinesis.put(b"x")
    read_all(reader, clock)
    assert max(kinesis.limits) == 10_000
