"""Columns and values of a result, as the API has them (API reference, ``ColumnInfo`` and ``Datum``)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import trino_on_duckdb as dialect

from aws_stage.engines.timestream.errors import unsupported

if TYPE_CHECKING:
    from trino_on_duckdb.types import Type

_SCALARS = {
    "varchar": "VARCHAR",
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "time": "TIME",
    "interval day to second": "INTERVAL_DAY_TO_SECOND",
    "interval year to month": "INTERVAL_YEAR_TO_MONTH",
    "unknown": "UNKNOWN",
}


def column_info(column: dialect.Column) -> dict[str, Any]:
    """A ``ColumnInfo``; raises ValidationException for a type that Timestream does not have."""
    return {"Name": column.name, "Type": _type_info(dialect.type_of(column.type))}


def _type_info(type_: Type) -> dict[str, Any]:
    match type_.kind:
        case "array":
            return {"ArrayColumnInfo": {"Type": _type_info(type_.items[0])}}
        case "timeseries":
            return {"TimeSeriesMeasureValueColumnInfo": {"Type": _type_info(type_.items[0])}}
        case "row":
            fields = zip(type_.fields, type_.items, strict=True)
            return {
                "RowColumnInfo": [
                    {**({"Name": name} if name else {}), "Type": _type_info(item)} for name, item in fields
                ]
            }
        case kind if kind in _SCALARS:
            return {"ScalarType": _SCALARS[kind]}
        case _:
            raise unsupported(f"A result of type {type_}")


def datum(value: Any, type_: Type) -> dict[str, Any]:
    """A value that DuckDB gave for a column of this type, as a ``Datum``."""
    if value is None:
        return {"NullValue": True}
    match type_.kind:
        case "array":
            return {"ArrayValue": [datum(item, type_.items[0]) for item in value]}
        case "timeseries":
            return {
                "TimeSeriesValue": [
                    {"Time": _moment(point["time"]), "Value": datum(point["value"], type_.items[0])} for point in value
                ]
            }
        case "row":
            return {"RowValue": {"Data": [datum(v, t) for v, t in zip(value.values(), type_.items, strict=True)]}}
        case "varchar":
            return {"ScalarValue": value}
        case "timestamp":
            return {"ScalarValue": _moment(value)}
        case "interval day to second":
            return {"ScalarValue": f"{dialect.render(value, str(type_))}000000"}
        case "time":
            return {"ScalarValue": str(dialect.render(value, "time(6)")).ljust(len("00:00:00.000000000"), "0")}
        case _:
            return {"ScalarValue": dialect.render(value, str(type_))}


def _moment(value: datetime) -> str:
    return f"{value.isoformat(sep=' ', timespec='microseconds')}000"
