"""Work in a thread of its own, again and again until it is stopped."""

from __future__ import annotations

from threading import Event, Semaphore

import pytest
from aws_stage.kernel.periodic import Periodic
from aws_stage.testing.waiting import PATIENCE


def test_it_acts_again_and_again_and_not_after_it_was_stopped() -> None:
    acted = Semaphore(0)
    periodic = Periodic(acted.release, 0.001, "acting")
    periodic.start()
    for _ in range(3):
        assert acted.acquire(timeout=PATIENCE)
    periodic.stop()
    while acted.acquire(blocking=False):
        pass
    assert not acted.acquire(timeout=0.01)


@pytest.mark.parametrize("at_end", [True, False])
def test_what_is_to_be_done_at_the_end_is_done_before_stop_returns(at_end: bool) -> None:
    acted: list[bool] = []
    periodic = Periodic(lambda: acted.append(True), 3600.0, "acting", at_end=at_end)
    periodic.start()
    periodic.stop()
    assert acted == [True] * at_end


def test_stop_waits_for_what_is_under_way_which_can_see_that_it_should_end() -> None:
    begun, ended = Event(), Event()

    def act() -> None:
        begun.set()
        assert periodic.stopping.wait(PATIENCE)
        ended.set()

    periodic = Periodic(act, 0.001, "acting")
    periodic.start()
    assert begun.wait(PATIENCE)
    periodic.stop()
    assert ended.is_set()


def test_what_was_never_started_can_be_stopped() -> None:
    acted = Event()
    Periodic(acted.set, 0.0, "acting", at_end=True).stop()
    assert not acted.is_set()
