"""Words, names, strings and symbols of a statement, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trino_on_duckdb.errors import QueryError

_SQL_STRING = r"'(?:[^']|'')*'"
_HIVE_STRING = r"'(?:[^'\\]|''|\\.)*'"
_PATTERN = r"""
    (?P<skip>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<open>/\*)
  | (?P<string>%s)
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<backquoted>`(?:[^`]|``)*`)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z_@][A-Za-z0-9_@$]*)
  | (?P<symbol>.)
    """
_TOKEN = {
    hive: re.compile(_PATTERN % (_HIVE_STRING if hive else _SQL_STRING), re.VERBOSE | re.DOTALL)
    for hive in (True, False)
}


@dataclass(frozen=True)
class Token:
    """One token: ``text`` as written, and where it starts and ends in the statement."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The text in capitals, to compare keywords and symbols with."""
        return self.text.upper() if self.kind in ("word", "symbol") else ""

    @property
    def value(self) -> str:
        """A name or string without its quotes."""
        inner = self.text[1:-1]
        if self.kind == "string":
            return inner.replace("''", "'")
        if self.kind == "quoted":
            return inner.replace('""', '"')
        if self.kind == "backquoted":
            return inner.replace("``", "`")
        return self.text


def tokens(sql: str, *, hive: bool = False) -> Iterator[Token]:
    """The tokens of a text, comments and white space left out; in Hive's strings a backslash escapes, in SQL's not."""
    for match in _TOKEN[hive].finditer(sql):
        kind = match.lastgroup or ""
        if kind == "open":  # searched to the end in vain: were it passed over, each one that follows would be, too
            raise QueryError(
                "SYNTAX_ERROR", f"{place(sql, match.start())}: the comment that opens here is never closed"
            )
        if kind == "symbol" and match[0] in "'\"`":
            raise QueryError("SYNTAX_ERROR", f"{place(sql, match.start())}: the quote that opens here is never closed")
        if kind != "skip":
            yield Token(kind, match[0], match.start(), match.end())


def place(sql: str, position: int) -> str:
    """``line 1:15`` for a position in the text (columns count from 1)."""
    line = sql.count("\n", 0, position) + 1
    return f"line {line}:{position - sql.rfind(chr(10), 0, position)}"
