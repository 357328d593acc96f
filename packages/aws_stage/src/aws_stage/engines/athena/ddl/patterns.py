"""The patterns of SHOW: Java regular expressions in which ``*`` also stands for any text, and ``|`` for a choice."""

from __future__ import annotations

import re

from trino_on_duckdb import QueryError


def matches(pattern: str | None, name: str) -> bool:
    """Whether a name fits a SHOW pattern; every name fits None."""
    if pattern is None:
        return True
    expression = re.sub(r"(?<![.\])])\*", ".*", pattern)
    try:
        return re.fullmatch(expression, name, re.IGNORECASE) is not None
    except re.error as error:
        raise QueryError("FAILED", f"ParseException: {pattern!r} is not a regular expression: {error}") from error
