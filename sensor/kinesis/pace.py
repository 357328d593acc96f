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
    """Finds the stream's capacity by additive increase, multiplicative decrease. Unlimited until the first throttle.

    Units are records a second, since every record is of about the same size in one run.
    """

    DECREASE = 0.7
    GROWTH = 0.05
    """Added for each second without a throttle, as a fraction of the rate measured at the last one."""
    FLOOR = 5.0

    def __init__(self) -> None:
        self.limit: float | None = None
        self._step = 0.0
        self._allowance = 0.0
        self._refilled = 0.0
        self._throttled_at = float("-inf")
        self._window_start = 0.0
        self._window_records = 0
        self._measured = 0.0

    def acknowledged(self, records: int, now: float) -> None:
        """Measure the rate of acknowledged records over windows of about a second."""
        elapsed = now - self._window_start
        if elapsed >= 1.0:
            self._measured = self._window_records / elapsed if elapsed < 5.0 else 0.0
            self._window_start, self._window_records = now, 0
        self._window_records += records

    def throttled(self, now: float) -> None:
        """Slow down; throttles within a second of each other count once, as they stem from the same burst."""
        if now - self._throttled_at < 1.0:
            return
        self._throttled_at = now
        seen = max(self._measured, self._window_records / max(now - self._window_start, 0.25))
        current = seen if self.limit is None else min(self.limit, max(seen, self.FLOOR))
        self.limit = max(self.FLOOR, current * self.DECREASE)
        self._step = self.limit * self.GROWTH
        self._allowance, self._refilled = 0.0, now

    def wait(self, now: float) -> float:
        """Seconds until a request may go out; 0 when it may now."""
        if self.limit is None:
            return 0.0
        elapsed = max(0.0, now - self._refilled)
        self._refilled = now
        self.limit += self._step * elapsed
        self._allowance = min(self.limit, self._allowance + self.limit * elapsed)
        return 0.0 if self._allowance >= 1.0 else (1.0 - self._allowance) / self.limit

    def spend(self, records: int) -> None:
        """A request of ``records`` goes out; the allowance may go below 0, and the next request then waits longer."""
        if self.limit is not None:
            self._allowance -= records

    def burst(self, max_records: int) -> int:
        """How many records the next request may hold."""
        if self.limit is None:
            return max_records
        return max(1, min(max_records, int(self._allowance)))
