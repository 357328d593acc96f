"""The contract of a yellow-taxi trip of New York's Taxi and Limousine Commission (TLC), whatever the year of its file.

``Trip`` is the one table of the fields. Everything that writes, validates, stores or describes trips takes names,
types and faults from here. ``parse_trip`` and ``faults_of`` are the contract in plain Python: slow, obviously right,
and the oracle that faster implementations are tested against.

A row that has no place in a table of trips is rejected, whole, with the first of ``REJECTIONS`` that applies. A trip
that is strange but readable is a trip, and the names in ``FAULTS`` say what is strange about it: who trains a model
leaves them out, who looks for fraud looks there.

Times are what New York's clocks showed, without zone, as TLC publishes them: the hour in which clocks are set back is
there twice. Distances are miles, amounts US dollars.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from datastreamer.errors import InvalidRecordError

NUMBER_LIMIT: Final = 1e9
"""No number of a trip is this large. Real files have distances of 10^5 miles; beyond this, hundredths overflow sums."""
WHOLE_RANGE: Final = (-(2**31), 2**31 - 1)
"""What a 32-bit column holds."""
TEXT_MAX_CHARS: Final = 16
"""The one field of text is a flag of one letter."""

LONGEST_TRIP: Final = timedelta(hours=10)
"""As long as TLC lets a driver carry passengers in a day (its rules against fatigued driving, in force since 2017)."""
FASTEST_MPH: Final = 100.0
"""Average speed that no trip has: the state's highest limit is 65 mph (Vehicle and Traffic Law, section 1180-a)."""

TIME_PATTERN: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?$"
"""Time in text: ``2025-01-31 23:59:59``, as TLC's CSV files have it."""
NUMBER_PATTERN: Final = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


class Kind(StrEnum):
    """What a field holds, and which type its column has."""

    TIME = "time"
    """Wall-clock time in New York, to the microsecond."""
    WHOLE = "whole"
    """A whole number of 32 bits; files of earlier years have it as a float."""
    NUMBER = "number"
    """A finite number below ``NUMBER_LIMIT``, of which hundredths count."""
    TEXT = "text"
    """Text of at most ``TEXT_MAX_CHARS`` characters."""


class Rule(NamedTuple):
    """What the contract says of a field.

    ``tlc``: its name in TLC's files, in which letters' case is not the same in all years. ``codes``: the values that
    TLC's data dictionary names; none: any. ``absent_before``: the first month (``yyyy-mm``) whose file must have the
    column.
    """

    kind: Kind
    tlc: str
    meaning: str
    codes: frozenset[int] | frozenset[str] = frozenset()
    absent_before: str = ""


_ZONES = frozenset(range(1, 266))
"""TLC's taxi zones; 264 and 265 are an unknown place and one outside the city."""


@dataclass(frozen=True)
class Trip:
    """A trip that fits the contract, and the table of its fields. A field may be None where its attribute may."""

    vendor_id: Annotated[int | None, Rule(Kind.WHOLE, "VendorID", "Provider of the meter", frozenset({1, 2, 6, 7}))]
    pickup_time: Annotated[datetime, Rule(Kind.TIME, "tpep_pickup_datetime", "When the meter started, New York time")]
    dropoff_time: Annotated[datetime, Rule(Kind.TIME, "tpep_dropoff_datetime", "When it stopped, New York time")]
    passenger_count: Annotated[int | None, Rule(Kind.WHOLE, "passenger_count", "Passengers, as the driver says")]
    trip_distance: Annotated[float, Rule(Kind.NUMBER, "trip_distance", "Miles, by the meter")]
    rate_code: Annotated[
        int | None,
        Rule(
            Kind.WHOLE,
            "RatecodeID",
            "1 standard, 2 JFK, 3 Newark, 4 Nassau or Westchester, 5 negotiated, 6 group, 99 unknown",
            frozenset({1, 2, 3, 4, 5, 6, 99}),
        ),
    ]
    store_and_forward: Annotated[
        str | None, Rule(Kind.TEXT, "store_and_fwd_flag", "Y: sent later, N: at once", frozenset({"Y", "N"}))
    ]
    pickup_zone: Annotated[int, Rule(Kind.WHOLE, "PULocationID", "TLC taxi zone of the pick-up", _ZONES)]
    dropoff_zone: Annotated[int, Rule(Kind.WHOLE, "DOLocationID", "TLC taxi zone of the drop-off", _ZONES)]
    payment_type: Annotated[
        int | None,
        Rule(
            Kind.WHOLE,
            "payment_type",
            "0 flex fare, 1 card, 2 cash, 3 no charge, 4 dispute, 5 unknown, 6 voided",
            frozenset(range(7)),
        ),
    ]
    fare_amount: Annotated[float, Rule(Kind.NUMBER, "fare_amount", "By time and distance, US dollars")]
    extra: Annotated[float | None, Rule(Kind.NUMBER, "extra", "Rush hour, night and LaGuardia surcharges, US dollars")]
    mta_tax: Annotated[float | None, Rule(Kind.NUMBER, "mta_tax", "State tax, US dollars")]
    tip_amount: Annotated[float | None, Rule(Kind.NUMBER, "tip_amount", "Tips by card alone, US dollars")]
    tolls_amount: Annotated[float | None, Rule(Kind.NUMBER, "tolls_amount", "Tolls of the trip, US dollars")]
    improvement_surcharge: Annotated[
        float | None, Rule(Kind.NUMBER, "improvement_surcharge", "At the flag drop, US dollars")
    ]
    total_amount: Annotated[float, Rule(Kind.NUMBER, "total_amount", "What was charged but cash tips, US dollars")]
    congestion_surcharge: Annotated[
        float | None,
        Rule(Kind.NUMBER, "congestion_surcharge", "State surcharge in Manhattan, US dollars", absent_before="2019-02"),
    ]
    airport_fee: Annotated[
        float | None,
        Rule(Kind.NUMBER, "Airport_fee", "Pick-up at JFK or LaGuardia, US dollars", absent_before="2022-05"),
    ]
    cbd_congestion_fee: Annotated[
        float | None,
        Rule(Kind.NUMBER, "cbd_congestion_fee", "MTA's congestion zone, US dollars", absent_before="2025-01"),
    ]

    @property
    def trip_id(self) -> str:
        """32 hexadecimal digits that are the same for equal trips: TLC's files have no id.

        The first 128 bits of the SHA-256 of every field in the order of the table, joined by ``|``: times as
        microseconds since 1970, numbers as hundredths (rounded half up), None as nothing.
        """
        parts = (_IDENTITY[field.kind](getattr(self, field.column)) for field in FIELDS)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


class Field(NamedTuple):
    """A row of the table: the ``column`` of a field; else see ``Rule``."""

    column: str
    kind: Kind
    required: bool
    tlc: str
    meaning: str
    codes: frozenset[int] | frozenset[str]
    absent_before: str


def _fields() -> Iterator[Field]:
    for column, hint in get_type_hints(Trip, include_extras=True).items():
        if get_origin(hint) is Annotated:
            held, rule = get_args(hint)
            required = NoneType not in get_args(held)
            yield Field(column, rule.kind, required, rule.tlc, rule.meaning, rule.codes, rule.absent_before)


FIELDS: Final = tuple(_fields())
REQUIRED: Final = tuple(field.column for field in FIELDS if field.required)
AMOUNTS: Final = tuple(
    field.column for field in FIELDS if field.column.endswith(("_amount", "_surcharge", "_fee", "_tax", "extra"))
)
"""What the passenger pays: the fare first, then its additions and the total."""

DETAILS: Final = ("passenger_count", "rate_code", "store_and_forward", "congestion_surcharge", "airport_fee")
"""Five columns that are null together where a trip was not hailed but booked (in 29 % of the rows of January 2026)."""

# Why a row is rejected, in the order in which it is tested.
UNREADABLE_LINE: Final = "unreadable_line"
"""A line of a CSV file that has not as many columns as its header."""
OUTSIDE_MONTH: Final = "outside_month"
"""The pick-up was not in the month of the file."""
DUPLICATE: Final = "duplicate"
"""An equal trip is in the table; see ``Trip.trip_id``."""
REJECTIONS: Final = (
    UNREADABLE_LINE,
    *(f"missing_{column}" for column in REQUIRED),
    *(f"invalid_{field.column}" for field in FIELDS),
    OUTSIDE_MONTH,
    DUPLICATE,
)

# What is strange about a trip, in the order in which it is listed.
NEGATIVE_FARE: Final = "negative_fare"
REFUND: Final = "refund"
"""A negative fare that takes back that of another trip: same vendor, times and zones. Both name each other."""
REFUNDED: Final = "refunded"
"""The trip that a refund takes back."""
ZERO_FARE: Final = "zero_fare"
NEGATIVE_AMOUNT: Final = "negative_amount"
"""An amount other than the fare is negative though the fare is not."""
NEGATIVE_DISTANCE: Final = "negative_distance"
ZERO_DISTANCE: Final = "zero_distance"
DROPOFF_BEFORE_PICKUP: Final = "dropoff_before_pickup"
ZERO_DURATION: Final = "zero_duration"
LONG_TRIP: Final = "long_trip"
"""Longer than ``LONGEST_TRIP``: a meter that was left running, mostly."""
IMPOSSIBLE_SPEED: Final = "impossible_speed"
"""Faster than ``FASTEST_MPH`` on average."""
AMBIGUOUS_HOUR: Final = "ambiguous_hour"
"""Pick-up or drop-off in the hour that clocks show twice: the duration may be an hour off, either way."""
DETAILS_MISSING: Final = "details_missing"
"""All of ``DETAILS`` are null."""
FAULTS: Final = (
    NEGATIVE_FARE,
    REFUND,
    REFUNDED,
    ZERO_FARE,
    NEGATIVE_AMOUNT,
    NEGATIVE_DISTANCE,
    ZERO_DISTANCE,
    DROPOFF_BEFORE_PICKUP,
    ZERO_DURATION,
    LONG_TRIP,
    IMPOSSIBLE_SPEED,
    AMBIGUOUS_HOUR,
    DETAILS_MISSING,
    *(f"unknown_{field.column}" for field in FIELDS if field.codes),
)


def parse_trip(row: Mapping[str, Any]) -> Trip:
    """The trip that ``row`` holds: values by TLC's names in any case, as Parquet, CSV (text) or JSON give them.

    A name that is not there, None and blank text are a missing value. Raises InvalidRecordError with the first of
    ``REJECTIONS`` that applies to a row by itself.
    """
    sent = {name.lower(): _absent_if_blank(value) for name, value in row.items()}
    found = {field.column: sent.get(field.tlc.lower()) for field in FIELDS}
    for column in REQUIRED:
        if found[column] is None:
            raise InvalidRecordError(f"missing_{column}")
    values: dict[str, Any] = {}
    for field in FIELDS:
        value = found[field.column]
        values[field.column] = taken = None if value is None else _TAKEN[field.kind](value)
        if taken is None and value is not None:
            raise InvalidRecordError(f"invalid_{field.column}")
    return Trip(**values)


def faults_of(trip: Trip) -> tuple[str, ...]:
    """What is strange about ``trip`` by itself, in the order of ``FAULTS``; refunds take two trips to see."""
    lasted = trip.dropoff_time - trip.pickup_time
    seconds = lasted / timedelta(seconds=1)
    twice = _is_shown_twice(trip.pickup_time) or _is_shown_twice(trip.dropoff_time)
    others = (getattr(trip, column) for column in AMOUNTS if column != "fare_amount")
    found = {
        NEGATIVE_FARE: trip.fare_amount < 0,
        ZERO_FARE: trip.fare_amount == 0,
        NEGATIVE_AMOUNT: trip.fare_amount >= 0 and any(amount is not None and amount < 0 for amount in others),
        NEGATIVE_DISTANCE: trip.trip_distance < 0,
        ZERO_DISTANCE: trip.trip_distance == 0,
        DROPOFF_BEFORE_PICKUP: seconds < 0 and not twice,
        ZERO_DURATION: seconds == 0,
        LONG_TRIP: lasted > LONGEST_TRIP,
        IMPOSSIBLE_SPEED: seconds > 0 and trip.trip_distance * 3600.0 > FASTEST_MPH * seconds,
        AMBIGUOUS_HOUR: twice,
        DETAILS_MISSING: all(getattr(trip, column) is None for column in DETAILS),
    }
    for field in FIELDS:
        value = getattr(trip, field.column)
        found[f"unknown_{field.column}"] = bool(field.codes) and value is not None and value not in field.codes
    return tuple(fault for fault in FAULTS if found.get(fault))


def _is_shown_twice(moment: datetime) -> bool:
    """One to two in the night of the first Sunday of November (Energy Policy Act of 2005, section 110)."""
    return moment.month == 11 and moment.day <= 7 and moment.weekday() == 6 and moment.hour == 1


def _absent_if_blank(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip(" ") or None
    return None if isinstance(value, float) and math.isnan(value) else value


def _time(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo is None else None
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < NUMBER_LIMIT else None


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not WHOLE_RANGE[0] <= value <= WHOLE_RANGE[1] or value != math.floor(value):
        return None
    return int(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= TEXT_MAX_CHARS else None


_TIME = re.compile(TIME_PATTERN)
_NUMBER = re.compile(NUMBER_PATTERN)
_TAKEN: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.TIME: _time,
    Kind.NUMBER: _number,
    Kind.WHOLE: _whole,
    Kind.TEXT: _text,
}
"""What is taken for the column from what was sent; None when that is not of the kind."""

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  wall-clock times have no zone
_IDENTITY: Final[dict[Kind, Callable[[Any], str]]] = {
    Kind.TIME: lambda value: str((value - _EPOCH) // timedelta(microseconds=1)),
    Kind.NUMBER: lambda value: "" if value is None else str(math.floor(value * 100.0 + 0.5)),
    Kind.WHOLE: lambda value: "" if value is None else str(value),
    Kind.TEXT: lambda value: value or "",
}
