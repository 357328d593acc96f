"""What DuckDB raised, as the failure that Athena would show."""

from __future__ import annotations

import re
from urllib.parse import unquote

import duckdb
from trino_on_duckdb import QueryError, query_error

from aws_stage.engines.athena.lake.filesystem import PROTOCOL

_OUR_NAME = re.compile(rf"{PROTOCOL}://[^'\"\s]*__path=([^/'\"\s]+)/part")
_OWN = re.compile(r"\b(HIVE_[A-Z_]+|NOT_SUPPORTED|INVALID_TABLE_PROPERTY): (.*)", re.DOTALL)
OUT_OF_MEMORY = "EXCEEDED_LOCAL_MEMORY_LIMIT: Query exhausted resources at this scale factor"
TOO_DEEP = "STACK_OVERFLOW: statement is too large (stack overflow during analysis)"
"""As Trino says it of a statement, or of a value in it, that is nested too deeply."""
_NOT_PARQUET = ("No magic bytes found", "too small to be a Parquet file", "Footer length error", "Invalid footer")


def reason(error: duckdb.Error) -> str:
    """The StateChangeReason of a query that DuckDB could not finish."""
    text = _OUR_NAME.sub(lambda match: unquote(match[1]), str(error))
    own = _OWN.search(text)
    if own is not None:
        return f"{own[1]}: {_first_paragraph(own[2])}"
    if any(phrase in text for phrase in _NOT_PARQUET):
        return f"HIVE_BAD_DATA: Not valid Parquet file: {_first_paragraph(text)}"
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"{OUT_OF_MEMORY}: {_first_paragraph(text)}"
    known: QueryError = query_error(error)
    return _OUR_NAME.sub(lambda match: unquote(match[1]), str(known))


def _first_paragraph(text: str) -> str:
    """Without the advice and the Python traceback that DuckDB adds below."""
    return text.partition("\n\n")[0].strip()
