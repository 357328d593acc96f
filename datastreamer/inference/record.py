"""The record contract of the inference pipeline: one JSON object a Kinesis record.

    {"id": "sensor-001", "data": [25.5, 60.0, 1013.25], ...further fields, kept as sent}

Numbers keep the digits that were sent (``int`` or ``Decimal``), since a table that stores them exactly is part of the
contract. What the bytes must be is said in ``events/json_object.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from datastreamer.errors import InvalidRecordError
from datastreamer.events import json_object
from datastreamer.scoring.payload import Number

ID_MAX_BYTES: Final = 1024
"""Half of what DynamoDB allows for a partition key (2,048 bytes)."""

MISSING_ID: Final = "missing_id"
MISSING_DATA: Final = "missing_data"
INVALID_ID: Final = "invalid_id"
INVALID_DATA: Final = "invalid_data"
NOT_FINITE: Final = "data_not_finite"
REASONS: Final = (*json_object.REASONS, MISSING_ID, MISSING_DATA, INVALID_ID, INVALID_DATA, NOT_FINITE)
"""In the order in which they are tested: a record gets the first that applies."""


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
    document = json_object.parse_object(payload)
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


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
