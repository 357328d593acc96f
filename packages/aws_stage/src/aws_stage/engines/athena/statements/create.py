"""CREATE DATABASE and CREATE EXTERNAL TABLE."""

from __future__ import annotations

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.statements.cursor import Cursor
from aws_stage.engines.athena.statements.formats import read_format
from aws_stage.engines.athena.statements.tree import CreateDatabase, CreateTable, Statement


def read_create(cursor: Cursor) -> Statement:
    """What follows CREATE."""
    if cursor.skip("DATABASE") or cursor.skip("SCHEMA"):
        return _database(cursor)
    if cursor.skip("EXTERNAL", "TABLE"):
        return _external_table(cursor)
    if cursor.at("TABLE"):
        raise QueryError(
            "NOT_SUPPORTED",
            "CREATE TABLE without EXTERNAL makes an Iceberg table, which the local stage does not support: "
            "write CREATE EXTERNAL TABLE, or CREATE TABLE … AS SELECT",
        )
    raise cursor.wrong("'DATABASE', 'EXTERNAL', 'OR', 'SCHEMA', 'TABLE', 'VIEW'")


def _database(cursor: Cursor) -> Statement:
    if_not_exists = cursor.skip("IF", "NOT", "EXISTS")
    name = cursor.identifier()
    comment = cursor.string() if cursor.skip("COMMENT") else None
    location = cursor.string() if cursor.skip("LOCATION") else None
    properties = cursor.properties() if cursor.skip("WITH", "DBPROPERTIES") else {}
    return CreateDatabase(name, if_not_exists, comment, location, properties)


def _external_table(cursor: Cursor) -> Statement:
    if_not_exists = cursor.skip("IF", "NOT", "EXISTS")
    name = cursor.name()
    columns = cursor.columns()
    comment = cursor.string() if cursor.skip("COMMENT") else None
    keys = cursor.columns() if cursor.skip("PARTITIONED", "BY") else ()
    if cursor.at("CLUSTERED"):
        raise QueryError("NOT_SUPPORTED", "CLUSTERED BY (bucketing) is not supported by the local stage")
    form = read_format(cursor)
    if not cursor.skip("LOCATION"):
        raise cursor.wrong("'LOCATION'")
    location = cursor.string()
    properties = cursor.properties() if cursor.skip("TBLPROPERTIES") else {}
    both = {column.name for column in columns} & {key.name for key in keys}
    if both:
        message = f"SemanticException [Error 10035]: Column repeated in partitioning columns: {', '.join(sorted(both))}"
        raise QueryError("FAILED", message)
    return CreateTable(name, if_not_exists, columns, keys, comment, form, location, properties)
