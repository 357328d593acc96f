"""The rule by which a fare is an outlier, found on validation rows: a conformal quantile of scaled residuals.

A residual grows with the fare, so it is divided by a width, ``1 + slope * predicted``, first. The quantile of what is
left, at a share of false alarms that is wanted, is the factor of the width (split conformal prediction; Lei and others,
"Distribution-Free Predictive Inference for Regression", 2018). Of a few slopes whose rules find nearly the same, the
most lenient one is taken: the tightest of several is the one whose quantile was low by chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datastreamer.taxi.evaluation.rows import Numbers

SLOPES: Final = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Per dollar that is predicted."""
LEAST_FLOOR: Final = 0.5
"""What the meter adds at a time, or less in no year: rounding alone must not be an outlier [US dollars]."""
_MARKS: Final = (0.5, 1.5, 2.0)
"""Fares wrong by these factors are what slopes are compared by."""
_AS_GOOD: Final = 0.03
"""Of what is found of the three together, 0 to 3."""


@dataclass(frozen=True)
class Rule:
    """A fare is an outlier when it is further than ``floor + factor * max(predicted, 0)`` from the predicted one."""

    floor: float
    factor: float

    def outliers(self, fares: Numbers, predicted: Numbers) -> NDArray[np.bool_]:
        """Which of the fares are outliers (booleans). What has no prediction is one."""
        within: NDArray[np.bool_] = np.abs(fares - predicted) <= self.floor + self.factor * np.maximum(predicted, 0.0)
        return ~within


def find_rule(fares: Numbers, predicted: Numbers, share: float) -> Rule:
    """The rule that ``share`` (0 to 1) of good trips break, of ``fares`` and their predictions.

    Fewer than ``1 / share`` rows have not seen so rare a residual: it is estimated from the largest ones then.
    """
    rules = [_rule_of(slope, fares, predicted, share) for slope in SLOPES]
    found = [sum(float(rule.outliers(fares * mark, predicted).mean()) for mark in _MARKS) for rule in rules]
    good = [rule for rule, each in zip(rules, found) if each >= max(found) - _AS_GOOD]  # noqa: B905  Python 3.9
    return max(good, key=lambda rule: rule.floor + rule.factor * float(predicted.mean()))


def _rule_of(slope: float, fares: Numbers, predicted: Numbers, share: float) -> Rule:
    width = 1.0 + slope * np.maximum(predicted, 0.0)
    scaled = np.sort(np.abs(fares - predicted) / width)
    rank = math.ceil((len(scaled) + 1) * (1.0 - share))
    quantile = float(scaled[rank - 1]) if rank <= len(scaled) else _beyond(scaled, share)
    return Rule(max(quantile, LEAST_FLOOR), quantile * slope)


def _beyond(ordered: Numbers, share: float) -> float:
    """What ``share`` of all values exceed, of which none of ``ordered`` (rising) may be: the tail's Pareto law, with
    Hill's index of the largest tenth (Weissman, "Estimation of Parameters and Large Quantiles Based on the k Largest
    Observations", 1978); no less than the largest value."""
    largest = max(2, len(ordered) // 10)
    tail, start = ordered[-largest:], float(ordered[-min(largest + 1, len(ordered))])
    if start <= 0.0:
        return float(ordered[-1])
    index = float(np.mean(np.log(tail / start)))
    return max(float(ordered[-1]), start * math.pow(largest / (len(ordered) * share), index))
