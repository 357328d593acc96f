"""Batches and windows while somebody sets the clock. A driver's ``now`` is monotonic; ``ahead`` is the clock's lead."""

from __future__ import annotations

import pytest
from aws_stage.engines.event_source_mapping.lane import Discard, Invoke, Wait
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import WindowPart
from aws_stage.engines.event_source_mapping.tumbling_window import TumblingWindow
from aws_stage.engines.event_source_mapping.verdict import Failed, Succeeded
from unit.event_source_mapping.lanes import Driver, records

HOUR = 3600.0


def test_a_record_does_not_grow_old_by_a_clock_that_jumps_after_it_was_read() -> None:
    driver = Driver.of(Options(max_age=60, batch_size=1))
    driver.lane.offer(records(0, arrival=99.0), 100.0, 0.0)
    driver.now = 110.0
    driver.lane.offer(records(1, arrival=109.0 + 25 * HOUR), driver.now, 25 * HOUR)
    driver.take(Succeeded(), Succeeded())
    assert driver.invoked == [[0], [1]]


def test_records_of_before_and_after_a_jump_each_expire_in_real_time() -> None:
    driver = Driver.of(Options(max_age=60, batch_size=10, window=300))
    driver.lane.offer(records(0, arrival=100.0), 100.0, 0.0)
    driver.lane.offer(records(1, arrival=130.0 - HOUR), 130.0, -HOUR)
    driver.now = 400.0
    driver.drop()
    assert driver.discarded == [([0, 1], "RecordAgeExceeded")]
    driver.lane.offer(records(2, arrival=340.0), 400.0, 0.0)
    driver.lane.offer(records(3, arrival=400.0 - HOUR), 400.0, -HOUR)
    driver.lane.end()
    driver.now = 401.0
    driver.drop()
    assert driver.discarded[1:] == [([2], "RecordAgeExceeded")]
    driver.take(Succeeded())
    assert driver.invoked == [[3]]


@pytest.mark.parametrize("ahead", [-HOUR, 0.0, 25 * HOUR])
def test_a_window_ends_after_its_length_though_the_clock_was_set_back(ahead: float) -> None:
    window = TumblingWindow(60)
    driver = Driver.of(Options(tumbling=60), window)
    driver.now = 10.0
    driver.lane.offer(records(0, arrival=125.0), driver.now, 115.0)
    driver.take(Succeeded({"n": 1}))
    driver.lane.caught_up(126.0 + min(ahead, 0.0), 11.0)
    driver.now = 12.0
    assert driver.step() == Wait(None)
    driver.now = 70.0
    driver.lane.caught_up(185.0 + ahead, driver.now)
    step = driver.step()
    assert isinstance(step, Invoke)
    assert step.batch.window == WindowPart(120, 180, final=True)


def test_a_window_that_goes_on_after_a_restart_with_a_clock_behind_ends_after_its_length() -> None:
    driver = Driver.of(Options(tumbling=60), TumblingWindow(60, {"start": 7200, "state": {}}))
    driver.now = 5.0
    assert driver.step() == Wait(None)
    driver.lane.caught_up(3605.0, 5.0)
    assert driver.step() == Wait(None)
    driver.now = 66.0
    driver.lane.caught_up(3666.0, 66.0)
    step = driver.step()
    assert isinstance(step, Invoke)
    assert step.batch.window == WindowPart(7200, 7260, final=True)


def test_a_retry_comes_after_its_pause() -> None:
    driver = Driver.of(Options(batch_size=1, retries=1))
    driver.now = 50.0
    driver.lane.offer(records(0, arrival=-HOUR), driver.now, -HOUR)
    driver.take(Failed())
    step = driver.step()
    assert isinstance(step, Wait)
    assert step.seconds is not None
    assert step.seconds <= 1.0
    driver.take(Failed())
    driver.now += 20
    assert isinstance(driver.step(), Discard)
