"""Fitting a query's columns to those of the table that INSERT names."""

from __future__ import annotations

from collections.abc import Sequence

from trino_on_duckdb import Column, QueryError, Translation, hive_to_athena
from trino_on_duckdb.coercions import can_coerce, coerce
from trino_on_duckdb.scalar_casts import rounded
from trino_on_duckdb.types import parse_type
from trino_on_duckdb.values import Value, failure, quoted

from aws_stage.engines.athena.lake.catalogue import Table
from aws_stage.engines.athena.lake.text import identifier

_TEXTS = ("varchar", "char")


def as_table(translation: Translation, table: Table, names: Sequence[str]) -> Translation:
    """A query's columns, cast and put in the order of a table's; QueryError where a type does not fit."""
    wanted = [Column(column.name, hive_to_athena(column.type)) for column in (*table.columns, *table.partition_keys)]
    by_name = {column.name: column for column in wanted}
    chosen = [name.lower() for name in names] or [column.name for column in wanted]
    for index, name in enumerate(chosen):
        if name in chosen[:index]:
            raise QueryError(
                "DUPLICATE_COLUMN_NAME", f"line 1:1: Insert column name is specified more than once: {name}"
            )
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
    given = dict(zip(chosen, (column.type for column in translation.columns), strict=True))
    casts = ", ".join(
        f"{_put(sources.get(column.name, 'NULL'), given.get(column.name, 'unknown'), column.type)} "
        f"AS {identifier(column.name)}"
        for column in wanted
    )
    aliases = ", ".join(f"c{index}" for index in range(len(chosen)))
    return Translation(f"SELECT {casts} FROM ({translation.sql}) AS inserted({aliases})", tuple(wanted))


def assignable(given: str, wanted: str) -> bool:
    """Whether INSERT puts a value of one Athena type into a column of another: where Trino coerces it unasked, and
    texts and timestamps of another length, whose values may not fit."""
    ours, theirs = parse_type(given), parse_type(wanted)
    alike = (ours.kind in _TEXTS and theirs.kind in _TEXTS) or ours.kind == theirs.kind == "timestamp"
    return alike or can_coerce(ours, theirs)


def _put(sql: str, given: str, wanted: str) -> str:
    """A value as the column's type; a text that is too long fails, as Trino casts on INSERT, but for spaces."""
    ours, theirs = parse_type(given), parse_type(wanted)
    if ours.kind == "timestamp":
        return rounded(sql, ours.size or 0, theirs.size or 0)
    if ours.kind not in _TEXTS or theirs.size is None:
        return coerce(Value(sql, ours), theirs).sql
    problem = f"Cannot truncate non-space characters when casting from {given} to {wanted} on INSERT"
    failed = failure("INVALID_CAST_ARGUMENT", quoted(problem), theirs)
    return f"CASE WHEN length(rtrim({sql}, ' ')) > {theirs.size} THEN {failed} ELSE left({sql}, {theirs.size}) END"
