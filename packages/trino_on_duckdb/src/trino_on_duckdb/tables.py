"""Which tables a statement's query reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.names import Session, TableName
from trino_on_duckdb.syntax import tree


def table_name(parts: tuple[str, ...], place: tree.Place, session: Session) -> TableName:
    """The full name; QueryError (SYNTAX_ERROR) with more than catalogue, database and table."""
    if len(parts) > 3:
        raise QueryError("SYNTAX_ERROR", f"{place}: Too many dots in table name: {'.'.join(parts)}")
    lowered = [part.lower() for part in parts]
    catalog, database, name = [session.catalog, session.database][: 3 - len(lowered)] + lowered
    return TableName(catalog, database, name)


def tables_in(statement: tree.Statement, session: Session) -> list[TableName]:
    """See ``dialect.tables_in``."""
    return list(dict.fromkeys(table_name(parts, place, session) for parts, place in _walk(statement, frozenset())))


def _walk(node: object, named: frozenset[str]) -> Iterator[tuple[tuple[str, ...], tree.Place]]:
    """Tables below a node; ``named`` are the WITH queries that hide a table of their name."""
    if isinstance(node, tree.Table):
        parts = tuple(part.value for part in node.parts)
        if len(parts) > 1 or parts[0].lower() not in named:
            yield parts, node.place
    elif isinstance(node, tree.Query):
        inner = named
        for query in node.named:
            yield from _walk(query.query, inner)
            inner |= {query.name.value.lower()}
        for part in (node.body, node.order):
            yield from _walk(part, inner)
    elif isinstance(node, tuple):
        for item in node:
            yield from _walk(item, named)
    elif is_dataclass(node):
        for field in fields(node):
            yield from _walk(getattr(node, field.name), named)
