"""The range that a model's scores lie in, as the model declares it: ``0..1``, ``0..``, ``..100`` or ``..`` (any).

The declaration is a variable of the model's container, ``DATASTREAMER_SCORE_RANGE``: it travels with the model, can be
changed no more than the model, and comes with the one answer that describes it. On the way from training to the model
it is metadata of the archive, ``score-range``. No container heeds the variable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from datastreamer.errors import UsageError

VARIABLE: Final = "DATASTREAMER_SCORE_RANGE"
METADATA: Final = "score-range"


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """Scores from ``low`` to ``high``, both in it; None is no bound."""

    low: Decimal | None = None
    high: Decimal | None = None

    @classmethod
    def parse(cls, text: str) -> ScoreRange:
        """Raises UsageError for what is not ``<low>..<high>``, each a finite number or nothing, in order."""
        low, dots, high = text.strip().partition("..")
        try:
            found = cls(_bound(low), _bound(high))
        except ValueError:
            dots = ""
        if not dots or (found.low is not None and found.high is not None and found.low > found.high):
            raise UsageError(f"{text!r} is no range of scores; give <low>..<high>, such as 0..1 or 0.. or ..100")
        return found

    def __str__(self) -> str:
        return f"{'' if self.low is None else self.low}..{'' if self.high is None else self.high}"

    def __contains__(self, score: Decimal) -> bool:
        return (self.low is None or score >= self.low) and (self.high is None or score <= self.high)


ANY: Final = ScoreRange()


def _bound(text: str) -> Decimal | None:
    if not text.strip():
        return None
    if not math.isfinite(float(text)):
        raise ValueError(text)
    return Decimal(text.strip())
