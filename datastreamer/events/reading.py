"""The reading contract of the telemetry pipeline: one JSON object, one line.

Everything that writes or judges readings (sensors, the Glue job, the audit) takes its field names, limits and
reason codes from here. ``parse_reading`` is the contract in plain Python: slow, obviously right, and the oracle that
faster implementations are tested against.

What counts as JSON is RFC 8259, read strictly where it leaves room: a name given twice makes an object ambiguous and
so invalid, a byte order mark is not allowed, and an integer has at most 4,300 digits (CPython's own limit). NaN,
Infinity and numbers too large for a double do not exist: in a known field the reason names the field, elsewhere it is
invalid JSON. Text that is no Unicode (a lone surrogate, written as an escape) is invalid in a known field: UTF-8 cannot
hold it. A line is bounded in length, depth and names before anybody reads it as JSON: no reader of JSON, ours or an
analyst's, has to cope with more.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from datastreamer.errors import InvalidRecordError
from datastreamer.events.json_shape import TooMuch, too_much

REQUIRED_FIELDS: Final = ("event_id", "device_id", "timestamp", "temperature")
OPTIONAL_FIELDS: Final = ("humidity", "battery", "site", "firmware")
KNOWN_FIELDS: Final = REQUIRED_FIELDS + OPTIONAL_FIELDS

IDENTIFIER_MAX_CHARS: Final = 128
TEXT_MAX_CHARS: Final = 256

LINE_MAX_BYTES: Final = 1024 * 1024
"""What one Kinesis record holds unless its stream is set to take more, so that no single reading can be longer."""
MAX_DEPTH: Final = 100
"""Objects and lists open at once, the reading's own included. JSON readers use a frame of the stack for each level:
CPython's gives up near 1,000, Arrow's overflows the stack beyond 10,000. No device nests its fields like that."""
MAX_NAMES: Final = 1_000
"""Names in all objects of a line together. Whoever reads ``extra`` as columns pays for each; a device has dozens."""

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

# Reason codes, in the order in which they are tested: a line gets the first that applies.
EMPTY_LINE: Final = "empty_line"
LINE_TOO_LONG: Final = "line_too_long"
INVALID_UTF8: Final = "invalid_utf8"
NESTED_TOO_DEEP: Final = TooMuch.DEPTH.value
TOO_MANY_FIELDS: Final = TooMuch.NAMES.value
INVALID_JSON: Final = "invalid_json"
NOT_AN_OBJECT: Final = "not_an_object"
REASONS: Final = (
    EMPTY_LINE,
    LINE_TOO_LONG,
    INVALID_UTF8,
    NESTED_TOO_DEEP,
    TOO_MANY_FIELDS,
    INVALID_JSON,
    NOT_AN_OBJECT,
    *(f"missing_{name}" for name in REQUIRED_FIELDS),
    *(f"invalid_{name}" for name in KNOWN_FIELDS),
    "timestamp_out_of_range",
    "temperature_out_of_range",
    "humidity_out_of_range",
    "battery_out_of_range",
)
TRUNCATED_LINE: Final = "truncated_line"
"""The last line of an object whose gzip stream breaks off: it cannot be known to be whole."""
CONFLICTING_EVENT_ID: Final = "conflicting_event_id"
"""A valid reading that says something else than an earlier one with its event_id: a counter that began again, say."""
CRASHED_THE_READER: Final = "crashed_the_reader"
"""A line of an object at which the process that judged it died: the line itself was not judged."""

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


@dataclass(frozen=True)
class Reading:
    """A valid reading.

    ``event_time`` is aware, UTC, cut to microseconds. ``temperature`` in deg C, ``humidity`` and ``battery`` in %.
    ``extra`` is a JSON object of the fields that the contract does not know, ASCII, in the order sent; None when none.
    """

    event_id: str
    device_id: str
    event_time: datetime
    temperature: float
    humidity: float | None
    battery: float | None
    site: str | None
    firmware: str | None
    extra: str | None


def reject_reason(line: bytes, arrived: datetime) -> str | None:
    """Why ``line`` is not a valid reading, or None when it is one; see ``parse_reading``."""
    try:
        parse_reading(line, arrived)
    except InvalidRecordError as error:
        return error.reason
    return None


def parse_reading(line: bytes, arrived: datetime) -> Reading:
    """The reading that ``line`` (one line, no line end) holds.

    ``arrived`` is the time the line reached the lake (aware), against which clocks that run ahead are judged.
    ``null`` counts as missing for a required field and as absent for an optional one.

    Raises InvalidRecordError with the first of ``REASONS`` that applies.
    """
    value = _parse_object(line)
    for name in REQUIRED_FIELDS:
        if value.get(name) is None:
            raise InvalidRecordError(f"missing_{name}")
    for name in ("event_id", "device_id"):
        if not _is_text(value[name], IDENTIFIER_MAX_CHARS) or not value[name].strip():
            raise InvalidRecordError(f"invalid_{name}")
    moment = parse_timestamp(value["timestamp"]) if isinstance(value["timestamp"], str) else None
    if moment is None:
        raise InvalidRecordError("invalid_timestamp")
    for name in ("temperature", "humidity", "battery"):
        if value.get(name) is not None and not _is_finite_number(value[name]):
            raise InvalidRecordError(f"invalid_{name}")
    for name in ("site", "firmware"):
        if value.get(name) is not None and not _is_text(value[name], TEXT_MAX_CHARS):
            raise InvalidRecordError(f"invalid_{name}")
    if not EARLIEST <= moment <= arrived + FUTURE_TOLERANCE:
        raise InvalidRecordError("timestamp_out_of_range")
    for name, (low, high) in (
        ("temperature", TEMPERATURE_RANGE_C),
        ("humidity", PERCENT_RANGE),
        ("battery", PERCENT_RANGE),
    ):
        if value.get(name) is not None and not low <= value[name] <= high:
            raise InvalidRecordError(f"{name}_out_of_range")
    unknown = {name: field for name, field in value.items() if name not in KNOWN_FIELDS}
    return Reading(
        event_id=value["event_id"],
        device_id=value["device_id"],
        event_time=moment,
        temperature=float(value["temperature"]),
        humidity=_optional_float(value.get("humidity")),
        battery=_optional_float(value.get("battery")),
        site=value.get("site"),
        firmware=value.get("firmware"),
        extra=_as_json(unknown) if unknown else None,
    )


def _as_json(fields: dict[str, Any]) -> str:
    try:
        return json.dumps(fields, separators=(",", ":"), allow_nan=False)
    except ValueError as error:  # NaN, Infinity or a number too large for a double
        raise InvalidRecordError(INVALID_JSON, str(error)) from error


def _parse_object(line: bytes) -> dict[str, Any]:
    if not line.strip(b" \t\r"):
        raise InvalidRecordError(EMPTY_LINE)
    if len(line) > LINE_MAX_BYTES:
        raise InvalidRecordError(LINE_TOO_LONG, f"a line has at most {LINE_MAX_BYTES:,} bytes")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRecordError(INVALID_UTF8, str(error)) from error
    bound = too_much(line, depth=MAX_DEPTH, names=MAX_NAMES)
    if bound is not None:
        raise InvalidRecordError(bound.value, f"at most {MAX_DEPTH} levels and {MAX_NAMES:,} names")
    try:
        value = _DECODER.decode(text)
    except ValueError as error:
        raise InvalidRecordError(INVALID_JSON, str(error)) from error
    if not isinstance(value, dict):
        raise InvalidRecordError(NOT_AN_OBJECT)
    return value


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name is given twice in one object")
    return value


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique_names)


def _is_text(value: Any, max_chars: int) -> bool:
    if not isinstance(value, str) or len(value) > max_chars:
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_finite_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _optional_float(value: float | None) -> float | None:
    return None if value is None else float(value)
