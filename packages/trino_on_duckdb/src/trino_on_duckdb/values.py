"""An expression's DuckDB text with its Trino type, and the small pieces that such texts are made of."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.types import Type, duckdb_type

_SIMPLE = re.compile(r'(?:"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_]*)(?:\.(?:"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_]*))*|NULL')
_LITERAL = re.compile(r"CAST\((?:'(?:[^']|'')*'|-?\d+) AS [A-Z0-9(), ]+\)|'(?:[^']|'')*'")
_names = itertools.count()

REFUSING = ("athena_iso8601_timestamp", "athena_regexp_")
"""Functions of ``runtime`` that may refuse a value with NOT_SUPPORTED."""

SHORT = 100
"""Characters of a text that may be repeated: DuckDB evaluates equal parts once, but the text grows with every level."""


@dataclass(frozen=True)
class Value:
    """``sql`` is DuckDB's text for the expression, of the DuckDB type that holds ``type``.

    ``literal`` is the Python value where the expression is a literal, for what must be known before the query runs
    (units, patterns, zones). ``constant`` says that no column is in it, ``volatile`` that no two calls need be alike.
    """

    sql: str
    type: Type
    literal: object = None
    constant: bool = False
    volatile: bool = False

    def retyped(self, sql: str, type_: Type) -> Value:
        """Another text made of this value alone."""
        return replace(self, sql=sql, type=type_, literal=None)


def made_of(sql: str, type_: Type, parts: Iterable[Value]) -> Value:
    """A value whose text is made of these parts."""
    listed = list(parts)
    return Value(
        sql,
        type_,
        constant=all(part.constant for part in listed),
        volatile=any(part.volatile for part in listed),
    )


def quoted(text: str) -> str:
    """A string literal."""
    if "\0" in text:
        raise QueryError("NOT_SUPPORTED", "A text with a NUL character is not supported by the local Athena")
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def cast_to(sql: str, type_: Type) -> str:
    """DuckDB's own cast: right only where its rules are Trino's."""
    return f"CAST({sql} AS {duckdb_type(type_)})"


def failure(code: str, message_sql: str, type_: Type) -> str:
    """An expression that fails when it is evaluated; ``message_sql`` is the text of a VARCHAR expression."""
    return cast_to(f"athena_fail({quoted(code)}, {message_sql})", type_)


def tried(sql: str) -> str:
    """NULL where the evaluation fails, but not where it fails because this stage cannot do what Athena can."""
    if not any(name in sql for name in ("'NOT_SUPPORTED'", *REFUSING)):
        return f"TRY({sql})"
    name = fresh("y")
    checked = f"CASE WHEN athena_unrefused({name} IS NULL) THEN NULL ELSE {name} END"
    return f"list_transform([TRY({sql})], lambda {name}: {checked})[1]"


def fresh(prefix: str) -> str:
    """A name that no other part of a query has."""
    return f"_{prefix}{next(_names)}"


def is_simple(sql: str) -> bool:
    """Whether the text may be written twice: a name, a literal, or short, without Python functions or chance in it."""
    if _SIMPLE.fullmatch(sql) or _LITERAL.fullmatch(sql):
        return True
    return len(sql) <= SHORT and not any(word in sql for word in ("athena_", "random", "SELECT"))


def once(sql: str, body: Callable[[str], str]) -> str:
    """``body`` of an expression that is evaluated once, however often the body names it."""
    if is_simple(sql):
        return body(sql)
    name = fresh("v")
    return f"list_transform([{sql}], lambda {name}: {body(name)})[1]"


def once_each(sqls: list[str], body: Callable[..., str]) -> str:
    """``once`` for several expressions."""
    if not sqls:
        return body()
    return once(sqls[0], lambda first: once_each(sqls[1:], lambda *rest: body(first, *rest)))
