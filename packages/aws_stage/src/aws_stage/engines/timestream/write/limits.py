"""Timestream's limits of a write (developer guide, "Quotas", "Naming constraints" and "System identifiers")."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

FUTURE = timedelta(minutes=15)
"""How far ahead of the clock a record may be."""

MOST_DIMENSIONS = 128
MOST_MEASURES = 8192
MOST_ATTRIBUTES = 1024
"""Of a table."""

MOST_VALUES = 256
"""Of a multi-measure record."""

LONGEST_DIMENSION = 60
LONGEST_MEASURE = 256
LONGEST_VALUE = 2048
LARGEST_SERIES = 2048
LARGEST_RECORD = 2048
"""Bytes: of a dimension's name, a measure's or an attribute's name, a value, the names and values of a record's
dimensions, and a record."""

RESERVED = frozenset({"time", "measure_name", "measure_value"})
RESERVED_STARTS = ("ts_", "measure_value")


@lru_cache(maxsize=10_000)
def name_problem(what: str, name: str, longest: int) -> str | None:
    """Why a name is not one of a dimension or a measure, or None when it is."""
    if not name:
        return f"The {what} must have a name."
    if len(name.encode()) > longest:
        return f"The {what} name has more than {longest} bytes: {name}"
    if name in RESERVED or name.startswith(RESERVED_STARTS) or ":" in name:
        return f"The {what} name is reserved, begins with ts_ or measure_value, or contains a colon: {name}"
    return None
