"""How far a model's fares are from what was paid."""

from __future__ import annotations

import numpy as np

from datastreamer.taxi.evaluation.rows import Numbers


def errors(fares: Numbers, predicted: Numbers) -> dict[str, float]:
    """``rmse``, ``mae``, ``p99`` of the absolute error and the ``median`` residual (fare - predicted), US dollars.

    A prediction that is not a number makes all of them infinite: such a model must pass no gate.
    """
    residuals = fares - predicted
    if not np.isfinite(residuals).all():
        return dict.fromkeys(("rmse", "mae", "p99", "median"), float("inf"))
    absolute = np.abs(residuals)
    return {
        "rmse": float(np.sqrt(np.mean(residuals**2))),
        "mae": float(absolute.mean()),
        "p99": float(np.quantile(absolute, 0.99)),
        "median": float(np.median(residuals)),
    }
