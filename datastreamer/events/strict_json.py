"""A line of JSON, read strictly: what every contract of one object a line has in common.

What counts as JSON is RFC 8259, read strictly where it leaves room: a name given twice makes an object ambiguous and
so invalid, a byte order mark is not allowed, and an integer has at most 4,300 digits (CPython's own limit). A line is
bounded in length, depth and names before anybody reads it as JSON: no reader of JSON, ours or an analyst's, has to
cope with more.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

from datastreamer.errors import InvalidRecordError
from datastreamer.events.aggregation import AGGREGATED, AGGREGATION_MAGIC
from datastreamer.events.json_shape import TooMuch, too_much, unique_names

LINE_MAX_BYTES: Final = 1024 * 1024
"""What one Kinesis record holds unless its stream is set to take more, so that no single line can be longer."""
MAX_DEPTH: Final = 100
"""Objects and lists open at once, the line's own included. JSON readers use a frame of the stack for each level:
CPython's gives up near 1,000, Arrow's overflows the stack beyond 10,000. No device nests its fields like that."""
MAX_NAMES: Final = 1_000
"""Names in all objects of a line together. Whoever reads ``extra`` as columns pays for each; a device has dozens."""

# Reason codes, in the order in which they are tested: a line gets the first that applies.
EMPTY_LINE: Final = "empty_line"
LINE_TOO_LONG: Final = "line_too_long"
INVALID_UTF8: Final = "invalid_utf8"
NESTED_TOO_DEEP: Final = TooMuch.DEPTH.value
TOO_MANY_FIELDS: Final = TooMuch.NAMES.value
INVALID_JSON: Final = "invalid_json"
NOT_AN_OBJECT: Final = "not_an_object"
LINE_REASONS: Final = (
    EMPTY_LINE,
    LINE_TOO_LONG,
    AGGREGATED,
    INVALID_UTF8,
    NESTED_TOO_DEEP,
    TOO_MANY_FIELDS,
    INVALID_JSON,
    NOT_AN_OBJECT,
)


def parse_object(line: bytes) -> dict[str, Any]:
    """The object that ``line`` (one line, no line end) holds; NaN and Infinity are left in it, for ``finite_number``
    and ``as_json`` to refuse where they stand.

    Raises InvalidRecordError with the first of ``LINE_REASONS`` that applies.
    """
    if not line.strip(b" \t\r"):
        raise InvalidRecordError(EMPTY_LINE)
    if len(line) > LINE_MAX_BYTES:
        raise InvalidRecordError(LINE_TOO_LONG, f"a line has at most {LINE_MAX_BYTES:,} bytes")
    if line.startswith(AGGREGATION_MAGIC):
        raise InvalidRecordError(AGGREGATED, "switch the producer's KPL aggregation off, or take the record apart")
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


def as_json(fields: dict[str, Any]) -> str:
    """``fields`` that a contract does not know, as it keeps them: ASCII, in the order sent.

    Raises InvalidRecordError (``invalid_json``) for NaN, Infinity or a number too large for a double.
    """
    try:
        return json.dumps(fields, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise InvalidRecordError(INVALID_JSON, str(error)) from error


def finite_number(sent: Any) -> float | None:
    """``sent`` as a double; None when it is not a number or not a finite one."""
    if isinstance(sent, bool) or not isinstance(sent, int | float):
        return None
    try:
        number = float(sent)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def unicode_text(sent: Any, max_chars: int) -> str | None:
    """``sent`` as text that UTF-8 can hold (no lone surrogate) of at most so many characters; else None."""
    if not isinstance(sent, str) or len(sent) > max_chars:
        return None
    try:
        sent.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return sent


_DECODER: Final = json.JSONDecoder(object_pairs_hook=unique_names)
