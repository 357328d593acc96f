"""The population stability index (PSI): how far the shares of some bins are from what they were.

The sum over bins of ``(now - then) * ln(now / then)``: 0 for the same shares; below 0.1 counts as stable, above 0.2 as
drift (Siddiqi, "Credit Risk Scorecards", 2006).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_LEAST_SHARE: Final = 1e-4
"""Stands for an empty bin, whose logarithm would be infinite."""


@dataclass(frozen=True)
class Bins:
    """``edges`` rise, each the upper end of its bin; ``shares`` (one more than edges) and ``missing`` sum to 1."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    missing: float

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Bins:
        """As the evaluation writes them (``evaluation.baselines``)."""
        return cls(tuple(document["edges"]), tuple(document["shares"]), float(document["missing"]))

    @property
    def expected(self) -> tuple[float, ...]:
        """All shares, that of missing values last."""
        return (*self.shares, self.missing)


def stability_index(expected: Sequence[float], counts: Sequence[int]) -> float:
    """PSI of ``counts``, in the same bins as the shares ``expected``; 0 for no counts at all."""
    total = sum(counts)
    if not total:
        return 0.0
    index = 0.0
    for then, count in zip(expected, counts, strict=True):
        before, now = max(then, _LEAST_SHARE), max(count / total, _LEAST_SHARE)
        index += (now - before) * math.log(now / before)
    return index
