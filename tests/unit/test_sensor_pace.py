"""Backoff, the adaptive rate and the pacing of production."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.kinesis.pace import AdaptiveRate, Backoff
from sensor.pacing import Pacer


@given(attempt=st.integers(0, 10_000), seed=st.integers())
def test_backoff_stays_between_zero_and_its_cap(attempt: int, seed: int) -> None:
    assert (
        0.0
        <= Backoff(base=0.1, cap=5.0, randomness=Random(seed)).delay(attempt)
        <= min(5.0, 0.1 * 2.0 ** min(attempt, 30))
    )


def test_backoff_grows_and_is_spread() -> None:
    backoff = Backoff(base=0.1, cap=10.0, randomness=Random(1))
    means = [sum(backoff.delay(attempt) for _ in range(500)) / 500 for attempt in range(8)]
    assert means == sorted(means)
    assert len({backoff.delay(5) for _ in range(100)}) == 100


def test_the_rate_is_unlimited_until_the_first_throttle() -> None:
    rate = AdaptiveRate()
    assert rate.limit(0.0) is None
    assert rate.wait(0.0) == 0.0
    assert rate.burst(500) == 500


def throttled_at(records_a_second: int) -> AdaptiveRate:
    """A rate that acknowledged so many records a second for three seconds and was throttled at second 3."""
    rate = AdaptiveRate(floor=10.0)
    for tenth in range(30):
        rate.acknowledged(records_a_second // 10, tenth / 10)
    rate.throttled(3.0)
    return rate


def test_a_throttle_drops_the_rate_below_what_the_stream_took() -> None:
    assert throttled_at(1_000).limit(3.0) == pytest.approx(700.0, rel=0.05)


def test_the_rate_returns_to_the_ceiling_and_probes_beyond_it() -> None:
    rate = throttled_at(1_000)
    limits = [rate.limit(3.0 + seconds) or 0.0 for seconds in range(13)]
    assert limits == sorted(limits)
    assert limits[3] == pytest.approx(1_000.0, rel=0.05)
    assert limits[6] == pytest.approx(1_300.0, rel=0.05)
    assert limits[12] > 5_000.0, "a stream that was resharded is used soon"


def test_throttles_of_one_burst_count_once() -> None:
    rate = throttled_at(1_000)
    rate.throttled(3.5)
    assert rate.limit(6.0) == pytest.approx(1_000.0, rel=0.05)


def test_a_throttle_before_anything_was_measured_leaves_the_floor() -> None:
    rate = AdaptiveRate(floor=10.0)
    rate.throttled(0.0)
    assert rate.limit(0.0) == pytest.approx(7.0)


def test_no_more_goes_out_than_the_rate_allows() -> None:
    rate = throttled_at(1_000)
    sent, now = 0, 3.0
    while now < 4.0:
        pause = rate.wait(now)
        if pause == 0.0:
            records = rate.burst(50)
            rate.spend(records)
            sent += records
        now += max(pause, 0.001)
    assert 650 <= sent <= 1_000


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("rate", [0.5, 7.0, 100.0, 5_000.0])
def test_production_keeps_its_rate_on_average(rate: float) -> None:
    clock = Clock()
    pacer = Pacer(rate, monotonic=clock, wall=clock)
    pacer.start()
    sent = 0
    while clock.now < 1_060.0:
        due = pacer.due()
        if due:
            pacer.sent(due)
            sent += due
        clock.now += pacer.pause()
    assert sent == pytest.approx(60 * rate, rel=0.01, abs=1)


def test_what_was_missed_while_asleep_is_not_caught_up() -> None:
    clock = Clock()
    pacer = Pacer(100.0, monotonic=clock, wall=clock)
    pacer.start()
    clock.now += 3_600.0
    assert pacer.due() == 1
    pacer.sent(1)
    clock.now += 1.0
    assert 95 <= pacer.due() <= 105


def test_flat_out_something_is_always_due() -> None:
    pacer = Pacer(0.0)
    assert pacer.due() > 1_000
    assert pacer.pause() == 0.0


def test_readings_are_measured_between_the_last_ones_and_now() -> None:
    clock = Clock()
    pacer = Pacer(10.0, monotonic=clock, wall=clock)
    clock.now = 1_002.5
    assert pacer.window(25) == (1_000_000.0, 1_002_500.0)
    clock.now = 990.0
    assert pacer.window(1) == (1_002_500.0, 1_002_500.0), "a clock that is set back does not turn time around"
