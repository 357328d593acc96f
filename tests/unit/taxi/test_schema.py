"""The table over bronze has just the columns that one type reads in all years."""

from __future__ import annotations

import pyarrow as pa

from datastreamer.taxi.month import Month, months_from
from datastreamer.taxi.schema import RAW_COLUMNS
from datastreamer.taxi.tlc import FIRST_MONTH, parquet_schema

MONTHS = list(months_from(FIRST_MONTH, 12 * 8))


def types_of(name: str) -> set[pa.DataType]:
    """Every type that a column has had."""
    schemas = [{field.name.lower(): field.type for field in parquet_schema(month)} for month in MONTHS]
    return {schema[name] for schema in schemas if name in schema}


def readable_as(types: set[pa.DataType]) -> set[str]:
    """Athena's types that read all of ``types``: integers widen, nothing else becomes another kind."""
    kinds = {
        "bigint": pa.types.is_integer,
        "double": pa.types.is_float64,
        "string": pa.types.is_string,
        "timestamp": pa.types.is_timestamp,
    }
    return {name for name, check in kinds.items() if all(map(check, types))}


def test_the_table_over_bronze_has_every_column_that_one_type_reads_in_all_years_and_no_other() -> None:
    names = {field.name.lower() for month in MONTHS for field in parquet_schema(month)}
    expected = {name: readable_as(types_of(name)) for name in names}
    assert {column.name: {column.type} for column in RAW_COLUMNS} == {
        name: types for name, types in expected.items() if types
    }
    assert {name for name, types in expected.items() if not types} == {"passenger_count", "ratecodeid", "airport_fee"}


def test_a_column_of_no_type_is_read_as_none() -> None:
    assert pa.null() in types_of("airport_fee")
    assert parquet_schema(Month(2020, 1)).field("airport_fee").type == pa.null()
