"""What the fare model learns from: the label and its features, all of them numbers.

A feature is known when a trip has ended and does not contain the fare. Everything else that the passenger pays
(``LEAKS``) follows from the fare or is part of the total: a model that sees it predicts the fare from itself, and takes
a fare that was made up for a good one.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final, NamedTuple

from datastreamer.events.trip import AMOUNTS

LABEL: Final = "fare_amount"
LEAKS: Final = frozenset(AMOUNTS) - {LABEL}
"""Columns of a trip that no feature may be made of."""


class Feature(NamedTuple):
    """``sql`` makes the feature of a row of silver; ``meaning`` has its unit."""

    name: str
    sql: str
    meaning: str


FEATURES: Final = (
    Feature("trip_distance", "trip_distance", "Miles, by the meter"),
    Feature("trip_minutes", "date_diff('second', pickup_time, dropoff_time) / 60e0", "Minutes that the trip took"),
    Feature("pickup_hour", "hour(pickup_time)", "Hour of the pick-up, 0 to 23, New York time"),
    Feature("pickup_weekday", "day_of_week(pickup_time)", "Day of the pick-up, 1 Monday to 7 Sunday"),
    Feature("pickup_zone", "pickup_zone", "TLC taxi zone of the pick-up"),
    Feature("dropoff_zone", "dropoff_zone", "TLC taxi zone of the drop-off"),
    Feature("passenger_count", "passenger_count", "Passengers; missing where the trip was booked"),
)
"""In the order of a training set's columns, behind the label."""


def feature_hash() -> str:
    """16 hexadecimal digits that change when a feature, its SQL or their order does: models name what they learned."""
    described = json.dumps([[feature.name, feature.sql] for feature in FEATURES])
    return hashlib.sha256(described.encode()).hexdigest()[:16]
