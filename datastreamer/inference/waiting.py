"""Waiting for AWS to end what it began."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from datastreamer.errors import RetryableError

Report = Callable[[str], None]
"""Told the present state on every poll."""


class Clock:
    """The machine's clock, in seconds."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def now(self) -> float:
        return time.monotonic()


CLOCK = Clock()


@dataclass(frozen=True)
class Patience:
    """How long to wait at most and between two looks (seconds), and the clock to wait by."""

    timeout: float = 900.0
    every: float = 1.0
    clock: Clock = CLOCK


PATIENT = Patience()


def wait_for(
    what: str, look: Callable[[], tuple[str, bool]], *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> str:
    """Call ``look`` (-> state, whether it is the end) until the end; returns the last state.

    Raises RetryableError, naming ``what`` and its state, after ``patience.timeout``; whatever ``look`` raises goes on.
    """
    deadline = patience.clock.now() + patience.timeout
    while True:
        state, ended = look()
        report(state)
        if ended:
            return state
        if patience.clock.now() >= deadline:
            raise RetryableError(f"{what} is still {state} after {patience.timeout:.0f} s; it goes on without us")
        patience.clock.sleep(patience.every)
