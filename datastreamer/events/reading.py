"""The reading contract of the telemetry pipeline: one JSON object, one line.

``Reading`` is the one table of the fields. Everything that writes, validates, stores or describes readings (sensors,
the Glue job, the audit, the tables' columns, the docs) takes their names, limits and reason codes from here.
``parse_reading`` is the contract in plain Python: slow, obviously right, and the oracle that faster implementations are
tested against.

What counts as JSON says ``datastreamer.events.strict_json``. NaN, Infinity and numbers too large for a double do not
exist: in a known field the reason names the field, elsewhere it is invalid JSON. Text that is no Unicode (a lone
surrogate, written as an escape) is invalid in a known field: UTF-8 cannot hold it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from datastreamer.errors import InvalidRecordError
from datastreamer.events.strict_json import LINE_REASONS, as_json, finite_number, parse_object, unicode_text

IDENTIFIER_MAX_CHARS: Final = 128
TEXT_MAX_CHARS: Final = 256

TEMPERATURE_RANGE_C: Final = (-100.0, 200.0)
"""Wider than any air or surface sensor: -89.2 C is the coldest air ever measured (WMO), 200 C the top of a PT1000."""
PERCENT_RANGE: Final = (0.0, 100.0)

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Older timestamps come from devices whose clock was never set."""
FUTURE_TOLERANCE: Final = timedelta(hours=24)
"""How far a device's clock may run ahead of the time its reading arrived."""

TIMESTAMP_PATTERN: Final = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(\.\d{1,9})?(Z|[+-]([01]\d):?[0-5]\d)$"
)
"""ISO-8601 with an explicit offset; written by our sensors in UTC with milliseconds (2025-10-15T08:30:00.123Z)."""


class Kind(StrEnum):
    """What a field holds: how its value is validated, and which type its column has."""

    IDENTIFIER = "identifier"
    """Text of 1 to ``IDENTIFIER_MAX_CHARS`` characters that is not blank."""
    TIMESTAMP = "timestamp"
    """See ``TIMESTAMP_PATTERN``; from ``EARLIEST`` to ``FUTURE_TOLERANCE`` after arrival. One field is of this kind."""
    NUMBER = "number"
    """A finite number within the field's limits."""
    TEXT = "text"
    """Text of up to ``TEXT_MAX_CHARS`` characters, which may be empty."""


RANGED: Final = (Kind.TIMESTAMP, Kind.NUMBER)


class Rule(NamedTuple):
    """What the contract says of a field.

    ``meaning`` is for readers of the table's columns. ``limits`` of a number: the least and the greatest value.
    ``name``: the one on the wire where it is not the column's.
    """

    kind: Kind
    meaning: str
    limits: tuple[float, float] = (-math.inf, math.inf)
    name: str = ""


@dataclass(frozen=True)
class Reading:
    """A valid reading, and the table of the fields that it has: an attribute is a column, one with a rule is a field.

    A field is optional if its attribute may be None, which is what it is when the field was not sent. ``event_time``
    is aware, UTC, cut to microseconds. ``extra`` is a JSON object of the fields that the contract does not know, ASCII,
    in the order sent; None when none.
    """

    event_id: Annotated[str, Rule(Kind.IDENTIFIER, "Unique id that the device gave the reading; no two rows share one")]
    device_id: Annotated[str, Rule(Kind.IDENTIFIER, "Device that measured")]
    event_time: Annotated[datetime, Rule(Kind.TIMESTAMP, "When it measured, UTC", name="timestamp")]
    temperature: Annotated[float, Rule(Kind.NUMBER, "Degrees Celsius", TEMPERATURE_RANGE_C)]
    humidity: Annotated[float | None, Rule(Kind.NUMBER, "Relative humidity, percent", PERCENT_RANGE)]
    battery: Annotated[float | None, Rule(Kind.NUMBER, "Charge of the battery, percent", PERCENT_RANGE)]
    site: Annotated[str | None, Rule(Kind.TEXT, "Where the device stands")]
    firmware: Annotated[str | None, Rule(Kind.TEXT, "Firmware version of the device")]
    extra: str | None


class Field(NamedTuple):
    """A row of the table: a field's ``name`` on the wire, and the ``column`` that has its value; else see ``Rule``."""

    name: str
    column: str
    kind: Kind
    required: bool
    meaning: str
    limits: tuple[float, float]


def _fields() -> Iterator[Field]:
    for column, hint in get_type_hints(Reading, include_extras=True).items():
        if get_origin(hint) is Annotated:
            held, rule = get_args(hint)
            required = NoneType not in get_args(held)
            yield Field(rule.name or column, column, rule.kind, required, rule.meaning, rule.limits)


FIELDS: Final = tuple(_fields())
REQUIRED_FIELDS: Final = tuple(item.name for item in FIELDS if item.required)
OPTIONAL_FIELDS: Final = tuple(item.name for item in FIELDS if not item.required)
KNOWN_FIELDS: Final = REQUIRED_FIELDS + OPTIONAL_FIELDS

# Reason codes, in the order in which they are tested: a line gets the first that applies.
REASONS: Final = (
    *LINE_REASONS,
    *(f"missing_{name}" for name in REQUIRED_FIELDS),
    *(f"invalid_{name}" for name in KNOWN_FIELDS),
    *(f"{item.name}_out_of_range" for item in FIELDS if item.kind in RANGED),
)
TRUNCATED_LINE: Final = "truncated_line"
"""The last line of an object whose gzip stream breaks off: it cannot be known to be whole."""
CONFLICTING_EVENT_ID: Final = "conflicting_event_id"
"""A valid reading that says something else than an earlier one with its event_id: a counter that began again, say."""
CRASHED_THE_READER: Final = "crashed_the_reader"
"""A line of an object at which the process that validated it died: the line itself was not validated."""

_TIMESTAMP = re.compile(TIMESTAMP_PATTERN, re.ASCII)


def format_timestamp(moment: datetime) -> str:
    """``moment`` (aware) as the contract writes it: UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_timestamp(text: str) -> datetime | None:
    """The moment that ``text`` names in UTC, or None when it breaks the contract (for example 30 February)."""
    if not _TIMESTAMP.match(text) or text.endswith("\n"):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def reject_reason(line: bytes, arrived: datetime) -> str | None:
    """Why ``line`` is not a valid reading, or None when it is one; see ``parse_reading``."""
    try:
        parse_reading(line, arrived)
    except InvalidRecordError as error:
        return error.reason
    return None


def parse_reading(line: bytes, arrived: datetime) -> Reading:
    """The reading that ``line`` (one line, no line end) holds.

    ``arrived`` is the time the line reached the lake (aware), against which clocks that run ahead are measured.
    ``null`` counts as missing for a required field and as absent for an optional one.

    Raises InvalidRecordError with the first of ``REASONS`` that applies.
    """
    value = parse_object(line)
    for name in REQUIRED_FIELDS:
        if value.get(name) is None:
            raise InvalidRecordError(f"missing_{name}")
    values: dict[str, Any] = {}
    for name, column, taken_from in _TAKEN:
        sent = value.get(name)
        values[column] = taken = None if sent is None else taken_from(sent)
        if taken is None and sent is not None:
            raise InvalidRecordError(f"invalid_{name}")
    latest = arrived + FUTURE_TOLERANCE
    for name, column, low, high in _RANGES:
        taken = values[column]
        if taken is not None and not low <= taken <= (latest if high is None else high):
            raise InvalidRecordError(f"{name}_out_of_range")
    unknown = {name: sent for name, sent in value.items() if name not in KNOWN_FIELDS}
    return Reading(**values, extra=as_json(unknown) if unknown else None)


def _identifier(sent: Any) -> str | None:
    text = unicode_text(sent, IDENTIFIER_MAX_CHARS)
    return text if text and text.strip() else None


def _moment(sent: Any) -> datetime | None:
    return parse_timestamp(sent) if isinstance(sent, str) else None


def _text(sent: Any) -> str | None:
    return unicode_text(sent, TEXT_MAX_CHARS)


_BY_KIND: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.IDENTIFIER: _identifier,
    Kind.TIMESTAMP: _moment,
    Kind.NUMBER: finite_number,
    Kind.TEXT: _text,
}
"""What is taken for the column from what was sent; None when that is not of the kind."""
_TAKEN: Final = tuple((item.name, item.column, _BY_KIND[item.kind]) for item in FIELDS)
_RANGES: Final[tuple[tuple[str, str, Any, Any], ...]] = tuple(
    (item.name, item.column, EARLIEST, None) if item.kind is Kind.TIMESTAMP else (item.name, item.column, *item.limits)
    for item in FIELDS
    if item.kind in RANGED
)
"""Field, column, least and greatest value, None for the latest moment that a reading can have been taken."""
