"""The adaptive rate and the pacing of production."""

from __future__ import annotations

from random import Random

import pytest

from datastreamer.sensor.kinesis.pace import AdaptiveRate
from datastreamer.sensor.pacing import Pacer


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


class Stream:
    """A stream that takes ``capacity`` records a second, and refuses the part ``by_chance`` of whatever comes.

    One producer writes to it at the adaptive rate: four requests in flight, 10 ms each, 2,000 new records a second.
    """

    def __init__(self, capacity: float = 1e9, by_chance: float = 0.0) -> None:
        self.capacity, self.by_chance = capacity, by_chance
        self.rate = AdaptiveRate()
        self.taken = self.refused = 0
        self._chance = Random(1)
        self._now = self._waiting = self._room = 0.0
        self._in_flight: list[tuple[float, int, int]] = []

    def run(self, seconds: float) -> tuple[float, float]:
        """What it took and what it refused meanwhile, in records a second."""
        taken, refused, end = self.taken, self.refused, self._now + seconds
        while self._now < end:
            self._now += 0.002
            self._waiting = min(20_000.0, self._waiting + 0.002 * 2_000)
            self._room = min(self.capacity, self._room + 0.002 * self.capacity)
            self._answer()
            if len(self._in_flight) < 4 and self._waiting >= 1 and self.rate.wait(self._now) == 0.0:
                self._ask(min(int(self._waiting), self.rate.burst(500)))
        return (self.taken - taken) / seconds, (self.refused - refused) / seconds

    def _ask(self, records: int) -> None:
        self.rate.spend(records)
        self._waiting -= records
        stored = min(sum(self._chance.random() >= self.by_chance for _ in range(records)), int(self._room))
        self._room -= stored
        self._in_flight.append((self._now + 0.010, stored, records - stored))

    def _answer(self) -> None:
        while self._in_flight and self._in_flight[0][0] <= self._now:
            _, stored, refused = self._in_flight.pop(0)
            self.taken, self.refused = self.taken + stored, self.refused + refused
            self._waiting += refused
            if stored:
                self.rate.acknowledged(stored, self._now)
            if refused:
                self.rate.throttled(self._now, refused)


@pytest.mark.parametrize("by_chance", [0.02, 0.3])
def test_refusals_that_come_at_any_rate_hold_nothing_back(by_chance: float) -> None:
    stream = Stream(by_chance=by_chance)
    stream.run(50)
    assert stream.run(5)[0] == pytest.approx(2_000, rel=0.05)


@pytest.mark.parametrize("by_chance", [0.0, 0.3])
def test_a_full_stream_is_filled_and_refuses_little_for_its_capacity(by_chance: float) -> None:
    stream = Stream(capacity=1_000, by_chance=by_chance)
    stream.run(20)
    taken, refused = stream.run(30)
    assert taken > (900 if by_chance == 0.0 else 600)
    assert refused / (taken + refused) < by_chance + 0.1


def test_a_stream_that_loses_most_of_its_capacity_is_soon_asked_for_less() -> None:
    stream = Stream(capacity=1_000)
    stream.run(20)
    stream.capacity = 300
    stream.run(10)
    taken, refused = stream.run(20)
    assert taken == pytest.approx(300, rel=0.15)
    assert refused / (taken + refused) < 0.15


def test_a_stream_that_refuses_most_of_everything_is_taken_for_full() -> None:
    stream = Stream(by_chance=0.7)
    stream.run(20)
    taken, refused = stream.run(20)
    assert taken + refused < 100


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
