"""Tables of Timestream as the dialect's relations: the columns that records brought, without what has expired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from trino_on_duckdb import Column, Relation, TableName

from aws_stage.engines.timestream.control.catalogue import Catalogue, Table
from aws_stage.engines.timestream.errors import invalid
from aws_stage.engines.timestream.retention import oldest_shown
from aws_stage.engines.timestream.store.schema import Schema

CATALOG = "timestream"
TYPES = {
    "VARCHAR": "varchar",
    "DOUBLE": "double",
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp(6)",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Source:
    """A table that a query reads: its rows, and the query of how many bytes they are."""

    relation: Relation
    bytes_sql: str | None


def columns_of(schema: Schema) -> list[tuple[Column, str, str]]:
    """The columns in the order of ``SELECT *``: each with its name in DuckDB, and what DESCRIBE calls it."""
    found = [(column, "DIMENSION") for column in schema.of_kind("dimension")]
    measured = [(column, "MEASURE_VALUE") for column in schema.of_kind("value")]
    measured += [(column, "MULTI") for column in schema.of_kind("attribute")]
    return [
        *((Column(each.name, TYPES[each.type]), each.held_as, called) for each, called in found),
        (Column("measure_name", "varchar"), "measure_name", "MEASURE_NAME"),
        (Column("time", "timestamp(6)"), '"time"', "TIMESTAMP"),
        *((Column(each.name, TYPES[each.type]), each.held_as, called) for each, called in measured),
    ]


def source_of(table: Table, schema: Schema, now: datetime) -> Source:
    """What a query over the table reads at this moment."""
    columns = columns_of(schema)
    named = tuple(column for column, _, _ in columns)
    if not schema.measures:
        return Source(
            Relation('(SELECT NULL::VARCHAR AS measure_name, NULL::TIMESTAMP AS "time" LIMIT 0)', named), None
        )
    begin = max(oldest_shown(table, now), _EPOCH)
    shown = f"""FROM {schema.table} WHERE "time" >= TIMESTAMP '{begin:%Y-%m-%d %H:%M:%S.%f}'"""
    selected = ", ".join(f"{held} AS {_quoted(column.name)}" for column, held, _ in columns)
    return Source(Relation(f"(SELECT {selected} {shown})", named), f"SELECT sum(size) {shown}")


def tables_named(catalogue: Catalogue, names: Iterable[TableName]) -> dict[TableName, Table]:
    """The tables that a query names, as far as there are such; case does not count in a query."""
    found: dict[TableName, Table] = {}
    for name in names:
        same = [
            table
            for table in catalogue.tables()
            if (name.catalog, name.database, name.name) == (CATALOG, table.database.lower(), table.name.lower())
        ]
        if len(same) > 1:
            raise invalid(f"There are several tables of the name {name.database}.{name.name} in other letters of case.")
        if same:
            found[name] = same[0]
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
