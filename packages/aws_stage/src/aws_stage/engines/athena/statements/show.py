"""SHOW."""

from __future__ import annotations

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.statements.cursor import Cursor
from aws_stage.engines.athena.statements.tree import (
    Name,
    ShowColumns,
    ShowCreate,
    ShowDatabases,
    ShowPartitions,
    ShowTableProperties,
    ShowTables,
    Statement,
)


def read_show(cursor: Cursor) -> Statement:
    """What follows SHOW."""
    if cursor.skip("DATABASES") or cursor.skip("SCHEMAS"):
        cursor.skip("LIKE")
        return ShowDatabases(cursor.string() if cursor.token.kind == "string" else None)
    for word, views in (("TABLES", False), ("VIEWS", True)):
        if cursor.skip(word):
            database = _any_identifier(cursor) if cursor.skip("IN") or cursor.skip("FROM") else None
            cursor.skip("LIKE")
            return ShowTables(database, cursor.string() if cursor.token.kind == "string" else None, views)
    if cursor.skip("PARTITIONS"):
        return ShowPartitions(_any_name(cursor))
    if cursor.skip("COLUMNS"):
        return _columns(cursor)
    if cursor.skip("CREATE", "TABLE"):
        return ShowCreate(_any_name(cursor), view=False)
    if cursor.skip("CREATE", "VIEW"):
        return ShowCreate(_any_name(cursor), view=True)
    if cursor.skip("TBLPROPERTIES"):
        return _properties(cursor)
    if cursor.at("FUNCTIONS") or cursor.at("CATALOGS") or cursor.at("STATS") or cursor.at("SESSION"):
        raise QueryError("NOT_SUPPORTED", f"SHOW {cursor.token.upper} is not supported by the local stage")
    raise cursor.wrong("'COLUMNS', 'CREATE', 'DATABASES', 'PARTITIONS', 'SCHEMAS', 'TABLES', 'TBLPROPERTIES', 'VIEWS'")


def _columns(cursor: Cursor) -> Statement:
    if not cursor.skip("IN"):
        cursor.expect("FROM")
    table = _any_name(cursor)
    if cursor.skip("IN") or cursor.skip("FROM"):
        table = Name(table.name, _any_identifier(cursor))
    return ShowColumns(table)


def _properties(cursor: Cursor) -> Statement:
    table = _any_name(cursor)
    key = None
    if cursor.skip("("):
        key = cursor.string()
        cursor.expect(")")
    return ShowTableProperties(table, key)


def _any_name(cursor: Cursor) -> Name:
    """SHOW takes both kinds of quotes."""
    return cursor.name(hive=cursor.token.kind != "quoted")


def _any_identifier(cursor: Cursor) -> str:
    return cursor.identifier(hive=cursor.token.kind != "quoted")
