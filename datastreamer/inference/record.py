"""The record contract of the inference pipeline: one JSON object a Kinesis record.

    {"id": "sensor-001", "data": [25.5, 60.0, 1013.25], ...further fields, kept as sent}

Numbers keep the digits that were sent (``int`` or ``Decimal``), since a table that stores them exactly is part of the
contract. What counts as JSON is RFC 8259, read strictly where it leaves room: a name given twice makes an object
ambiguous and so invalid, a byte order mark is not allowed, and text that is no Unicode (a lone surrogate, written as
an escape) is invalid, since UTF-8 cannot hold it.
"""

from __future__ import annotations

import codecs
import json
import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from datastreamer.errors import InvalidRecordError
from datastreamer.events.aggregation import AGGREGATED, AGGREGATION_MAGIC
from datastreamer.events.json_shape import TooMuch, too_much
from datastreamer.scoring.payload import Number

ID_MAX_BYTES: Final = 1024
"""Half of what DynamoDB allows for a partition key (2,048 bytes)."""

MAX_DEPTH: Final = 32
"""Objects and lists open at once, the record's own included: DynamoDB nests attributes no deeper. Looked at before the
record is read as JSON, since readers use a frame of the stack for each level."""

# Reason codes, in the order in which they are tested: a record gets the first that applies.
EMPTY: Final = "empty_record"
INVALID_UTF8: Final = "invalid_utf8"
TOO_DEEP: Final = TooMuch.DEPTH.value
SEVERAL_VALUES: Final = "several_values"
INVALID_JSON: Final = "invalid_json"
NOT_AN_OBJECT: Final = "not_an_object"
MISSING_ID: Final = "missing_id"
MISSING_DATA: Final = "missing_data"
INVALID_ID: Final = "invalid_id"
INVALID_DATA: Final = "invalid_data"
NOT_FINITE: Final = "data_not_finite"
REASONS: Final = (
    AGGREGATED,
    EMPTY,
    INVALID_UTF8,
    TOO_DEEP,
    SEVERAL_VALUES,
    INVALID_JSON,
    NOT_AN_OBJECT,
    MISSING_ID,
    MISSING_DATA,
    INVALID_ID,
    INVALID_DATA,
    NOT_FINITE,
)


@dataclass(frozen=True, slots=True)
class Record:
    """A valid record. ``data`` are the model's features in its order; ``document`` is the whole object as sent."""

    id: str
    data: tuple[Number, ...]
    document: dict[str, Any]


def parse_record(payload: bytes) -> Record:
    """The record that the payload of one Kinesis record holds.

    ``null`` counts as missing. Raises InvalidRecordError with the first of ``REASONS`` that applies.
    """
    document = _parse_object(payload)
    for name, reason in (("id", MISSING_ID), ("data", MISSING_DATA)):
        if document.get(name) is None:
            raise InvalidRecordError(reason, f"the object has no {name!r}")
    identifier, data = document["id"], document["data"]
    if not isinstance(identifier, str) or not identifier or len(identifier.encode()) > ID_MAX_BYTES:
        raise InvalidRecordError(INVALID_ID, f"id must be a string of 1 to {ID_MAX_BYTES:,} bytes")
    if not isinstance(data, list) or not data:
        raise InvalidRecordError(INVALID_DATA, "data must be a list of at least one number")
    for place, value in enumerate(data):
        if type(value) not in {int, Decimal}:
            raise InvalidRecordError(INVALID_DATA, f"data[{place}] is not a number")
        if not _is_finite(value):
            raise InvalidRecordError(NOT_FINITE, f"data[{place}] is too large for a number of double precision")
    return Record(id=identifier, data=tuple(data), document=document)


_MARKS: Final = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""RFC 8259, section 8.1, allows none. UTF-32's of one byte order begins as UTF-16's does."""


def _parse_object(payload: bytes) -> dict[str, Any]:
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
        value = _DECODER.decode(text)
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


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name is given twice in one object")
    return value


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


_DECODER: Final = json.JSONDecoder(parse_float=Decimal, parse_constant=_not_json, object_pairs_hook=_unique_names)


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
