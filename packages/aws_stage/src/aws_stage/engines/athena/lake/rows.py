"""Rows as lines of JSON or delimited text, as Athena writes them."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from trino_on_duckdb import Column, QueryError, athena_type, render

_NESTED = ("array", "map", "row")


class RowWriter:
    """Writes rows of these columns; ``delimiter`` and ``null`` are for TEXTFILE."""

    def __init__(self, columns: Sequence[Column], form: str, delimiter: str, null: str) -> None:
        self._columns = columns
        self._delimiter = delimiter
        self._null = null
        self._json = form == "JSON"
        for column in columns:
            if not self._json and athena_type(column.type) in _NESTED:
                raise QueryError(
                    "NOT_SUPPORTED", f"column {column.name}: the local stage writes no {column.type} into a TEXTFILE"
                )

    def line(self, row: Sequence[Any]) -> bytes:
        """One line with its end."""
        if self._json:
            values = {column.name: _plain(value) for column, value in zip(self._columns, row, strict=True)}
            return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)
        texts = (self._text(value, column.type) for column, value in zip(self._columns, row, strict=True))
        return self._delimiter.join(texts).encode() + b"\n"

    def _text(self, value: Any, kind: str) -> str:
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        text = render(value, kind)
        return self._null if text is None else text


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
        case date():
            return value.isoformat()
        case Decimal():
            return orjson.Fragment(format(value, "f"))
        case float() if not math.isfinite(value):
            return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {str(_plain(key)): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    return value
