"""What DuckDB raised while it ran a translated query, as the error that Athena would give."""

from __future__ import annotations

import re

from trino_on_duckdb.errors import QueryError

_OURS = re.compile(r"QueryError: ([A-Z_0-9]+): (.*?)(?:\n\nAt:\n|\Z)", re.DOTALL)
_KINDS = (
    (r"Could not (convert|cast)|invalid .* field|field value out of range", "INVALID_CAST_ARGUMENT"),
    (r"Overflow in |out of range", "NUMERIC_VALUE_OUT_OF_RANGE"),
    (r"More than one row returned by a subquery", "SUBQUERY_MULTIPLE_ROWS"),
    (r"Map keys must be unique", "INVALID_FUNCTION_ARGUMENT"),
    (r"Map keys can not be NULL", "INVALID_FUNCTION_ARGUMENT"),
)
_CANNOT = ("Not implemented Error", "Binder Error")
"""What DuckDB says of a query that it understands and cannot run."""


def query_error(error: Exception) -> QueryError:
    """See ``dialect.query_error``."""
    if isinstance(error, QueryError):
        return error
    text = str(error)
    ours = _OURS.search(text)
    if ours is not None:
        return QueryError(ours[1], ours[2].strip())
    first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    for pattern, code in _KINDS:
        if re.search(pattern, text, re.IGNORECASE):
            return QueryError(code, first.partition(": ")[2] or first)
    kind, _, what = first.partition(": ")
    if kind in _CANNOT:
        return QueryError("NOT_SUPPORTED", f"The local Athena cannot run this query: {what}")
    return QueryError("GENERIC_INTERNAL_ERROR", first)
