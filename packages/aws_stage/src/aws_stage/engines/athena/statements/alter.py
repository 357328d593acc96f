"""ALTER DATABASE and ALTER TABLE."""

from __future__ import annotations

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.statements.cursor import Cursor
from aws_stage.engines.athena.statements.tree import (
    AddColumns,
    AddPartitions,
    DropPartitions,
    Name,
    PartitionSpec,
    RenamePartition,
    SetDatabaseProperties,
    SetLocation,
    SetTableProperties,
    Statement,
)


def read_alter(cursor: Cursor) -> Statement:
    """What follows ALTER."""
    if cursor.skip("DATABASE") or cursor.skip("SCHEMA"):
        name = cursor.identifier()
        cursor.expect("SET", "DBPROPERTIES")
        return SetDatabaseProperties(name, cursor.properties())
    cursor.expect("TABLE")
    table = cursor.name()
    if cursor.skip("ADD", "COLUMNS"):
        return AddColumns(table, cursor.columns(), replace=False)
    if cursor.skip("REPLACE", "COLUMNS"):
        return AddColumns(table, cursor.columns(), replace=True)
    if cursor.skip("SET", "TBLPROPERTIES"):
        return SetTableProperties(table, cursor.properties())
    if cursor.skip("SET", "LOCATION"):
        return SetLocation(table, None, cursor.string())
    if cursor.at("ADD"):
        return _add_partitions(cursor, table)
    if cursor.at("DROP", "COLUMN"):
        raise QueryError("NOT_SUPPORTED", "ALTER TABLE DROP COLUMN (Iceberg) is not supported by the local stage")
    if cursor.at("DROP"):
        return _drop_partitions(cursor, table)
    if cursor.skip("PARTITION"):
        return _change_partition(cursor, table)
    if cursor.at("CHANGE") or cursor.at("RENAME"):
        raise QueryError("NOT_SUPPORTED", f"ALTER TABLE {cursor.token.upper} is not supported by the local stage")
    raise cursor.wrong("'ADD', 'DROP', 'PARTITION', 'REPLACE', 'SET'")


def _add_partitions(cursor: Cursor, table: Name) -> Statement:
    cursor.expect("ADD")
    if_not_exists = cursor.skip("IF", "NOT", "EXISTS")
    found: list[tuple[PartitionSpec, str | None]] = []
    while cursor.skip("PARTITION"):
        spec = cursor.partition_spec()
        found.append((spec, cursor.string() if cursor.skip("LOCATION") else None))
        cursor.skip(",")
    if not found:
        raise cursor.wrong("'COLUMNS', 'IF', 'PARTITION'")
    return AddPartitions(table, if_not_exists, tuple(found))


def _drop_partitions(cursor: Cursor, table: Name) -> Statement:
    cursor.expect("DROP")
    if_exists = cursor.skip("IF", "EXISTS")
    found: list[PartitionSpec] = []
    while cursor.skip("PARTITION"):
        found.append(cursor.partition_spec())
        cursor.skip(",")
    if not found:
        raise cursor.wrong("'IF', 'PARTITION'")
    return DropPartitions(table, if_exists, tuple(found))


def _change_partition(cursor: Cursor, table: Name) -> Statement:
    spec = cursor.partition_spec()
    if cursor.skip("RENAME", "TO", "PARTITION"):
        return RenamePartition(table, spec, cursor.partition_spec())
    cursor.expect("SET", "LOCATION")
    return SetLocation(table, spec, cursor.string())
