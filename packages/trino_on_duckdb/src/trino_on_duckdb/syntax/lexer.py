"""Text to tokens, after the lexical part of Trino's grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax.tree import Place

_RESERVED = """
    ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_PATH
    CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT DROP
    ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT
    INTO IS
    JOIN LEFT LIKE LISTAGG LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT
    ROLLUP SELECT SKIP TABLE THEN TRIM TRUE UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH
"""
RESERVED = frozenset(_RESERVED.split())
"""Words that are names only in quotes (SqlBase.g4: every keyword outside nonReserved)."""

_TOKEN = re.compile(
    r"""
    (?P<space>\s+ | --[^\r\n]* | /\*.*?\*/)
  | (?P<binary>[xX]'[^']*')
  | (?P<unicode>[uU]&'[^']*(?:''[^']*)*')
  | (?P<string>'[^']*(?:''[^']*)*')
  | (?P<quoted>"[^"]*(?:""[^"]*)*")
  | (?P<double>(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d+)
  | (?P<decimal>\d+\.\d*|\.\d+)
  | (?P<integer>\d+)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<operator><>|!=|<=|>=|\|\||->|=>|/(?!\*)|[=<>+\-*%(),.:;\[\]?])
    """,
    re.VERBOSE | re.DOTALL,
)


_TIMESTREAM = re.compile(
    r"""(?P<duration>\d+(?:nanosecond|microsecond|millisecond|second|minute|hour|day|ns|us|ms|s|m|h|d)(?!\w))
  | (?P<word>measure_value::(?:double|bigint|boolean|varchar|timestamp)(?!\w))""",
    re.VERBOSE | re.IGNORECASE,
)
"""What Timestream has besides: ``5m``, and the columns of single measures."""


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is the lexer's group name or ``end``; ``text`` a word's upper case or a literal's value; ``start`` and
    ``stop`` are offsets in the text."""

    kind: str
    text: str
    raw: str
    start: int
    stop: int
    place: Place


def tokens(sql: str, *, timestream: bool = False) -> list[Token]:
    """All tokens, ended by one of kind ``end``; QueryError (SYNTAX_ERROR) where there is none."""
    found: list[Token] = []
    position, line, line_start = 0, 1, 0
    while position < len(sql):
        match = (timestream and _TIMESTREAM.match(sql, position)) or _TOKEN.match(sql, position)
        place = Place(line, position - line_start + 1)
        if match is None:
            raise _not_a_token(sql, position, place)
        kind, raw = str(match.lastgroup), match.group()
        if kind in ("integer", "decimal", "double") and _glued(sql, match.end()):
            raise QueryError(
                "SYNTAX_ERROR", f"{place}: identifiers must not start with a digit; surround it with quotes"
            )
        if kind != "space":
            found.append(Token(kind, _value(kind, raw, place), raw, position, match.end(), place))
        newlines = raw.count("\n")
        if newlines:
            line += newlines
            line_start = position + raw.rindex("\n") + 1
        position = match.end()
    found.append(Token("end", "<EOF>", "<EOF>", len(sql), len(sql), Place(line, len(sql) - line_start + 1)))
    return found


def _glued(sql: str, end: int) -> bool:
    return end < len(sql) and (sql[end].isalnum() or sql[end] == "_")


def _not_a_token(sql: str, position: int, place: Place) -> QueryError:
    character = sql[position]
    if character == "`":
        message = "backquoted identifiers are not supported; use double quotes to quote identifiers"
    elif character in "'\"" or sql.startswith("/*", position):
        message = f"mismatched input '{sql[position : position + 20]}': it is not closed"
    else:
        message = f"mismatched input '{character}'"
    return QueryError("SYNTAX_ERROR", f"{place}: {message}")


def _value(kind: str, raw: str, place: Place) -> str:
    if kind == "string":
        return raw[1:-1].replace("''", "'")
    if kind == "quoted":
        if raw == '""':
            raise QueryError("SYNTAX_ERROR", f"{place}: Zero-length delimited identifier not allowed")
        return raw[1:-1].replace('""', '"')
    if kind == "unicode":
        return raw[3:-1].replace("''", "'")
    if kind == "binary":
        return raw[2:-1]
    return raw.upper() if kind == "word" else raw
