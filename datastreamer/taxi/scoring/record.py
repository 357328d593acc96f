"""The record contract of live trips: one JSON object a Kinesis record, a trip by TLC's names and its ``trip_id``.

    {"trip_id": "7f3a…", "VendorID": 2, "tpep_pickup_datetime": "2025-01-15 08:30:00", …}

A field that is null may be left out. What a trip is, is said in ``events/trip.py``; a strange trip is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from datastreamer.errors import InvalidRecordError
from datastreamer.events import json_object
from datastreamer.events.trip import DUPLICATE, OUTSIDE_MONTH, REJECTIONS, UNREADABLE_LINE, Trip, parse_trip

TRIP_ID: Final = "trip_id"
TRIP_ID_MAX_CHARS: Final = 128
"""The project's sensor sends 32 hexadecimal digits."""

NAME_TWICE: Final = "name_twice"
"""The contract reads names in any case, so two that differ by case alone are one that is given twice."""
MISSING_TRIP_ID: Final = "missing_trip_id"
INVALID_TRIP_ID: Final = "invalid_trip_id"
REASONS: Final = (
    *json_object.REASONS,
    NAME_TWICE,
    MISSING_TRIP_ID,
    INVALID_TRIP_ID,
    *(reason for reason in REJECTIONS if reason not in (UNREADABLE_LINE, OUTSIDE_MONTH, DUPLICATE)),
)
"""In the order in which they are tested: a record gets the first that applies. A live trip has no file, so the three
reasons that speak of one are not among them."""

_NEW_YORK: Final = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class LiveTrip:
    """A valid record; ``event_time`` is when the trip ended, aware, UTC."""

    trip_id: str
    trip: Trip
    event_time: datetime


def parse_live_trip(payload: bytes) -> LiveTrip:
    """The trip that the payload of one Kinesis record holds.

    ``null`` counts as missing. Raises InvalidRecordError with the first of ``REASONS`` that applies.
    """
    document = json_object.parse_object(payload, fraction=float)
    if len({name.lower() for name in document}) != len(document):
        raise InvalidRecordError(NAME_TWICE, "two names differ in case alone")
    trip_id = document.get(TRIP_ID)
    if trip_id is None:
        raise InvalidRecordError(MISSING_TRIP_ID, f"the object has no {TRIP_ID!r}")
    if not isinstance(trip_id, str) or not trip_id.strip() or len(trip_id) > TRIP_ID_MAX_CHARS:
        raise InvalidRecordError(INVALID_TRIP_ID, f"{TRIP_ID} must be a string of 1 to {TRIP_ID_MAX_CHARS} characters")
    trip = parse_trip(document)
    return LiveTrip(trip_id, trip, ended(trip))


def ended(trip: Trip) -> datetime:
    """When ``trip`` ended, UTC. Its times are what New York's clocks showed.

    Of the hour that clocks show twice the first is meant, but of a drop-off that clocks showed before the pick-up the
    second. A time that they never showed (in the hour that is left out in spring) is taken as if they had not been set.
    Raises InvalidRecordError for a time beyond the years that there are.
    """
    local = trip.dropoff_time.replace(tzinfo=_NEW_YORK, fold=int(trip.dropoff_time < trip.pickup_time))
    try:
        return local.astimezone(UTC)
    except OverflowError as error:
        raise InvalidRecordError("invalid_dropoff_time", f"{trip.dropoff_time} New York time has no UTC") from error
