"""Time as an input: engines take a clock, so that tests can own it.

Two kinds of time, as people set clocks. What is written down, or compared with what was, is wall time (``now``). What
this process waits for is counted in ``monotonic``.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of the present moment and a way to wait."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC; it may jump either way."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment in the past; they never go back, and nobody sets them."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
