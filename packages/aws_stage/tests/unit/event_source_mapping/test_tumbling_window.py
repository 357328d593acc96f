"""Tumbling windows: which batch is of which window, what state it gets, when the window ends."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.event_source_mapping.lane import Discard, Invoke, Wait
from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import WindowPart
from aws_stage.engines.event_source_mapping.tumbling_window import MAX_STATE_BYTES, TumblingWindow
from aws_stage.engines.event_source_mapping.verdict import Failed, Succeeded
from unit.event_source_mapping.lanes import Driver

FIRST = WindowPart(120, 180)
FIRST_FINAL = WindowPart(120, 180, final=True)
FIRST_EARLY = WindowPart(120, 180, final=True, early=True)


def windowed(**options: Any) -> tuple[Driver, TumblingWindow]:
    window = TumblingWindow(60)
    driver = Driver.of(Options(tumbling=60, **options), window)
    driver.now = 130.0
    return driver, window


def invoked_with(driver: Driver) -> tuple[list[int], WindowPart | None, Any]:
    """What the next invocation gets."""
    step = driver.step()
    assert isinstance(step, Invoke), step
    assert driver.lane.window is not None
    return [record.ordinal for record in step.batch.records], step.batch.window, driver.lane.window.state


def test_each_invocation_of_a_window_gets_the_state_that_the_one_before_gave() -> None:
    driver, _ = windowed(batch_size=1)
    driver.offer(0, 1, arrival=125.0)
    assert invoked_with(driver) == ([0], FIRST, {})
    driver.take(Succeeded({"n": 1}))
    assert invoked_with(driver) == ([1], FIRST, {"n": 1})


def test_a_batch_never_spans_two_windows_and_the_first_ends_before_the_second_begins() -> None:
    driver, _ = windowed()
    driver.offer(0, arrival=179.9)
    driver.offer(1, arrival=180.0)
    driver.take(Succeeded({"n": 1}))
    assert invoked_with(driver) == ([], FIRST_FINAL, {"n": 1})
    driver.take(Succeeded())
    assert invoked_with(driver) == ([1], WindowPart(180, 240), {})


def test_a_window_ends_when_all_that_arrived_before_its_end_is_processed() -> None:
    driver, window = windowed()
    driver.offer(0, arrival=125.0)
    driver.take(Succeeded({"n": 1}))
    driver.lane.caught_up(179.9)
    assert driver.step() == Wait(None)
    driver.lane.caught_up(180.0)
    assert invoked_with(driver) == ([], FIRST_FINAL, {"n": 1})
    driver.take(Succeeded())
    assert window.document() is None
    assert driver.lane.idle


def test_the_end_of_a_window_does_not_wait_for_the_batching_window() -> None:
    driver, _ = windowed(batch_size=10, window=300)
    driver.offer(0, arrival=125.0)
    assert isinstance(driver.step(), Wait)
    driver.lane.caught_up(180.0)
    assert invoked_with(driver) == ([0], FIRST, {})


def test_the_end_of_the_shard_ends_a_window_early() -> None:
    driver, _ = windowed()
    driver.offer(0, arrival=125.0)
    driver.lane.end()
    driver.take(Succeeded({"n": 1}))
    assert invoked_with(driver) == ([], FIRST_EARLY, {"n": 1})
    driver.take(Succeeded())
    assert driver.lane.idle


def test_a_state_that_is_too_large_ends_the_window_early_and_the_rest_begins_with_none() -> None:
    driver, _ = windowed(batch_size=1)
    driver.offer(0, 1, arrival=125.0)
    large = {"text": "x" * MAX_STATE_BYTES}
    driver.take(Succeeded(large))
    assert invoked_with(driver) == ([], FIRST_EARLY, large)
    driver.take(Succeeded())
    assert invoked_with(driver) == ([1], FIRST, {})


def test_a_state_of_just_one_megabyte_is_handed_on() -> None:
    driver, _ = windowed(batch_size=1)
    driver.offer(0, 1, arrival=125.0)
    state = {"text": "x" * (MAX_STATE_BYTES - len('{"text":""}'))}
    driver.take(Succeeded(state))
    assert invoked_with(driver) == ([1], FIRST, state)


def test_a_failed_invocation_does_not_change_the_state() -> None:
    driver, _ = windowed(batch_size=1)
    driver.offer(0, 1, arrival=125.0)
    driver.take(Succeeded({"n": 1}), Failed())
    driver.now += 1
    assert invoked_with(driver) == ([1], FIRST, {"n": 1})


def test_a_partial_failure_hands_on_the_state_of_what_was_processed() -> None:
    driver, _ = windowed()
    driver.offer(0, 1, arrival=125.0)
    driver.take(Failed(1, {"n": 1}))
    driver.now += 1
    assert invoked_with(driver) == ([1], FIRST, {"n": 1})


def test_a_window_goes_on_after_a_restart() -> None:
    driver, window = windowed()
    driver.offer(0, arrival=125.0)
    driver.take(Succeeded({"n": 1}))
    later = Driver.of(Options(tumbling=60), TumblingWindow(60, window.document()))
    later.now = 140.0
    later.offer(1, arrival=139.0)
    assert invoked_with(later) == ([1], FIRST, {"n": 1})


def test_a_last_invocation_that_keeps_failing_is_given_up_and_the_window_with_it() -> None:
    driver, window = windowed(retries=0)
    driver.offer(0, arrival=125.0)
    driver.lane.caught_up(180.0)
    driver.take(Succeeded({"n": 1}), Failed())
    driver.now += 1
    assert isinstance(driver.step(), Discard)
    driver.drop()
    assert window.document() is None
