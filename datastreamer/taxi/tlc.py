"""The files of yellow-taxi trips as TLC publishes them: their names, and how their columns changed over the years."""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa

from datastreamer.events.trip import FIELDS, Field, Kind
from datastreamer.taxi.month import Month

FIRST_MONTH: Final = Month(2019, 1)
"""Files before 2019 have other columns for other rules: coordinates and not zones until June 2016."""

_NAME: Final = re.compile(r"yellow_tripdata_(\d{4}-\d{2})(?:[._-].*)?\.(?:parquet|csv)", re.ASCII | re.IGNORECASE)
_WHOLE_TYPES_CHANGE: Final = Month(2023, 2)
"""From here on counts and codes are whole numbers of 32 or 64 bits, and the airport's fee is ``Airport_fee``."""
_AIRPORT_FEE_FILLED: Final = Month(2021, 1)
"""Before, ``airport_fee`` is a column of nulls, of no type at all."""
_SHORT: Final = frozenset({"vendor_id", "pickup_zone", "dropoff_zone"})
_FLOATS_BEFORE: Final = frozenset({"passenger_count", "rate_code"})


def month_of(name: str) -> Month | None:
    """The month that a file's name says (``yellow_tripdata_2025-01.parquet``); None when it says none."""
    match = _NAME.fullmatch(name)
    return Month.parse(match[1]) if match else None


def file_name(month: Month, suffix: str) -> str:
    """As TLC names a file; ``suffix`` is ``parquet`` or ``csv``."""
    return f"yellow_tripdata_{month}.{suffix}"


def columns_of(month: Month) -> tuple[Field, ...]:
    """The fields that a Parquet file of ``month`` has as columns."""
    return tuple(field for field in FIELDS if field.column != "cbd_congestion_fee" or str(month) >= field.absent_before)


def parquet_schema(month: Month) -> pa.Schema:
    """Names and types of a Parquet file of ``month``."""
    return pa.schema([(_name(field, month), _type(field, month)) for field in columns_of(month)])


def _name(field: Field, month: Month) -> str:
    return field.tlc.lower() if field.column == "airport_fee" and month < _WHOLE_TYPES_CHANGE else field.tlc


def _type(field: Field, month: Month) -> pa.DataType:
    if field.kind is Kind.TIME:
        return pa.timestamp("us")
    if field.kind is Kind.TEXT:
        return pa.string()
    if field.kind is Kind.NUMBER:
        return pa.null() if field.column == "airport_fee" and month < _AIRPORT_FEE_FILLED else pa.float64()
    if month < _WHOLE_TYPES_CHANGE:
        return pa.float64() if field.column in _FLOATS_BEFORE else pa.int64()
    return pa.int32() if field.column in _SHORT else pa.int64()
