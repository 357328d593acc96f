"""Fitting a query's columns to those of the table that INSERT names."""

from __future__ import annotations

from collections.abc import Sequence

from trino_on_duckdb import Column, QueryError, Translation, duckdb_type, hive_to_athena

from aws_stage.engines.athena.lake.catalogue import Table
from aws_stage.engines.athena.lake.text import identifier

_WIDENING = {
    "tinyint": ("smallint", "integer", "bigint", "decimal", "real", "double"),
    "smallint": ("integer", "bigint", "decimal", "real", "double"),
    "integer": ("bigint", "decimal", "real", "double"),
    "bigint": ("decimal", "real", "double"),
    "decimal": ("decimal", "real", "double"),
    "real": ("double",),
    "date": ("timestamp",),
    "varchar": ("varchar", "char"),
    "char": ("varchar", "char"),
    "timestamp": ("timestamp",),
}


def as_table(translation: Translation, table: Table, names: Sequence[str]) -> Translation:
    """A query's columns, cast and put in the order of a table's; QueryError where a type does not fit."""
    wanted = [Column(column.name, hive_to_athena(column.type)) for column in (*table.columns, *table.partition_keys)]
    by_name = {column.name: column for column in wanted}
    chosen = [name.lower() for name in names] or [column.name for column in wanted]
    for name in chosen:
        if name not in by_name:
            raise QueryError("COLUMN_NOT_FOUND", f"line 1:1: Insert column name does not exist in target table: {name}")
    targets = [by_name[name] for name in chosen]
    if len(targets) != len(translation.columns) or not all(
        assignable(given.type, target.type) for given, target in zip(translation.columns, targets, strict=True)
    ):
        ours = ", ".join(target.type for target in targets)
        theirs = ", ".join(column.type for column in translation.columns)
        raise QueryError(
            "TYPE_MISMATCH",
            f"line 1:1: Insert query has mismatched column types: Table: [{ours}], Query: [{theirs}]",
        )
    sources = {name: f"c{index}" for index, name in enumerate(chosen)}
    casts = ", ".join(
        f"CAST({sources.get(column.name, 'NULL')} AS {duckdb_type(column.type)}) AS {identifier(column.name)}"
        for column in wanted
    )
    aliases = ", ".join(f"c{index}" for index in range(len(chosen)))
    return Translation(f"SELECT {casts} FROM ({translation.sql}) AS inserted({aliases})", tuple(wanted))


def assignable(given: str, wanted: str) -> bool:
    """Whether INSERT puts a value of one Athena type into a column of another."""
    ours, theirs = given.partition("(")[0], wanted.partition("(")[0]
    return given == wanted or ours == "unknown" or theirs in _WIDENING.get(ours, ())
