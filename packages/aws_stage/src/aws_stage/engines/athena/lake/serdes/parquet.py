"""Parquet files as a table's columns: by name, file by file, as the table declares them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb
from duckdb.sqltypes import DuckDBPyType
from trino_on_duckdb import hive_to_athena, hive_to_duckdb

from aws_stage.engines.athena.lake.catalogue import HiveColumn
from aws_stage.engines.athena.lake.text import identifier, literal, partitioning, texts

_INTEGERS = ("tinyint", "smallint", "integer", "bigint")
_UNSIGNED = ("utinyint", "usmallint", "uinteger", "ubigint")


@dataclass(frozen=True)
class _FileColumn:
    """A column as a file has it; ``annotation`` is Parquet's own name of the type."""

    name: str
    type: DuckDBPyType
    annotation: str


def selections(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    columns: Sequence[HiveColumn],
    location: Callable[[str], object],
) -> list[tuple[list[str], list[str]]]:
    """Files that share a schema, each group with the SQL expressions that make the table's columns of its columns.

    ``location`` says where the object of a name lies, for messages. The expression of a column whose type in the file
    cannot be read as the declared one fails with HIVE_BAD_DATA where it is evaluated: a query that does not read the
    column does not fail for it.
    """
    groups: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    schemas: dict[str, list[tuple[str, ...]]] = {name: [] for name in names}
    found = connection.execute(
        "SELECT file_name, name, type, converted_type, logical_type, type_length, num_children, precision, scale "
        f"FROM parquet_schema({texts(list(names))})"
    ).fetchall()
    for name, *element in found:
        schemas[name].append(tuple(map(str, element)))
    for name in names:
        groups.setdefault(tuple(schemas[name]), []).append(name)
    selected = []
    for schema, members in groups.items():
        ours = _file_columns(connection, members[0], schema)
        place = str(location(members[0]))
        selected.append((members, [_expression(column, ours, place) for column in columns]))
    return selected


def scan(names: Sequence[str], partitioning: str) -> str:
    """The DuckDB table function over files of one schema."""
    return f"read_parquet({texts(names)}, {partitioning})"


def _file_columns(
    connection: duckdb.DuckDBPyConnection, name: str, schema: tuple[tuple[str, ...], ...]
) -> dict[str, _FileColumn]:
    relation = connection.sql(f"SELECT * FROM {scan([name], partitioning({}))}")
    annotations = {element[0].lower(): f"{element[1]} {element[2]} {element[3]}" for element in schema}
    return {
        column.lower(): _FileColumn(column, kind, annotations.get(column.lower(), ""))
        for column, kind in zip(relation.columns, relation.types, strict=True)
    }


def _expression(column: HiveColumn, found: dict[str, _FileColumn], file: str) -> str:
    declared = hive_to_duckdb(column.type)
    ours = found.get(column.name)
    if ours is None:
        return f"CAST(NULL AS {declared})"
    source = identifier(ours.name)
    wanted = duckdb.type(declared)
    if not _readable(ours.type, wanted):
        problem = (
            f"HIVE_BAD_DATA: Field {column.name}'s type {ours.annotation.split()[0]} in parquet file {file} is "
            f"incompatible with type {hive_to_athena(column.type)} defined in table schema"
        )
        # The column stands in it, so that only reading rows evaluates it: NULL or not, it fails.
        return f"CAST(CASE WHEN {source} IS NULL OR true THEN error({literal(problem)}) END AS {declared})"
    if column.type.startswith(("varchar(", "char(")):
        length = column.type.partition("(")[2].rstrip(") ")
        source = f"left({source}, {int(length)})"
    elif (str(ours.type), declared) == ("BLOB", "VARCHAR"):
        source = f"decode({source})"
    elif (str(ours.type), declared) == ("VARCHAR", "BLOB"):
        source = f"encode({source})"
    elif ours.type.id == "time":
        # The number that lies in the file, which DuckDB has made a time of: milliseconds or microseconds of the day.
        is_millis = "TIME_MILLIS" in ours.annotation or "MILLIS=MilliSeconds" in ours.annotation
        unit = 1000 if is_millis else 1
        return f"CAST(epoch_us({source}) // {unit} AS {declared})"
    elif "TIMESTAMP" in declared:
        return _in_milliseconds(source, ours, declared)
    return source if str(ours.type) == declared else f"CAST({source} AS {declared})"


def _in_milliseconds(source: str, ours: _FileColumn, declared: str) -> str:
    """Athena's timestamps have three digits of a second; it rounds what a file has beyond them."""
    if declared == "TIMESTAMP" and str(ours.type) == "TIMESTAMP" and "MILLIS=MilliSeconds" in ours.annotation:
        return source
    # Through microseconds first: DuckDB has no cast from nanoseconds to milliseconds.
    micros = source if str(ours.type) == declared else f"CAST({source} AS {declared})"
    return f"CAST(CAST({micros} AS {declared.replace('TIMESTAMP', 'TIMESTAMP_MS')}) AS {declared})"


def _readable(ours: DuckDBPyType, wanted: DuckDBPyType) -> bool:
    """Whether Athena reads a Parquet type as this declared type; what is out of range then fails when it is read."""
    if ours == wanted:
        return True
    if ours.id == wanted.id and ours.id in ("list", "map", "struct"):
        fields = _children(ours)
        return all(name not in fields or _readable(fields[name], kind) for name, kind in _children(wanted).items())
    families: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
        ((*_INTEGERS, *_UNSIGNED), _INTEGERS),
        (("time",), _INTEGERS),
        (("float",), ("double",)),
        (("decimal",), ("decimal",)),
        (("timestamp", "timestamp_ns", "timestamp with time zone"), ("timestamp",)),
        (("blob", "varchar"), ("blob", "varchar")),
    )
    return any(ours.id in sources and wanted.id in targets for sources, targets in families)


def _children(kind: DuckDBPyType) -> dict[str, DuckDBPyType]:
    return {name.lower(): child for name, child in kind.children if isinstance(child, DuckDBPyType)}
