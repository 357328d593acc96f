"""How fast to ask: backoff with jitter for one record, an adaptive rate for all of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Backoff:
    """Exponential backoff with full jitter: attempt ``n`` waits between 0 and ``base * 2**n`` s, at most ``cap`` s.

    Full jitter spreads retries best: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    base: float = 0.05
    cap: float = 10.0
    randomness: random.Random = field(default_factory=random.Random)

    def delay(self, attempt: int) -> float:
        """Seconds to wait after failure number ``attempt`` (from 0)."""
        return self.randomness.uniform(0.0, min(self.cap, self.base * 2.0 ** min(attempt, 30)))


class AdaptiveRate:
    """Finds the stream's capacity in records a second. Unlimited until the first throttle.

    A throttle marks the rate at which records were being acknowledged as the ceiling. From 70 % of it the limit rises
    along a cubic curve: soon near the ceiling, some seconds around it, then ever faster beyond it (the shape of CUBIC,
    RFC 9438). ``floor`` is the lowest ceiling, for a throttle that comes before anything was measured.
    """

    DECREASE = 0.7
    PLATEAU = 3.0
    """Seconds from a throttle until the limit is at the ceiling again."""

    def __init__(self, floor: float = 50.0) -> None:
        self._floor = floor
        self._ceiling: float | None = None
        self._throttled_at = 0.0
        self._allowance = 0.0
        self._refilled = 0.0
        self._window_start = 0.0
        self._window_records = 0
        self._measured = 0.0

    def limit(self, now: float) -> float | None:
        """Records a second that may be sent at ``now``, or None when there is no limit."""
        if self._ceiling is None:
            return None
        away = (now - self._throttled_at - self.PLATEAU) / self.PLATEAU
        return self._ceiling * (1.0 + (1.0 - self.DECREASE) * away**3)

    def acknowledged(self, records: int, now: float) -> None:
        """Measure the rate of acknowledged records over windows of about a second."""
        elapsed = now - self._window_start
        if elapsed >= 1.0:
            self._measured = self._window_records / elapsed if elapsed < 5.0 else 0.0
            self._window_start, self._window_records = now, 0
        self._window_records += records

    def throttled(self, now: float) -> None:
        """Slow down; throttles within a second of each other count once, as they stem from the same burst."""
        if self._ceiling is not None and now - self._throttled_at < 1.0:
            return
        recent = self._window_records / max(now - self._window_start, 0.25)
        self._ceiling = max(self._floor, self._measured, recent)
        self._throttled_at = self._refilled = now
        self._allowance = 0.0

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
