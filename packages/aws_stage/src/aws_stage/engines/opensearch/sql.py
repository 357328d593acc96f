"""Names and values in SQL, quoted: the one place where text becomes SQL."""

from __future__ import annotations

import math
import re

_UPPER = re.compile(r"[A-Z^]")


def name(text: str) -> str:
    """A table or a column."""
    return '"' + text.replace('"', '""') + '"'


def column(path: str) -> str:
    """The column of a field. DuckDB does not tell upper case from lower, and has names of its own (``rowid``)."""
    return "f:" + _UPPER.sub(lambda found: "^" + found[0].lower(), path)


def literal(value: str | float | bool | None) -> str:
    """A value; numbers keep their type, and a float is a DOUBLE."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value) if value >= 0 else f"({value})"
    if isinstance(value, float):
        return f"CAST('{value!r}' AS DOUBLE)" if math.isfinite(value) else f"CAST('{value}' AS DOUBLE)"
    parts = ("'" + part.replace("'", "''") + "'" for part in value.split("\0"))
    return "(" + " || chr(0) || ".join(parts) + ")"  # no text of a statement may hold a zero byte
