"""The model: gradient-boosted trees that give the chance that a reading is an anomaly."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from datastreamer.scoring.score_range import ScoreRange

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datastreamer.inference.training.readings import Readings

ROUNDS: Final = 100
PARAMETERS: Final[dict[str, Any]] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 5,
    "eta": 0.2,
    "min_child_weight": 20,
    "max_bin": 512,
    # One thread: the order in which floating-point sums are taken must not depend on the machine.
    "nthread": 1,
}

SCORE_RANGE: Final = ScoreRange(Decimal(0), Decimal(1))
"""What binary:logistic gives."""


def fit(readings: Readings, seed: int) -> bytes:
    """A model trained on ``readings``, as UBJSON, which is what XGBoost takes a file without a suffix for."""
    import xgboost

    matrix = xgboost.DMatrix(readings.values, label=readings.faulty, nthread=1)
    booster = xgboost.train({**PARAMETERS, "seed": seed}, matrix, ROUNDS)
    return bytes(booster.save_raw("ubj"))


def score(model: bytes, values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The chance (0 to 1) that each of ``values`` (readings, 3) is an anomaly."""
    import xgboost

    booster = xgboost.Booster(model_file=bytearray(model))
    scores: NDArray[np.float32] = booster.predict(xgboost.DMatrix(values, nthread=1))
    return scores
