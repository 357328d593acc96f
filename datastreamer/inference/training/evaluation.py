"""How well scores tell anomalies from healthy readings, and from which score on to call a reading an anomaly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from datastreamer.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datastreamer.inference.training.readings import Readings

_SIGMAS: Final = 3.0


@dataclass(frozen=True)
class Evaluation:
    """``alarms`` readings of ``records`` were called anomalies, ``found`` of them rightly; ``anomalies`` there were.

    ``recall_by_fault``: the fraction found of each kind of fault, by its name.
    """

    records: int
    anomalies: int
    alarms: int
    found: int
    recall_by_fault: dict[str, float]

    @property
    def precision(self) -> float:
        """The fraction of alarms that were right; NaN when there was no alarm."""
        return self.found / self.alarms if self.alarms else math.nan

    @property
    def recall(self) -> float:
        """The fraction of anomalies that were found; NaN when there was none."""
        return self.found / self.anomalies if self.anomalies else math.nan

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2.0 * self.found / (self.alarms + self.anomalies) if self.alarms + self.anomalies else math.nan


def evaluate(readings: Readings, alarm: NDArray[np.bool_]) -> Evaluation:
    """``alarm`` (one a reading) set against the truth."""
    import numpy as np

    faulty = readings.faulty
    kinds = sorted(set(np.unique(readings.fault).tolist()) - {""})
    return Evaluation(
        records=len(faulty),
        anomalies=int(faulty.sum()),
        alarms=int(alarm.sum()),
        found=int((alarm & faulty).sum()),
        recall_by_fault={kind: float(alarm[readings.fault == kind].mean()) for kind in kinds},
    )


def best_threshold(scores: NDArray[np.float32], faulty: NDArray[np.bool_]) -> float:
    """The score from which on an alarm gives the best F1, rounded to 4 digits, as a setting is written.

    Raises UsageError when no reading is faulty: then every threshold is as bad.
    """
    import numpy as np

    if not faulty.any():
        raise UsageError("no reading of the validation set is faulty; take more --records")
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    found = np.cumsum(faulty[order])
    f1 = 2.0 * found / (np.arange(1, len(scores) + 1) + faulty.sum())
    # Equal scores are alarms together or not at all: only the last of them is a place to cut.
    f1[:-1][ordered[:-1] == ordered[1:]] = 0.0
    best = int(np.argmax(f1))
    below = ordered[best + 1] if best + 1 < len(ordered) else 0.0
    return round((float(ordered[best]) + float(below)) / 2.0, 4)


def limit_alarms(training: Readings, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """What a plain limit on each value would call an anomaly: beyond three standard deviations of healthy readings.

    The model has to beat this, or nobody needs it.
    """
    healthy = training.values[~training.faulty]
    middle, spread = healthy.mean(axis=0), healthy.std(axis=0)
    beyond: NDArray[np.bool_] = (abs(values - middle) > _SIGMAS * spread).any(axis=1)
    return beyond
