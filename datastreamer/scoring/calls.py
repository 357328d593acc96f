"""How calls of the endpoint end, counted by kind while a batch is under way.

A batch whose every call fails is tried for as long as the invocation lasts. Whoever watches must not learn of it only
then: failures are reported as they come, at most every few seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from datastreamer.aws.clock import Clock

MODEL_4XX: Final = "model_4xx"
MODEL_5XX: Final = "model_5xx"
NO_ANSWER: Final = "no_answer"
UNREADABLE: Final = "unreadable_answer"
IMPOSSIBLE: Final = "impossible_scores"
THROTTLED: Final = "throttled"
UNAVAILABLE: Final = "unavailable"
REFUSED: Final = "refused"
KINDS: Final[Mapping[str, str]] = {
    MODEL_4XX: "the model answers 4xx",
    MODEL_5XX: "the model answers 5xx",
    NO_ANSWER: "the model gives no answer in time",
    UNREADABLE: "the model's answer is not a score for each row",
    IMPOSSIBLE: "no score is finite and within the model's declared range",
    THROTTLED: "SageMaker throttles",
    UNAVAILABLE: "SageMaker fails",
    REFUSED: "SageMaker refuses: no such endpoint, or not permitted",
}
"""Every way in which a call fails, and what it means."""

REPORT_EVERY_S: Final = 10.0


@dataclass(frozen=True)
class CallCounts:
    """``made`` calls of the endpoint, and how many of them failed, by kind (one of ``KINDS``)."""

    made: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        return sum(self.failed.values())


@dataclass
class Calls:
    """The calls of one batch. ``report`` is given what was counted since it was called last."""

    clock: Clock
    report: Callable[[CallCounts], None] = lambda _: None
    _made: int = 0
    _failed: Counter[str] = field(default_factory=Counter)
    _reported_at: float | None = None

    def note(self, failure: str | None) -> None:
        """Count a call; ``failure`` is its kind, None of one that was good. The first failure is reported at once."""
        self._made += 1
        if failure is None:
            return
        self._failed[failure] += 1
        now = self.clock.now()
        if self._reported_at is None or now - self._reported_at >= REPORT_EVERY_S:
            self._reported_at = now
            self.report(self.take())

    def take(self) -> CallCounts:
        """What was counted since this was called last."""
        taken = CallCounts(self._made, dict(self._failed))
        self._made = 0
        self._failed.clear()
        return taken
