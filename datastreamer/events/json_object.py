"""A record that is one JSON object, read strictly: what every contract of such records asks of the bytes first.

What counts as JSON is RFC 8259, read strictly where it leaves room: a name given twice makes an object ambiguous and so
invalid, a byte order mark is not allowed, and text that is no Unicode (a lone surrogate, written as an escape) is
invalid, since UTF-8 cannot hold it.
"""

from __future__ import annotations

import codecs
import functools
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from datastreamer.errors import InvalidRecordError
from datastreamer.events.aggregation import AGGREGATED, AGGREGATION_MAGIC
from datastreamer.events.json_shape import TooMuch, too_much, unique_names

MAX_DEPTH: Final = 32
"""Objects and lists open at once, the record's own included: DynamoDB nests attributes no deeper. Looked at before the
record is read as JSON, since readers use a frame of the stack for each level."""

EMPTY: Final = "empty_record"
INVALID_UTF8: Final = "invalid_utf8"
TOO_DEEP: Final = TooMuch.DEPTH.value
SEVERAL_VALUES: Final = "several_values"
INVALID_JSON: Final = "invalid_json"
NOT_AN_OBJECT: Final = "not_an_object"
REASONS: Final = (AGGREGATED, EMPTY, INVALID_UTF8, TOO_DEEP, SEVERAL_VALUES, INVALID_JSON, NOT_AN_OBJECT)
"""Why a record is none of these, in the order in which it is tested: it gets the first that applies."""

_MARKS: Final = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""RFC 8259, section 8.1, allows none. UTF-32's of one byte order begins as UTF-16's does."""


def parse_object(payload: bytes, *, fraction: Callable[[str], Any] = Decimal) -> dict[str, Any]:
    """The object that the payload of one Kinesis record is.

    Whole numbers are ``int``, and ``fraction`` makes the others: Decimal keeps each digit as it was sent. Raises
    InvalidRecordError with the first of ``REASONS`` that applies.
    """
    if payload.startswith(AGGREGATION_MAGIC):
        raise InvalidRecordError(AGGREGATED, "send one JSON object a Kinesis record, without KPL aggregation")
    if not payload.strip(b" \t\r\n"):
        raise InvalidRecordError(EMPTY)
    for mark, encoding in _MARKS.items():
        if payload.startswith(mark):
            reason = INVALID_JSON if encoding == "UTF-8" else INVALID_UTF8
            raise InvalidRecordError(reason, f"it begins with a byte order mark of {encoding}; send UTF-8 without one")
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRecordError(INVALID_UTF8, str(error)) from error
    if too_much(payload, depth=MAX_DEPTH):
        raise InvalidRecordError(TOO_DEEP, f"a record has at most {MAX_DEPTH} levels of objects and lists")
    try:
        value = _decoder(fraction).decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            detail = "more than one JSON value; send one JSON object a Kinesis record"
            raise InvalidRecordError(SEVERAL_VALUES, detail) from error
        raise InvalidRecordError(INVALID_JSON, str(error)) from error
    except (ValueError, InvalidOperation) as error:
        raise InvalidRecordError(INVALID_JSON, str(error)) from error
    if not isinstance(value, dict):
        raise InvalidRecordError(NOT_AN_OBJECT, "send one JSON object a Kinesis record")
    return value


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


@functools.cache
def _decoder(fraction: Callable[[str], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(parse_float=fraction, parse_constant=_not_json, object_pairs_hook=unique_names)
