"""The grammar of statements, and the way in: ``parse``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.syntax.queries import QueryGrammar

_PIECE = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|--[^\r\n]*|/\*.*?(?:\*/|\Z)|;|.", re.DOTALL)
"""A comment that never closes is one piece: searched for its end once, and refused by the lexer."""
_COMMENT = re.compile(r"\s+|--[^\r\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_READ_HERE = re.compile(
    r"(\(|SELECT\b|WITH\b|VALUES\b|TABLE\b|INSERT\b|UNLOAD\b|EXPLAIN\b|CREATE\s+TABLE\b|CREATE\s+(OR\s+REPLACE\s+)?VIEW\b)",
    re.IGNORECASE,
)


class StatementGrammar(QueryGrammar):
    """The statements of SqlBase.g4 that hold a query, and Athena's UNLOAD."""

    def statement(self) -> tree.Statement:
        if self.at("CREATE"):
            return self._create()
        if self.at("INSERT"):
            return self._insert()
        if self.at("UNLOAD"):
            return self._unload()
        if self.at("EXPLAIN"):
            return self._explain()
        return self.query()

    def _create(self) -> tree.Statement:
        place = self.place
        self.expect("CREATE")
        replace = self.take("OR", "REPLACE")
        if replace or self.at("VIEW"):
            self.expect("VIEW")
            name = self._dotted()
            self.expect("AS")
            return tree.CreateView(name, self.query(), replace, place=place)
        self.expect("TABLE")
        if_not_exists = self.take("IF", "NOT", "EXISTS")
        name = self._dotted()
        columns = tuple(column.value for column in self.names()) if self.at("(") else ()
        comment = self.string() if self.take("COMMENT") else None
        properties = self._properties() if self.take("WITH") else {}
        self.expect("AS")
        query = self.either(self._parenthesized_query, self.query) if self.at("(") else self.query()
        with_data = True
        if self.take("WITH"):
            with_data = not self.take("NO")
            self.expect("DATA")
        return tree.CreateTableAs(name, query, if_not_exists, with_data, comment, columns, properties, place=place)

    def _insert(self) -> tree.Statement:
        place = self.place
        self.expect("INSERT", "INTO")
        name = self._dotted()
        columns: tuple[str, ...] = ()
        if self.at("(") and not self.at_query():
            columns = tuple(column.value for column in self.names())
        return tree.Insert(name, self.query(), columns, place=place)

    def _unload(self) -> tree.Statement:
        place = self.place
        self.expect("UNLOAD")
        query = self._parenthesized_query()
        self.expect("TO")
        location = self.string()
        return tree.Unload(query, location, self._properties() if self.take("WITH") else {}, place=place)

    def _explain(self) -> tree.Statement:
        place = self.place
        self.expect("EXPLAIN")
        analyze = self.take("ANALYZE")
        options: dict[str, str] = {}
        if self.at("(") and self.ahead(1).text in ("FORMAT", "TYPE"):
            self.expect("(")
            options = dict(self.comma_separated(lambda: (self.name().value.lower(), self.name().value.upper())))
            self.expect(")")
        return tree.Explain(self.statement(), analyze, options, place=place)

    def _dotted(self) -> tuple[str, ...]:
        return tuple(part.value for part in self.qualified_name())

    def _properties(self) -> dict[str, object]:
        self.expect("(")
        found = dict(self.comma_separated(self._property))
        self.expect(")")
        return found

    def _property(self) -> tuple[str, object]:
        name = self.name().value.lower()
        self.expect("=")
        place = self.place
        return name, _constant(self.expression(), place)


def _constant(expression: tree.Expression, place: tree.Place) -> object:
    match expression:
        case tree.String(value=value) | tree.Integer(value=value) | tree.Boolean(value=value):
            return value
        case tree.Decimal(text=text) | tree.Double(text=text):
            return float(text)
        case tree.Null():
            return None
        case tree.ArrayOf(items=items):
            return [_constant(item, place) for item in items]
        case _:
            raise QueryError("NOT_SUPPORTED", f"{place}: a property must be a constant here")


def parse(
    sql: str, parameters: Sequence[str] = (), grammar: type[StatementGrammar] = StatementGrammar
) -> list[tree.Statement]:
    """See ``dialect.parse``."""
    try:
        values = [_parameter(text) for text in parameters]
        found: list[tree.Statement] = []
        for blank, text in _split(sql):
            found.append(_statement(blank + text, text, values, grammar))
    except RecursionError as error:
        raise QueryError("NOT_SUPPORTED", "The query is nested too deeply for the local Athena") from error
    if not found:
        raise QueryError("SYNTAX_ERROR", "line 1:1: mismatched input '<EOF>'. Expecting: <statement>")
    return found


def _split(sql: str) -> list[tuple[str, str]]:
    """Each statement's text, with the blank lines and columns that keep its places those of the whole text."""
    found, start = [], 0
    for match in [*_PIECE.finditer(sql), None]:
        if match is not None and match.group() != ";":
            continue
        stop = len(sql) if match is None else match.start()
        text = sql[start:stop]
        if _COMMENT.sub("", text):
            before = sql[:start]
            found.append(("\n" * before.count("\n") + " " * (start - before.rfind("\n") - 1), text))
        start = stop + 1
    return found


def _statement(
    placed: str, text: str, parameters: Sequence[tree.Expression], grammar: type[StatementGrammar]
) -> tree.Statement:
    bare, place = text[_after_comments(text) :], _first_place(placed)
    if not _READ_HERE.match(bare):
        return tree.Other(bare.strip(), place=place)
    if re.match(r"CREATE\s+TABLE\b", bare, re.IGNORECASE) and not re.search(
        r"\bAS[\s(]*(SELECT|WITH|VALUES|TABLE)\b", bare, re.IGNORECASE
    ):
        return tree.Other(bare.strip(), place=place)
    reader = grammar(placed, parameters)
    found = reader.statement()
    reader.end()
    if reader.parameters_used != len(parameters):
        raise QueryError(
            "INVALID_PARAMETER_USAGE",
            f"line 1:1: Incorrect number of parameters: expected {reader.parameters_used} but found {len(parameters)}",
        )
    return found


def _after_comments(text: str) -> int:
    """The position after the blanks and comments that a text begins with."""
    position = 0
    while position < len(text) and (comment := _COMMENT.match(text, position)) is not None:
        position = comment.end()
    return position


def _first_place(placed: str) -> tree.Place:
    """Where the first word of a statement stands."""
    position = _after_comments(placed)
    before = placed[:position]
    return tree.Place(before.count("\n") + 1, position - before.rfind("\n"))


def _parameter(text: str) -> tree.Expression:
    grammar = StatementGrammar(text)
    found = grammar.expression()
    grammar.end()
    return found
