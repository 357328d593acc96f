"""What features and residuals looked like on the validation rows: shares of quantile bins, to see drift by."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from datastreamer.taxi.evaluation.rows import Numbers, Rows

BINS: Final = 10


def bins_of(values: Numbers) -> dict[str, Any]:
    """``edges``: inner ones, rising, each the upper end of its bin; ``shares`` of the bins, one more than edges, and
    ``missing`` of NaN, which sum to 1. Values that repeat give fewer bins."""
    known = values[~np.isnan(values)]
    missing = 1.0 - len(known) / len(values)
    if not len(known):
        return {"edges": [], "shares": [0.0], "missing": missing}
    quantiles = np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="higher"))
    edges = [float(edge) for edge in quantiles if edge < known.max()]
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return {"edges": edges, "shares": [float(count) / len(values) for count in counts], "missing": missing}


def baselines(rows: Rows, predicted: Numbers) -> dict[str, Any]:
    """Bins of each feature by its name, and of ``residual`` (fare - predicted, US dollars)."""
    found = {name: bins_of(rows.features[:, number]) for number, name in enumerate(rows.names)}
    return {**found, "residual": bins_of(rows.labels - predicted)}
