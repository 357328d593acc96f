"""How fast to ask: a rate that adapts to what the stream takes."""

from __future__ import annotations

import math
from typing import NamedTuple

ENOUGH_RECORDS = 50
"""Fewer say little of the part that is refused."""
MOST_REFUSED = 0.5
"""A stream that refuses more than this is full, whatever the rate."""


class _Refused(NamedTuple):
    """The part of ``records`` that was refused."""

    part: float
    records: int

    def differs(self, other: _Refused) -> float:
        """By how much this part is larger than ``other``, beyond a quarter of it and beyond chance (two standard
        deviations); negative when it is smaller, 0.0 when the two are as large as each other."""
        both = (self.part * self.records + other.part * other.records) / (self.records + other.records)
        chance = 2.0 * math.sqrt(both * (1.0 - both) * (1.0 / self.records + 1.0 / other.records))
        difference = self.part - other.part
        return difference if abs(difference) > max(chance, other.part / 4.0) else 0.0


class _Window:
    """Records acknowledged and refused over the last second or two."""

    def __init__(self) -> None:
        self._start = 0.0
        self._now = [0, 0]
        self._before = [0, 0]
        self._measured = 0.0

    def acknowledged(self, records: int, now: float) -> None:
        """Count what was stored, and begin a new window when this one is full: one without a record says no rate."""
        elapsed = now - self._start
        if elapsed >= 1.0:
            recent = elapsed < 5.0
            self._measured = self._now[0] / elapsed if recent else 0.0
            self._before = self._now if recent else [0, 0]
            self._start, self._now = now, [0, 0]
        self._now[0] += records

    def throttled(self, records: int) -> None:
        """Count what was refused."""
        self._now[1] += records

    def rate(self, now: float) -> float:
        """Acknowledged records a second."""
        return max(self._measured, self._now[0] / max(now - self._start, 0.25))

    def refused(self) -> _Refused | None:
        """Which part of the records was refused; None when they are too few to tell."""
        acknowledged, refused = self._now
        if acknowledged + refused < ENOUGH_RECORDS:
            acknowledged, refused = acknowledged + self._before[0], refused + self._before[1]
        total = acknowledged + refused
        return _Refused(refused / total, total) if total >= ENOUGH_RECORDS else None


class AdaptiveRate:
    """Finds the stream's capacity in records a second. Unlimited until the first throttle.

    A throttle marks the rate at which records were being acknowledged as the ceiling. From 70 % of it the limit rises
    along a cubic curve: soon near the ceiling, some seconds around it, then ever faster beyond it (the shape of CUBIC,
    RFC 9438). ``floor`` is the lowest ceiling, for a throttle that comes before anything was measured.

    Congestion yields to less load. Where as large a part of the records is refused below the ceiling as was at it, load
    is not the reason, and the limit goes on rising until a larger part is refused. (The thought is that of PCC, Dong et
    al., NSDI 2015: a rate is judged by what it brings, not by a loss alone.) Where more than half is refused, the
    stream is taken for full all the same.
    """

    DECREASE = 0.7
    PLATEAU = 3.0
    """Seconds from a throttle until the limit is at the ceiling again."""

    def __init__(self, floor: float = 50.0) -> None:
        self._floor = floor
        self._ceiling: float | None = None
        self._throttled_at = 0.0
        self._judged_at = 0.0
        self._refused: _Refused | None = None
        self._in_vain = False
        self._allowance = 0.0
        self._refilled = 0.0
        self._window = _Window()

    def limit(self, now: float) -> float | None:
        """Records a second that may be sent at ``now``, or None when there is no limit."""
        if self._ceiling is None:
            return None
        away = (now - self._throttled_at - self.PLATEAU) / self.PLATEAU
        return self._ceiling * (1.0 + (1.0 - self.DECREASE) * away**3)

    def acknowledged(self, records: int, now: float) -> None:
        """``records`` were stored."""
        self._window.acknowledged(records, now)

    def throttled(self, now: float, records: int = 1) -> None:
        """``records`` were refused: slow down, if that helps. Throttles within a second of each other are judged once,
        as they stem from the same burst."""
        self._window.throttled(records)
        if self._ceiling is not None and now - self._judged_at < 1.0:
            return
        self._judged_at = now
        if self._ceiling is None:
            self._refilled = now
        refused = self._window.refused()
        self._in_vain = self._has_no_effect(refused, now)
        if not self._in_vain:
            self._ceiling = max(self._floor, self._window.rate(now))
            self._throttled_at = now
            self._allowance = 0.0
        self._refused = refused

    def _has_no_effect(self, refused: _Refused | None, now: float) -> bool:
        """Whether the rate has nothing to do with what is refused."""
        if refused is None or self._refused is None or refused.part > MOST_REFUSED:
            return False
        more = refused.differs(self._refused)
        return more <= 0.0 if self._in_vain else more == 0.0 and now - self._throttled_at <= self.PLATEAU

    def wait(self, now: float) -> float:
        """Seconds until a request may go out; 0 when it may now."""
        limit = self.limit(now)
        if limit is None:
            return 0.0
        self._allowance = min(limit, self._allowance + limit * max(0.0, now - self._refilled))
        self._refilled = now
        return 0.0 if self._allowance >= 1.0 else (1.0 - self._allowance) / limit

    def spend(self, records: int) -> None:
        """A request of ``records`` goes out."""
        if self._ceiling is not None:
            self._allowance -= records

    def burst(self, max_records: int) -> int:
        """How many records the next request may hold, after ``wait`` said 0."""
        return max_records if self._ceiling is None else max(1, min(max_records, int(self._allowance)))
