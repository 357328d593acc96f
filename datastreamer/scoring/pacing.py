"""How long a piece of work may go on, and how long it waits before it asks again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock

LONGEST_MODEL_CALL_S: Final = 60.0
"""SageMaker ends a real-time invocation that a model has not answered by then."""


@dataclass(frozen=True)
class Deadline:
    """A point on a clock, and how long to wait between attempts until then."""

    clock: Clock
    at: float
    backoff: Backoff

    def allows(self, seconds: float) -> bool:
        """Whether work of ``seconds`` that began now would be over in time."""
        return self.clock.now() + seconds <= self.at

    def pause(self, attempt: int, work: float) -> bool:
        """Wait before the next attempt; False, at once, when work of ``work`` seconds could not follow in time."""
        delay = self.backoff.delay(attempt)
        if not self.allows(delay + work):
            return False
        self.clock.sleep(delay)
        return True


@dataclass(frozen=True)
class Budget:
    """How the time of one invocation is shared out (seconds): scoring must leave time to write what was scored.

    ``endpoint_timeout`` and ``table_timeout`` bound a single call, so that one that hangs is given up while there is
    time to ask again.
    """

    scoring: float
    writing: float
    parking: float
    endpoint_timeout: float
    table_timeout: float

    @classmethod
    def of(cls, seconds: float) -> Budget:
        """The budget of an invocation that has ``seconds`` left."""
        reserve = min(15.0, seconds / 4)
        scoring = seconds - reserve
        return cls(
            scoring=scoring,
            writing=seconds - reserve / 2,
            parking=seconds - reserve / 4,
            endpoint_timeout=min(LONGEST_MODEL_CALL_S, scoring / 3),
            table_timeout=min(5.0, reserve / 4),
        )
