"""A shard at work: its threads, what it keeps on disk, and what it does when reading or keeping fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_stage.engines.event_source_mapping import shard
from aws_stage.engines.event_source_mapping.lane import Lane
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.positions import Position
from aws_stage.engines.event_source_mapping.records import Batch, Record
from aws_stage.engines.event_source_mapping.shard import Shard
from aws_stage.engines.event_source_mapping.shard_reader import Kept, ReadError, Reading
from aws_stage.engines.event_source_mapping.verdict import Succeeded, Verdict
from aws_stage.testing.waiting import eventually
from contract.side_stage import ManualClock
from unit.event_source_mapping.lanes import OVERHEAD, record, records


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("IDLE_SECONDS", "BREATH_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(shard, pause, 0.005)


class Monitor:
    def polled(self, _events: int) -> None: ...

    def filtered(self, _events: int) -> None: ...


@dataclass
class World:
    """What a shard meets: readings in turn (or errors), a function that succeeds, a place to keep positions."""

    readings: list[Reading | Exception]
    options: Options = field(default_factory=Options)
    refusals: int = 0
    invoked: list[list[int]] = field(default_factory=list)
    kept: list[Position] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ended: int = 0
    shard_id: str = "shardId-000000000000"
    monitor: Monitor = field(default_factory=Monitor)

    def read(self) -> Reading:
        if not self.readings:
            return Reading([], behind=False, ended=False)
        found = self.readings.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def invoke(self, batch: Batch, _window: Any) -> Verdict:
        self.invoked.append([each.ordinal for each in batch.records])
        return Succeeded()

    def save(self, position: Position) -> None:
        if self.refusals:
            self.refusals -= 1
            raise sqlite3.OperationalError("disk is full")
        self.kept.append(position)

    def end(self) -> None:
        self.ended += 1

    def shard(self, position: Position | None = None, select: Any = lambda found: found) -> Shard:
        world: Any = self
        return Shard(
            world,
            [Lane(self.options, OVERHEAD) for _ in range(self.options.lanes)],
            world,
            position=position,
            select=select,
            save=self.save,
            problem=self.problems.append,
            on_end=self.end,
            clock=ManualClock(),
        )


def reading(found: Sequence[Record], *, ended: bool = False) -> Reading:
    return Reading(list(found), behind=False, ended=ended)


def run(started: Shard, until: Callable[[], bool]) -> None:
    started.start()
    try:
        eventually(until)
    finally:
        started.stop()
        started.join()
    assert until()


def test_a_position_is_kept_when_its_batch_is_processed() -> None:
    world = World([reading(records(0, 1))])
    run(world.shard(), lambda: len(world.kept) == 2)
    assert world.invoked == [[0, 1]]
    assert world.kept == [Position(Kept(at="1000")), Position(Kept(after="1001"))]


def test_a_shard_that_has_ended_says_so_once_everything_is_processed() -> None:
    world = World([reading(records(0, 1), ended=True)], Options(batch_size=1))
    run(world.shard(), lambda: world.ended == 1)
    assert world.invoked == [[0], [1]]
    assert world.kept[-1] == Position(Kept(after="1001"), ended=True)


def test_an_empty_shard_that_has_ended_says_so_too() -> None:
    world = World([reading([], ended=True)])
    run(world.shard(), lambda: world.ended == 1)
    assert world.kept == [Position(ended=True)]


def test_filtered_records_are_passed_over() -> None:
    world = World([reading(records(0, 1))])
    run(world.shard(select=lambda _found: []), lambda: bool(world.kept))
    assert world.invoked == []
    assert world.kept == [Position(Kept(after="1001"))]


def test_a_shard_that_cannot_be_read_is_read_again() -> None:
    world = World([ReadError("Slow: down"), ValueError("odd"), reading(records(0))])
    run(world.shard(), lambda: bool(world.invoked))
    assert world.problems == ["PROBLEM: Slow: down"]


def test_a_position_that_could_not_be_kept_is_kept_with_the_next_batch() -> None:
    world = World([reading(records(0)), reading(records(1))], refusals=3)
    run(world.shard(), lambda: bool(world.kept))
    assert world.invoked == [[0], [1]]
    assert world.kept == [Position(Kept(after="1001"))]


def test_lanes_do_not_repeat_what_they_had_processed() -> None:
    found = [record(number, key="abcd"[number % 4]) for number in range(8)]
    before = Position(Kept(at="1000"), lanes=("1004", "1004"))
    world = World([reading(found)], Options(parallelization=2))
    run(world.shard(before), lambda: sum(map(len, world.invoked)) == 3)
    assert sorted(number for batch in world.invoked for number in batch) == [5, 6, 7]


def test_with_other_lanes_than_before_everything_since_the_position_comes_again() -> None:
    found = [record(number, key="abcd"[number % 4]) for number in range(8)]
    before = Position(Kept(at="1000"), lanes=("1004", "1004", "1004"))
    world = World([reading(found)], Options(parallelization=2))
    run(world.shard(before), lambda: sum(map(len, world.invoked)) == 8)


def test_a_signal_ends_the_wait_for_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "IDLE_SECONDS", 3600.0)
    world = World([])
    waiting = world.shard()
    waiting.start()
    world.readings.append(reading(records(0)))
    eventually(lambda: waiting.wake() or world.invoked)
    waiting.stop()
    waiting.join()
    assert world.invoked == [[0]]
