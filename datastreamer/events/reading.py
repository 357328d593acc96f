"""The reading contract of the telemetry pipeline: one JSON object, one line.

Everything that writes or judges readings (sensors, the Glue job, the audit) takes its field names, limits and
reason codes from here. ``reject_reason`` is the contract in plain Python: slow, obviously right, and the oracle that
faster implementations are tested against.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

REQUIRED_FIELDS: Final = ("event_id", "device_id", "timestamp", "temperature")
OPTIONAL_FIELDS: Final = ("humidity", "battery", "site", "firmware")
KNOWN_FIELDS: Final = REQUIRED_FIELDS + OPTIONAL_FIELDS

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

# Reason codes, in the order in which they are tested: a line gets the first that applies.
EMPTY_LINE: Final = "empty_line"
INVALID_UTF8: Final = "invalid_utf8"
INVALID_JSON: Final = "invalid_json"
NOT_AN_OBJECT: Final = "not_an_object"
REASONS: Final = (
    EMPTY_LINE,
    INVALID_UTF8,
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

_TIMESTAMP = re.compile(TIMESTAMP_PATTERN)


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
    """Why ``line`` (one line, no line end) is not a valid reading, or None when it is one.

    ``arrived`` is the time the line reached the lake (aware), against which clocks that run ahead are judged.
    ``null`` counts as missing for a required field and as absent for an optional one.
    A number too large for a double, NaN and Infinity are invalid, as RFC 8259 has no such numbers.
    """
    if not line.strip(b" \t\r"):
        return EMPTY_LINE
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return INVALID_UTF8
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return INVALID_JSON
    if not isinstance(value, dict):
        return NOT_AN_OBJECT
    return _field_reason(value, arrived)


def _field_reason(value: dict[str, Any], arrived: datetime) -> str | None:
    for name in REQUIRED_FIELDS:
        if value.get(name) is None:
            return f"missing_{name}"
    for name in ("event_id", "device_id"):
        text = value[name]
        if not isinstance(text, str) or not text.strip() or len(text) > IDENTIFIER_MAX_CHARS:
            return f"invalid_{name}"
    moment = parse_timestamp(value["timestamp"]) if isinstance(value["timestamp"], str) else None
    if moment is None:
        return "invalid_timestamp"
    for name in ("temperature", "humidity", "battery"):
        if value.get(name) is not None and not _is_finite_number(value[name]):
            return f"invalid_{name}"
    for name in ("site", "firmware"):
        text = value.get(name)
        if text is not None and (not isinstance(text, str) or len(text) > TEXT_MAX_CHARS):
            return f"invalid_{name}"
    if not EARLIEST <= moment <= arrived + FUTURE_TOLERANCE:
        return "timestamp_out_of_range"
    for name, (low, high) in (
        ("temperature", TEMPERATURE_RANGE_C),
        ("humidity", PERCENT_RANGE),
        ("battery", PERCENT_RANGE),
    ):
        if value.get(name) is not None and not low <= value[name] <= high:
            return f"{name}_out_of_range"
    return None


def _is_finite_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
