"""Athena's SQL (Trino's, engine version 3) on DuckDB, by an allow-list.

A query is read, resolved and typed as Trino does, then written in DuckDB's SQL with every difference spelled out. What
is not on the lists is refused, so that an answer is Athena's answer or none. The order of use is::

    prepare(connection)                      # once per connection, before its configuration is locked
    [statement] = parse(sql)
    tables = tables_in(statement, session)
    keep = partition_predicate(statement, table, partition_columns, session)
    query = translate(statement, {table: Relation(...)}, session)
    rows = connection.execute(query.sql).fetchall()
    text = [render(value, column.type) for value, column in zip(row, query.columns)]

Nothing heavy is imported before the first call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.names import Column, Relation, Session, TableName, Translation

if TYPE_CHECKING:
    import duckdb

    from trino_on_duckdb.partitions import PartitionPredicate
    from trino_on_duckdb.syntax.tree import Other, Query, Statement
    from trino_on_duckdb.types import Type

__all__ = [
    "Column",
    "QueryError",
    "Relation",
    "Session",
    "TableName",
    "Translation",
    "athena_type",
    "duckdb_type",
    "hive_to_athena",
    "hive_to_duckdb",
    "parse",
    "partition_predicate",
    "prepare",
    "query_error",
    "render",
    "tables_in",
    "translate",
    "type_of",
]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the settings and functions that one translated query uses, before lock_configuration.

    One connection runs one query: what its functions refuse inside a TRY they remember, to fail the query.
    """
    from trino_on_duckdb import runtime

    runtime.prepare(connection)


def parse(sql: str, parameters: Sequence[str] = (), *, timestream: bool = False) -> list[Statement]:
    """The statements in a text, as ``syntax.tree`` nodes; a QueryError (SYNTAX_ERROR) says where it stops being SQL.

    Queries and the statements that hold one (CREATE TABLE AS, CREATE VIEW, INSERT, UNLOAD, EXPLAIN) are read whole; any
    other statement is an ``Other`` with its text. ``parameters`` are the texts of the literals that the query's ``?``
    stand for, in order (ExecutionParameters). ``timestream`` reads the SQL of Amazon Timestream for LiveAnalytics.
    """
    from trino_on_duckdb.syntax import statements

    if timestream:
        from trino_on_duckdb.syntax.timestream import TimestreamGrammar

        return statements.parse(sql, parameters, TimestreamGrammar)
    return statements.parse(sql, parameters)


def tables_in(statement: Statement, session: Session) -> list[TableName]:
    """The tables that a statement's query reads, each once, in order of appearance (WITH queries are no tables)."""
    from trino_on_duckdb import tables

    return tables.tables_in(statement, session)


def partition_predicate(
    statement: Statement, table: TableName, keys: Sequence[Column], session: Session
) -> PartitionPredicate:
    """Which partitions of ``table`` a statement's query can need; see PartitionPredicate."""
    from trino_on_duckdb import partitions

    return partitions.partition_predicate(statement, table, keys, session)


def translate(query: Query | Other, relations: Mapping[TableName, Relation], session: Session) -> Translation:
    """A query in DuckDB's SQL; QueryError where it is wrong (``Other`` is none) or cannot be answered rightly."""
    from trino_on_duckdb import queries

    return queries.translate(query, relations, session)


def query_error(error: Exception) -> QueryError:
    """What DuckDB raised while it ran a translated query, as the error that Athena would give."""
    from trino_on_duckdb import failures

    return failures.query_error(error)


def athena_type(type_text: str) -> str:
    """A column type as ColumnInfo's Type names it: ``array(bigint)`` is ``array``, ``decimal(10,2)`` is ``decimal``."""
    from trino_on_duckdb import types

    return types.column_info_name(types.parse_type(type_text))


def duckdb_type(type_text: str) -> str:
    """The DuckDB type that holds an Athena type's values."""
    from trino_on_duckdb import types

    return types.duckdb_type(types.parse_type(type_text))


def hive_to_athena(type_text: str) -> str:
    """A Glue column type (Hive's text, ``array<struct<a:int>>``) as Athena shows it (``array(row(a integer))``)."""
    from trino_on_duckdb import types

    return str(types.parse_hive_type(type_text))


def hive_to_duckdb(type_text: str) -> str:
    """The DuckDB type that holds the values of a Glue column type."""
    from trino_on_duckdb import types

    return types.duckdb_type(types.parse_hive_type(type_text))


def type_of(type_text: str) -> Type:
    """A type by its parts, for what must look inside."""
    from trino_on_duckdb import types

    return types.parse_type(type_text)


def render(value: Any, type_text: str) -> str | None:
    """A value that DuckDB gave for a column of this Athena type, as Athena writes it; None is NULL."""
    from trino_on_duckdb import rendering, types

    return rendering.render(value, types.parse_type(type_text))
