"""ColumnInfo: a result's columns as GetQueryResults describes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from trino_on_duckdb import Column, QueryError, athena_type

from aws_stage.storage.store import Document

_PRECISIONS = {
    "boolean": 0,
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "float": 17,
    "real": 17,
    "double": 17,
    "varchar": 2147483647,
    "varbinary": 1073741824,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "time": 3,
}
"""Precision of each type as Athena gives it; types that are not here have 0."""
_TIMESTAMPS = re.compile(r"\btimestamp\((\d+)\)(?! with time zone)")
_PARAMETERS = re.compile(r"\((\d+)(?:,\s*(\d+))?\)")


def column_info(column: Column) -> Document:
    """The ColumnInfo of a query's column."""
    name = athena_type(column.type)
    precision, scale = _PRECISIONS.get(name, 0), 0
    match = _PARAMETERS.search(column.type) if name in ("decimal", "varchar", "char") else None
    if match:
        precision, scale = int(match[1]), int(match[2] or 0)
    return _info(column.name, name, precision, scale, case_sensitive=name in ("varchar", "char"))


def check_precisions(columns: Iterable[Column]) -> None:
    """Raise QueryError NOT_SUPPORTED for a timestamp that CTAS and UNLOAD cannot write: Athena writes milliseconds.

    The check is Trino's (``hive.timestamp-precision``), which takes neither more digits nor fewer.
    """
    for column in columns:
        for precision in _TIMESTAMPS.findall(column.type):
            if precision != "3":
                raise QueryError(
                    "NOT_SUPPORTED",
                    f"Incorrect timestamp precision for timestamp({precision}); the configured precision is "
                    f"MILLISECONDS; column name: {column.name}",
                )


def text_column(name: str) -> Document:
    """The ColumnInfo of a column of a SHOW or DESCRIBE answer."""
    return _info(name, "string", 0, 0, case_sensitive=False)


def _info(name: str, kind: str, precision: int, scale: int, *, case_sensitive: bool) -> Document:
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": case_sensitive,
    }
