"""A function of our own for JSON that DuckDB does not read: a line with more than one object."""

from __future__ import annotations

import json
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling

FIRST_OBJECT = "stage_first_json_object"


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the function ``FIRST_OBJECT``."""
    parameters: Any = ["VARCHAR"]
    result: Any = "VARCHAR"
    connection.create_function(
        FIRST_OBJECT, first_object, parameters, result, null_handling=FunctionNullHandling.SPECIAL
    )


def first_object(line: str | None) -> str | None:
    """The text of the JSON object that a line begins with, None where it begins with none; OpenX ignores the rest."""
    text = (line or "").lstrip()
    if not text.startswith("{"):
        return None
    try:
        _, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return text[:end]


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len({name.lower() for name in found}) < len(pairs):
        raise ValueError("a key stands twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_members)
