"""When lines are sent: at a given rate, or flat out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from datastreamer.errors import UsageError

_SLICE: Final = 0.1
_MAX_LAG: Final = 5.0
_FLAT_OUT_LINES: Final = 8_192


class Pacer:
    """Says how many lines are due. ``rate`` is lines a second; 0 is flat out.

    The schedule is kept on average: a slice that comes late is followed by a larger one. A run that is more than 5 s
    behind (a suspended laptop, a stream that takes less than ``rate``) does not catch up: those readings were never
    taken. Raises UsageError for a rate that is no rate.
    """

    def __init__(
        self,
        rate: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        if not 0.0 <= rate < math.inf:
            raise UsageError(f"--rate must be a number of readings a second, or 0 for flat out, not {rate}")
        self._rate = rate
        self._monotonic = monotonic
        self._wall = wall
        self._sent = 0
        self.skipped = 0.0
        self.start()

    def start(self) -> None:
        """The schedule begins now."""
        self._begun = self._monotonic()
        self._measured_ms = self._wall() * 1000.0

    def due(self) -> int:
        """How many lines are due now; 0 when none is."""
        if self._rate <= 0.0:
            return _FLAT_OUT_LINES
        behind = (self._monotonic() - self._begun) - self._sent / self._rate
        if behind > _MAX_LAG:
            self._begun += behind
            self.skipped += behind
            return 1
        return int(behind * self._rate)

    def pause(self) -> float:
        """Seconds until it is worth asking again."""
        if self._rate <= 0.0:
            return 0.0
        until_next = (self._sent + 1) / self._rate - (self._monotonic() - self._begun)
        return max(_SLICE, until_next)

    def sent(self, lines: int) -> None:
        """``lines`` were produced."""
        self._sent += lines

    def window(self, _lines: int) -> tuple[float, float]:
        """The span of wall-clock time [ms since the epoch] in which lines produced now were measured."""
        begin, end = self._measured_ms, max(self._measured_ms, self._wall() * 1000.0)
        self._measured_ms = end
        return begin, end
