"""The dashboard of predictions: fare against predicted fare, rate of outliers, the latest ones, and where they are."""

from __future__ import annotations

import json
from typing import Any, Final

from datastreamer.taxi.dashboards.indices import PATTERN
from datastreamer.taxi.dashboards.visualizations import (
    Head,
    Metric,
    Source,
    bars_by_value,
    dashboard,
    latest_documents,
    lines_over_time,
    saved_object,
)
from datastreamer.taxi.prediction import INDEX, TIME_FIELD

PATTERN_ID: Final = INDEX
"""Ids are fixed: an import replaces what an earlier one has made, and the address of the dashboard stays."""
DASHBOARD_ID: Final = "taxi-fares"

_DOLLARS: Final = {"id": "number", "params": {"pattern": "$0,0.00"}}
_FORMATS: Final = {
    **dict.fromkeys(("fare_amount", "predicted_fare", "residual", "threshold"), _DOLLARS),
    "outlier": {"id": "percent", "params": {"pattern": "0.0%"}},
}
_ALL: Final = Source(PATTERN_ID, TIME_FIELD)
_OUTLIERS: Final = Source(PATTERN_ID, TIME_FIELD, ("is_outlier", True))
_COLUMNS: Final = (
    "fare_amount",
    "predicted_fare",
    "residual",
    "threshold",
    "pickup_zone",
    "dropoff_zone",
    "model_version",
)


def saved_objects() -> list[dict[str, Any]]:
    """The objects, each after those that it names."""
    pattern = saved_object(
        "index-pattern",
        PATTERN_ID,
        {"title": PATTERN, "timeFieldName": TIME_FIELD, "fieldFormatMap": json.dumps(_FORMATS, separators=(",", ":"))},
        [],
    )
    fares = lines_over_time(
        Head(
            "taxi-fare-against-predicted",
            "Fare against predicted fare",
            "Averages by when trips ended. They part when the model, or the fares, have changed.",
        ),
        _ALL,
        (Metric("avg", "fare_amount", "Fare"), Metric("avg", "predicted_fare", "Predicted fare")),
        "US dollars",
    )
    rate = lines_over_time(
        Head(
            "taxi-outlier-rate",
            "Rate of outliers",
            "Share of trips whose fare is further from the predicted one than their model's rule allows.",
        ),
        _ALL,
        (Metric("avg", "outlier", "Outliers"),),
        "Share of trips",
    )
    latest = latest_documents(
        Head("taxi-latest-outliers", "Latest outliers", "The newest trips whose fare is an outlier."),
        _OUTLIERS,
        list(_COLUMNS),
    )
    zones = bars_by_value(
        Head(
            "taxi-outliers-by-zone",
            "Outliers by zone of the pick-up",
            "Where trips began whose fare is an outlier: TLC's taxi zones.",
        ),
        _OUTLIERS,
        "pickup_zone",
        "Taxi zone",
        Metric("count", None, "Outliers"),
    )
    board = dashboard(
        Head(
            DASHBOARD_ID,
            "Taxi fares",
            "Fares of yellow taxis as they are charged, beside what the model in service predicted.",
        ),
        [(fares, (0, 0, 24, 15)), (rate, (24, 0, 24, 15)), (latest, (0, 15, 28, 18)), (zones, (28, 15, 20, 18))],
    )
    return [pattern, fares, rate, latest, zones, board]


def ndjson() -> bytes:
    """An export, as ``_import`` takes it: a line for each object."""
    return b"".join(json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in saved_objects())
