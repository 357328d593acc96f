"""LIKE patterns and their escapes."""

from __future__ import annotations

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.values import Value, quoted


def like_pattern(pattern: Value, escape: Value | None) -> str:
    """The ESCAPE clause; QueryError where Trino would fail on the pattern.

    DuckDB takes any character after the escape, Trino only ``%``, ``_`` and the escape itself, so the pattern has to be
    known.
    """
    if escape is None:
        return ""
    if not isinstance(pattern.literal, str) or not isinstance(escape.literal, str):
        raise QueryError("NOT_SUPPORTED", "LIKE with ESCAPE takes literal texts in the local Athena")
    if len(escape.literal) != 1:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", "Escape string must be a single character")
    rest = iter(pattern.literal)
    for character in rest:
        if character == escape.literal and next(rest, "") not in ("%", "_", escape.literal):
            raise QueryError(
                "INVALID_FUNCTION_ARGUMENT",
                "Escape character must be followed by '%', '_' or the escape character itself",
            )
    return f" ESCAPE {quoted(escape.literal)}"
