"""Fares that are made wrong on purpose, eight kinds, on rows of features: a model is asked how many it finds.

They are the kinds of the sensor's anomalies, whose trips have more columns; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from datastreamer.taxi.evaluation.rows import Model, Numbers, Rows
from datastreamer.taxi.evaluation.rule import Rule

CITY_FARE: Final = 40.0
"""Above it, an airport's flat fare for a trip in the city would not stand out [US dollars]."""
JFK_FARE: Final = 70.0
"""Flat, between JFK and Manhattan, since December 2022 [US dollars]."""
_OUTSIDE: Final = (1.0, 132.0, 264.0, 265.0)
"""Newark, JFK, and places unknown: trips from or to them have no fare of the city."""

FARES: Final[Mapping[str, Callable[[Numbers], Numbers]]] = {
    "fare_and_a_half": lambda fares: fares * 1.5,
    "fare_doubled": lambda fares: fares * 2.0,
    "fare_tripled": lambda fares: fares * 3.0,
    "fare_halved": lambda fares: fares * 0.5,
    "twenty_dollars_more": lambda fares: fares + 20.0,
    "airport_fare_in_the_city": lambda fares: np.full_like(fares, JFK_FARE),
    "distance_left_out": lambda fares: fares,
    "negative_fare": lambda fares: -fares,
}
"""What each kind makes of fares [US dollars]."""


def injected(rows: Rows, kind: str) -> Rows:
    """The rows that ``kind`` applies to, made wrong."""
    applies = rows.labels > 0
    if kind == "airport_fare_in_the_city":
        zones = rows.features[:, [rows.column("pickup_zone"), rows.column("dropoff_zone")]]
        applies &= (rows.labels < CITY_FARE) & ~np.isin(zones, _OUTSIDE).any(axis=1)
    features = rows.features[applies]
    if kind == "distance_left_out":
        features = features.copy()
        features[:, rows.column("trip_distance")] = 0.0
    return Rows(FARES[kind](rows.labels[applies]), features, rows.names)


def recall_by_kind(model: Model, rule: Rule, rows: Rows) -> dict[str, float]:
    """The share of each kind that is found, 0 to 1; a kind that applies to no row is left out."""
    found = {}
    for kind in FARES:
        wrong = injected(rows, kind)
        if len(wrong.labels):
            found[kind] = float(rule.outliers(wrong.labels, model.predict(wrong.features)).mean())
    return found
