"""Deliveries while somebody sets the clock: nothing waits for it, and what arrives is dated by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.firehose.fakes import Rig, client_error, destination
from unit.firehose.test_transform import answer, decide, rig_with

STEPS = pytest.mark.parametrize("hours", [-1, 25, -25])


@STEPS
def test_a_buffer_is_delivered_after_its_interval_whatever_the_clock_shows(tmp_path: Path, hours: int) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"before")
    rig.run(30)
    rig.clock.step(hours=hours)
    rig.kinesis.put(b"after")
    rig.run(29)
    assert rig.s3.bodies() == []
    rig.run(2)
    assert rig.s3.bodies() == [b"beforeafter"]


@STEPS
def test_records_are_read_and_new_shards_found_after_the_clock_was_set(tmp_path: Path, hours: int) -> None:
    rig = Rig(tmp_path)
    rig.run(5)
    rig.clock.step(hours=hours)
    rig.kinesis.reshard(["shard-0"], ["shard-1"])
    rig.kinesis.put(b"child", "shard-1")
    rig.run(95)
    assert rig.s3.bodies() == [b"child"]


def test_a_shard_that_came_with_the_clock_behind_is_read_whole_after_a_restart(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.run(5)
    rig.clock.step(hours=-1)
    rig.kinesis.reshard(["shard-0"], ["shard-1"])
    rig.kinesis.put(b"before", "shard-1")
    rig.run(0)
    while "shard-1" not in rig.outbox.checkpoints():
        rig.run(1)
    rig.clock.sleep(10)
    rig.restart()
    rig.kinesis.put(b"after", "shard-1")
    rig.run(95)
    assert b"".join(rig.s3.bodies()) == b"beforeafter"


def test_a_reading_that_failed_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.run(5)
    rig.clock.step(hours=-1)
    rig.kinesis.failing["shard-0"] = client_error("ProvisionedThroughputExceededException")
    rig.run(1)
    rig.kinesis.put(b"a")
    rig.run(70)
    assert rig.s3.bodies() == [b"a"]


@STEPS
def test_a_delivery_that_failed_is_tried_again_soon(tmp_path: Path, hours: int) -> None:
    rig = Rig(tmp_path)
    rig.s3.missing.add("lake")
    rig.kinesis.put(b"kept")
    rig.run(62)
    rig.clock.step(hours=hours)
    rig.s3.missing.clear()
    rig.run(6)
    assert rig.s3.bodies() == [b"kept"]


@STEPS
def test_a_transform_gets_its_batch_and_metrics_are_published(tmp_path: Path, hours: int) -> None:
    rig = rig_with(tmp_path, lambda event: answer(event, decide), BufferIntervalInSeconds="60")
    rig.kinesis.put(b"a")
    rig.run(10)
    rig.clock.step(hours=hours)
    rig.run(140)
    assert len(rig.s3.puts) == 1
    assert rig.cloudwatch.total("DeliveryToS3.Records") == 1


def test_an_object_lies_under_the_hour_that_the_clock_shows_once_it_is_right_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path, destination(Prefix="!{timestamp:yyyy-MM-dd/HH}/", ErrorOutputPrefix="errors/"))
    for step, data in ((25, b"ahead"), (-25, b"right")):
        rig.clock.step(hours=step)
        rig.kinesis.put(data)
        rig.run(61)
    assert [key.rsplit("/", 1)[0] for key in rig.s3.puts] == ["2026-11-21/09", "2026-11-20/08"]


def test_nothing_is_lost_or_repeated_when_the_clock_is_set_back_and_the_process_dies(tmp_path: Path) -> None:
    """The first record that was read is the place to begin at, since no moment tells it any more."""
    rig = Rig(tmp_path)
    rig.kinesis.put(b"older")
    rig.clock.sleep(1)
    rig.stream = rig.stream.__class__(**{**vars(rig.stream), "created": rig.clock.seconds})
    rig.run(1)
    rig.clock.step(hours=-3)
    rig.kinesis.put(b"first")
    rig.run(1)
    rig.clock.sleep(60)
    rig.restart()
    rig.kinesis.put(b"second")
    rig.run(70)
    assert rig.s3.bodies() == [b"firstsecond"]
    rig.restart()
    rig.kinesis.put(b"third")
    rig.run(70)
    assert rig.s3.bodies()[1:] == [b"third"]


def test_a_delivery_stream_that_starts_with_a_clock_behind_its_creation_reads_on(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.clock.step(hours=-3)
    rig.run(1)
    rig.kinesis.put(b"new")
    rig.run(70)
    assert rig.s3.bodies() == [b"new"]


def test_a_stream_that_was_made_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.kinesis.put(b"a")
    rig.run(1)
    rig.restart()
    asked = rig.kinesis.get_shard_iterator

    def refusing(**request: object) -> dict[str, object]:
        if request["ShardIteratorType"] == "AT_SEQUENCE_NUMBER":
            raise client_error("InvalidArgumentException")
        return asked(**request)

    rig.kinesis.get_shard_iterator = refusing  # type: ignore[method-assign]
    rig.run(70)
    assert rig.s3.bodies() == [b"a"]
