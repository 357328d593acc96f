"""``information_schema``: the catalogue as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trino_on_duckdb import Column, QueryError, Relation, TableName, duckdb_type, hive_to_athena

from aws_stage.engines.athena.lake.catalogue import CATALOG, Catalogue, Table, read_table
from aws_stage.engines.athena.lake.text import identifier, literal

SCHEMA = "information_schema"

Row = tuple[str | int | None, ...]


def information_schema(catalogue: Catalogue, name: str) -> Relation | None:
    """A table of the information schema, or None when there is none of that name."""
    if name not in _TABLES:
        return None
    columns, rows = _TABLES[name]
    names = ", ".join(identifier(column.name) for column in columns)
    nothing = ", ".join(f"CAST(NULL AS {duckdb_type(column.type)})" for column in columns)
    selects = [f"SELECT {nothing} WHERE false", *(f"SELECT {_row(row)}" for row in rows(catalogue))]
    return Relation(f"(SELECT * FROM ({' UNION ALL '.join(selects)}) AS catalogue({names}))", columns)


def _schemata(catalogue: Catalogue) -> Iterator[Row]:
    for database in catalogue.databases():
        yield CATALOG, database


def _tables(catalogue: Catalogue) -> Iterator[Row]:
    for table in _all(catalogue):
        yield CATALOG, table.name.database, table.name.name, "VIEW" if table.is_view else "BASE TABLE"


def _columns(catalogue: Catalogue) -> Iterator[Row]:
    for table in _all(catalogue):
        both = [(column, None) for column in table.columns] + [(key, "partition key") for key in table.partition_keys]
        for position, (column, extra) in enumerate(both, start=1):
            try:
                kind = hive_to_athena(column.type)
            except QueryError:
                continue  # a type that no query here can read
            place = CATALOG, table.name.database, table.name.name
            yield *place, column.name, position, None, "YES", kind, column.comment or None, extra


def _all(catalogue: Catalogue) -> Iterator[Table]:
    for database in catalogue.databases():
        for document in catalogue.tables(database):
            yield read_table(TableName(CATALOG, database, document["Name"]), document)


def _row(values: Row) -> str:
    return ", ".join(
        "NULL" if value is None else str(value) if isinstance(value, int) else literal(value) for value in values
    )


def _varchars(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "varchar") for name in names)


_TABLES: dict[str, tuple[tuple[Column, ...], Callable[[Catalogue], Iterator[Row]]]] = {
    "schemata": (_varchars("catalog_name", "schema_name"), _schemata),
    "tables": (_varchars("table_catalog", "table_schema", "table_name", "table_type"), _tables),
    "columns": (
        (
            *_varchars("table_catalog", "table_schema", "table_name", "column_name"),
            Column("ordinal_position", "bigint"),
            *_varchars("column_default", "is_nullable", "data_type", "comment", "extra_info"),
        ),
        _columns,
    ),
}
