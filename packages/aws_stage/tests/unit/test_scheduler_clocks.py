"""What is due while somebody sets the clock: nothing twice, and nothing silent for longer than it has to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from aws_stage.engines.scheduler.timetable import Timed, Timetable
from aws_stage.storage.store import Store

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Watched:
    """A timetable that is asked every ten seconds; ``clock`` is what its clock shows."""

    def __init__(self, path: Path, expression: str) -> None:
        self._store = Store(path / "timetable.sqlite")
        self.timetable = Timetable(self._store)
        self.items = [Timed("it", expression, created="1")]
        self.clock = NOON
        self.passed = timedelta()
        self.completed = False

    def restart(self) -> None:
        self.timetable = Timetable(self._store)

    def run(self, **duration: float) -> list[tuple[str, float]]:
        """What fires meanwhile: the clock's time, and the hours that have really passed since noon."""
        fired = []
        end = self.passed + timedelta(**duration)
        while self.passed < end:
            self.passed += timedelta(seconds=10)
            self.clock += timedelta(seconds=10)
            due, completed = self.timetable.due(self.items, self.clock)
            fired += [(f"{item.moment:%d %H:%M}", self.passed / timedelta(hours=1)) for item in due]
            self.completed = bool(completed)
        return fired


@pytest.fixture(params=[False, True], ids=["running on", "restarted"])
def restarts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def times(fired: list[tuple[str, float]]) -> list[str]:
    return [moment for moment, _ in fired]


@pytest.mark.parametrize("expression", ["rate(15 minutes)", "cron(0/15 * * * ? *)"])
@pytest.mark.parametrize("hours", [-1, 25, -25])
def test_a_frequent_one_is_never_silent_for_longer_than_its_interval(
    tmp_path: Path, expression: str, hours: int, restarts: bool
) -> None:
    watched = Watched(tmp_path, expression)
    watched.run(hours=1)
    watched.clock += timedelta(hours=hours)
    if restarts:
        watched.restart()
    fired = [0.0, *(passed - 1 for _, passed in watched.run(hours=2)), 2.0]
    gaps = [after - before for before, after in pairwise(fired)]
    assert max(gaps) <= 0.26
    assert len(fired) in (9, 10, 11)


def test_a_daily_one_fires_once_on_a_day_of_which_an_hour_comes_twice(tmp_path: Path, restarts: bool) -> None:
    watched = Watched(tmp_path, "cron(30 12 * * ? *)")
    assert times(watched.run(minutes=45)) == ["30 12:30"]
    watched.clock -= timedelta(hours=1)
    if restarts:
        watched.restart()
    assert times(watched.run(hours=30)) == ["01 12:30"]


def test_a_clock_that_was_a_day_ahead_for_an_hour_keeps_no_daily_one_from_its_next_day(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "cron(30 12 * * ? *)")
    watched.clock += timedelta(hours=25, minutes=-45)
    assert times(watched.run(hours=1)) == ["01 12:30"]
    watched.clock -= timedelta(hours=25, minutes=-45)
    assert times(watched.run(hours=48)) == ["01 12:30", "02 12:30"]


def test_what_a_clock_that_was_ahead_passed_over_fires_when_its_time_really_comes(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "at(2026-11-30T14:00:00)")
    watched.run(minutes=1)
    watched.clock += timedelta(hours=25)
    assert watched.run(minutes=1) == []
    watched.clock -= timedelta(hours=25)
    assert times(watched.run(hours=3)) == ["30 14:00"]
    assert watched.completed


def test_one_time_is_once_though_its_time_comes_twice(tmp_path: Path, restarts: bool) -> None:
    watched = Watched(tmp_path, "at(2026-11-30T12:30:00)")
    assert times(watched.run(hours=1)) == ["30 12:30"]
    watched.clock -= timedelta(hours=1)
    if restarts:
        watched.restart()
    assert watched.run(hours=2) == []
    assert watched.completed
