"""Walking over the tokens of a statement."""

from __future__ import annotations

import re

from trino_on_duckdb import QueryError, hive_to_athena

from aws_stage.engines.athena.statements.lexer import Token, place, tokens
from aws_stage.engines.athena.statements.tree import ColumnDefinition, Name

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|[0-7]{3}|.)|''", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a"}


class Cursor:
    """The tokens of a text and where we are in them. Every method that cannot go on raises QueryError SYNTAX_ERROR."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = list(tokens(sql, hive=True))
        while self._tokens and self._tokens[-1].text == ";":
            self._tokens.pop()
        self._index = 0

    @property
    def token(self) -> Token:
        """The next token; an empty one at the end."""
        if self._index < len(self._tokens):
            return self._tokens[self._index]
        end = self._tokens[-1].end if self._tokens else 0
        return Token("end", "", end, end)

    def wrong(self, expected: str) -> QueryError:
        """The error of a token that does not fit."""
        found = f"'{self.token.text}'" if self.token.text else "'<EOF>'"
        position = place(self.sql, self.token.start)
        return QueryError("SYNTAX_ERROR", f"{position}: mismatched input {found}. Expecting: {expected}")

    def next(self) -> Token:
        """Take the next token."""
        token = self.token
        self._index += 1
        return token

    def at(self, *words: str) -> bool:
        """Whether these keywords or symbols come next."""
        ahead = self._tokens[self._index : self._index + len(words)]
        return len(ahead) == len(words) and all(token.upper == word for token, word in zip(ahead, words, strict=True))

    def skip(self, *words: str) -> bool:
        """Take these keywords or symbols if they come next."""
        if self.at(*words):
            self._index += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Take these keywords or symbols."""
        for word in words:
            if not self.skip(word):
                raise self.wrong(f"'{word}'")

    def end(self) -> None:
        """Nothing may follow."""
        if self.token.kind != "end":
            raise self.wrong("<EOF>")

    def identifier(self, *, hive: bool = True) -> str:
        """A name: in Hive's statements quoted with backquotes, in Trino's with double quotes."""
        token = self.token
        if token.kind == "quoted" and hive:
            raise QueryError(
                "SYNTAX_ERROR",
                f"{place(self.sql, token.start)}: quote names with backquotes in DDL: `{token.value}`",
            )
        if token.kind == "backquoted" and not hive:
            raise QueryError(
                "SYNTAX_ERROR",
                f"{place(self.sql, token.start)}: backquoted identifiers are not supported; use double quotes to quote "
                "identifiers",
            )
        if token.kind not in ("word", "quoted", "backquoted"):
            raise self.wrong("<identifier>")
        return self.next().value.lower()

    def name(self, *, hive: bool = True) -> Name:
        """A name with up to two qualifiers."""
        parts = [self.identifier(hive=hive)]
        while self.skip("."):
            parts.append(self.identifier(hive=hive))
        if len(parts) == 1 and "." in parts[0] and hive:
            parts = parts[0].split(".")
        if len(parts) > 3:
            raise self.wrong("a name of at most three parts")
        return Name(*reversed(parts))

    def string(self) -> str:
        """A string in Hive's notation, its escapes resolved."""
        if self.token.kind not in ("string", "quoted"):
            raise self.wrong("<string>")
        return _ESCAPE.sub(_unescape, self.next().text[1:-1])

    def properties(self) -> dict[str, str]:
        """``('name'='value', …)``."""
        self.expect("(")
        found: dict[str, str] = {}
        while True:
            key = self.string()
            self.expect("=")
            found[key] = self.string()
            if not self.skip(","):
                break
        self.expect(")")
        return found

    def partition_spec(self) -> dict[str, str]:
        """``(key='value', …)``; a value may be a string or a number."""
        self.expect("(")
        found: dict[str, str] = {}
        while True:
            key = self.identifier()
            self.expect("=")
            found[key] = self._partition_value()
            if not self.skip(","):
                break
        self.expect(")")
        return found

    def columns(self) -> tuple[ColumnDefinition, ...]:
        """``(name type [COMMENT 'text'], …)``."""
        self.expect("(")
        found: list[ColumnDefinition] = []
        while True:
            name = self.identifier()
            kind = self._type()
            comment = self.string() if self.skip("COMMENT") else None
            if any(known.name == name for known in found):
                raise QueryError("FAILED", f"SemanticException [Error 10036]: Duplicate column name: {name}")
            found.append(ColumnDefinition(name, kind, comment))
            if not self.skip(","):
                break
        self.expect(")")
        return tuple(found)

    def rest(self) -> str:
        """The text from here to the end."""
        if self.token.kind == "end":
            raise self.wrong("<statement>")
        start, stop = self.token.start, self._tokens[-1].end
        self._index = len(self._tokens)
        return self.sql[start:stop]

    def until(self, symbol: str) -> str:
        """The text up to a symbol that is outside all parentheses, or to the end."""
        start, stop, depth = self.token.start, self.token.start, 0
        while self.token.kind != "end" and not (depth == 0 and self.at(symbol)):
            token = self.next()
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0) if token.kind == "symbol" else 0
            stop = token.end
        if stop == start:
            raise self.wrong("<expression>")
        return self.sql[start:stop]

    def _partition_value(self) -> str:
        if self.token.kind in ("string", "quoted"):
            return self.string()
        sign = "-" if self.skip("-") else ""
        if self.token.kind != "number":
            raise self.wrong("<string>, <number>")
        return sign + self.next().text

    def _type(self) -> str:
        start, depth = self.token, 0
        text = ""
        while self.token.kind != "end":
            token = self.token
            if depth == 0 and (token.text in (",", ")") or (text and token.upper == "COMMENT")):
                break
            depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(token.text, 0)
            text += self.next().value.lower()
        if not text:
            raise self.wrong("<type>")
        try:
            hive_to_athena(text)
        except QueryError as error:
            raise QueryError("SYNTAX_ERROR", f"{place(self.sql, start.start)}: {error.message}") from error
        return "int" if text == "integer" else text


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    if escape is None:
        return "'"
    if len(escape) == 5:
        return chr(int(escape[1:], 16))
    if len(escape) == 3:
        return chr(int(escape, 8))
    return _ESCAPED.get(escape, escape)
