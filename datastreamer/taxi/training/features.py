"""What the fare model learns from: the label and its features, all of them numbers.

A feature is known when a trip has ended and does not contain the fare. Everything else that the passenger pays
(``LEAKS``) follows from the fare or is part of the total: a model that sees it predicts the fare from itself, and takes
a fare that was made up for a good one.

Each feature is there twice: in SQL for the training sets, which Athena makes of silver, and in Python for live trips. A
model that is asked about other numbers than it has learned gives wrong fares without a word, so a test holds the two
against each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from datastreamer.events.trip import AMOUNTS, Trip

LABEL: Final = "fare_amount"
LEAKS: Final = frozenset(AMOUNTS) - {LABEL}
"""Columns of a trip that no feature may be made of."""

Value = float | int | None
"""Of a feature; None where it is missing."""


class Feature(NamedTuple):
    """``sql`` makes the feature of a row of silver, ``of`` makes it of a trip; ``meaning`` has its unit."""

    name: str
    sql: str
    meaning: str
    of: Callable[[Trip], Value]


def _minutes(trip: Trip) -> float:
    """As ``date_diff`` counts: whole seconds, cut off towards zero."""
    lasted = trip.dropoff_time - trip.pickup_time
    return int(lasted / timedelta(seconds=1)) / 60.0


FEATURES: Final = (
    Feature("trip_distance", "trip_distance", "Miles, by the meter", lambda trip: trip.trip_distance),
    Feature(
        "trip_minutes",
        "date_diff('second', pickup_time, dropoff_time) / 60e0",
        "Minutes that the trip took",
        _minutes,
    ),
    Feature(
        "pickup_hour",
        "hour(pickup_time)",
        "Hour of the pick-up, 0 to 23, New York time",
        lambda trip: trip.pickup_time.hour,
    ),
    Feature(
        "pickup_weekday",
        "day_of_week(pickup_time)",
        "Day of the pick-up, 1 Monday to 7 Sunday",
        lambda trip: trip.pickup_time.isoweekday(),
    ),
    Feature("pickup_zone", "pickup_zone", "TLC taxi zone of the pick-up", lambda trip: trip.pickup_zone),
    Feature("dropoff_zone", "dropoff_zone", "TLC taxi zone of the drop-off", lambda trip: trip.dropoff_zone),
    Feature(
        "passenger_count",
        "passenger_count",
        "Passengers; missing where the trip was booked",
        lambda trip: trip.passenger_count,
    ),
)
"""In the order of a training set's columns, behind the label."""


def values_of(trip: Trip) -> tuple[Value, ...]:
    """The features of ``trip``, in the order of ``FEATURES``."""
    return tuple(feature.of(trip) for feature in FEATURES)


def csv_row(values: Sequence[Value]) -> bytes:
    """A row of features as an endpoint gets it (text/csv); a missing one is an empty field, which XGBoost reads so."""
    return ",".join("" if value is None else repr(value) for value in values).encode()


def feature_hash() -> str:
    """16 hexadecimal digits that change when a feature, its SQL or their order does: models name what they learned."""
    described = json.dumps([[feature.name, feature.sql] for feature in FEATURES])
    return hashlib.sha256(described.encode()).hexdigest()[:16]
