"""Seconds since the epoch that nobody sets: for what is counted in them and never read as a date.

The machine's clock is asked once; from then on they pass as real time does, also while the machine sleeps (where the
system has such a clock: Linux does, and the monotonic clock of macOS goes on). A stage that starts again begins with
the clock as it is then.
"""

from __future__ import annotations

import time as machine

_REAL = getattr(machine, "CLOCK_BOOTTIME", machine.CLOCK_MONOTONIC)


class SteadyTime:
    """Stands in for the module ``time`` where only ``time()`` is called."""

    def __init__(self) -> None:
        self._began = machine.time() - machine.clock_gettime(_REAL)

    def time(self) -> float:
        """Seconds since the epoch, as the machine's clock would show them had nobody set it since."""
        return self._began + machine.clock_gettime(_REAL)
