"""CREATE TABLE AS, INSERT INTO and UNLOAD: rows written as objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.engines.athena.api.locations import Location
from local.engines.athena.ddl.catalog_access import CatalogAccess
from local.engines.athena.ddl.hive_types import hive_type
from local.engines.athena.ddl.partitions import escape, register_partitions
from local.engines.athena.ddl.tables import storage_descriptor
from local.engines.athena.dialect import Column, QueryError, Translation, duckdb_type, hive_to_athena
from local.engines.athena.dialect.syntax import tree
from local.engines.athena.lake.catalogue import Table
from local.engines.athena.lake.partitions import NULL_VALUE
from local.engines.athena.lake.projection import is_projected
from local.engines.athena.lake.relations import Lake
from local.engines.athena.lake.target import FileFormat, Target, Written, partitions_in, where_partition
from local.engines.athena.lake.text import identifier
from local.engines.athena.running.columns import column_info
from local.engines.athena.running.context import Outcome, QueryContext
from local.engines.athena.running.planning import plan
from local.engines.athena.running.properties import TableProperties, UnloadProperties, format_of_table
from local.engines.athena.running.query import check_names
from local.engines.athena.running.results import write_manifest
from local.engines.athena.statements.formats import STORED_AS
from local.engines.athena.statements.tree import ColumnDefinition, Format, Name

MOST_PARTITIONS = 100
"""New partitions that one CTAS or INSERT may write (docs.aws.amazon.com/athena/latest/ug/ctas-insert-into.html)."""
_RESULT = "written_rows"

Values = tuple[str, ...]


def create_table_as(context: QueryContext, statement: tree.CreateTableAs) -> Outcome:
    """Write a query's rows and register them as a new table."""
    access = CatalogAccess(context.catalogue, context.session)
    name = access.full_name(_name(statement.name))
    context.catalogue.check_database(name)
    if context.catalogue.table(name) is not None:
        if statement.if_not_exists:
            return _done(context, Written())
        shown = f"{name.catalog}.{name.database}.{name.name}"
        raise QueryError("TABLE_ALREADY_EXISTS", f"line 1:1: Table '{shown}' already exists")
    properties = TableProperties.read(statement.properties)
    folder = _new_folder(context, properties.external_location)
    _check_empty(context, folder, f"{name.database}.{name.name}")
    with context.lake() as lake:
        translation = _renamed(plan(context, lake, statement.query), statement.columns)
        check_names(translation)
        keys = _check_keys(translation, properties.partitioned_by)
        data = [Column(column.name.lower(), column.type) for column in translation.columns if column.name not in keys]
        hive = {column.name: hive_type(column.type) for column in translation.columns}
        written, found = Written(), dict[Values, str]()
        if statement.with_data:
            destination = _Destination(folder, properties.format, keys, set())
            written, found = _write(context, lake, translation, destination)
    serde, input_format, output_format = STORED_AS[properties.format.name]
    form = Format(serde, properties.serde_properties, input_format, output_format)
    columns = [ColumnDefinition(column.name, hive[column.name]) for column in data]
    document: dict[str, Any] = {
        "Name": name.name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "has_encrypted_data": "false",
            "parquet.compression"
            if properties.format.name == "PARQUET"
            else "write.compression": properties.format.compression,
        },
        "PartitionKeys": [{"Name": key, "Type": hive[key]} for key in keys],
        "StorageDescriptor": storage_descriptor(columns, form, str(folder)),
    }
    if statement.comment is not None:
        document["Parameters"]["comment"] = statement.comment
    context.cancellation.check()
    access.create(name, document)
    if found:
        register_partitions(access, context.catalogue.existing(name), found)
    return _done(context, written)


def insert(context: QueryContext, statement: tree.Insert) -> Outcome:
    """Append a query's rows to a table as new objects, registering new partitions."""
    access = CatalogAccess(context.catalogue, context.session)
    table = context.catalogue.existing(access.full_name(_name(statement.name)))
    if table.is_view:
        raise QueryError("NOT_SUPPORTED", "line 1:1: Inserting into views is not supported")
    if is_projected(table) and "storage.location.template" in table.parameters:
        raise QueryError("NOT_SUPPORTED", "INSERT INTO a table with storage.location.template is not supported here")
    form = format_of_table(table)
    with context.lake() as lake:
        translation = _as_table(plan(context, lake, statement.query), table, statement.columns)
        keys = [key.name for key in table.partition_keys]
        known = {partition.values for partition in context.catalogue.partitions(table.name)}
        destination = _Destination(Location.parse(table.storage.location).folder, form, keys, known)
        written, found = _write(context, lake, translation, destination)
    context.cancellation.check()
    register_partitions(access, table, {values: place for values, place in found.items() if values not in known})
    return _done(context, written)


def unload(context: QueryContext, statement: tree.Unload) -> Outcome:
    """Write a query's rows to a folder, with no table."""
    properties = UnloadProperties.read(statement.properties)
    try:
        folder = Location.parse(statement.location).folder
    except ValueError as error:
        raise QueryError("INVALID_PROPERTY", f"line 1:1: UNLOAD: {error}") from error
    _check_empty(context, folder, statement.location)
    with context.lake() as lake:
        translation = plan(context, lake, statement.query)
        check_names(translation)
        keys = _check_keys(translation, properties.partitioned_by)
        written, _ = _write(context, lake, translation, _Destination(folder, properties.format, keys, None))
    return _done(context, written)


@dataclass(frozen=True)
class _Destination:
    """A folder, its format, its keys, and the partitions already ``known`` (None: any number may be new)."""

    folder: Location
    format: FileFormat
    keys: Sequence[str]
    known: set[Values] | None


def _write(
    context: QueryContext, lake: Lake, translation: Translation, to: _Destination
) -> tuple[Written, dict[Values, str]]:
    """Write the rows of a query; gives what was written, and the folder of each partition."""
    moment = context.session.now.strftime("%Y%m%d_%H%M%S")
    target = Target(context.store, lake.files, str(context.spill), f"{moment}_{context.id[:5]}", context.put_options())
    data = [column for column in translation.columns if column.name not in to.keys]
    if not to.keys:
        target.write(lake.connection, translation.sql, data, to.folder, to.format)
        return target.written, {}
    lake.connection.execute(f"CREATE TEMP TABLE {_RESULT} AS {translation.sql}")
    named = {
        tuple(NULL_VALUE if value is None else value for value in values): values
        for values in partitions_in(lake.connection, _RESULT, to.keys)
    }
    if to.known is not None and len(named.keys() - to.known) > MOST_PARTITIONS:
        raise QueryError(
            "HIVE_TOO_MANY_OPEN_PARTITIONS", f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets"
        )
    selected = ", ".join(identifier(column.name) for column in data)
    found: dict[Values, str] = {}
    for texts, values in named.items():
        context.cancellation.check()
        path = "/".join(f"{key}={escape(text)}" for key, text in zip(to.keys, texts, strict=True))
        folder = to.folder.child(f"{path}/")
        sql = f"SELECT {selected} FROM {_RESULT} WHERE {where_partition(to.keys, values)}"
        target.write(lake.connection, sql, data, folder, to.format)
        found[texts] = str(folder)
    return target.written, found


def _as_table(translation: Translation, table: Table, names: Sequence[str]) -> Translation:
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


def _renamed(translation: Translation, names: Sequence[str]) -> Translation:
    """The columns under the names that CREATE TABLE lists, when it does, all in lower case."""
    if names and len(names) != len(translation.columns):
        raise QueryError(
            "MISMATCHED_COLUMN_ALIASES",
            f"line 1:1: Column alias list has {len(names)} entries but query has {len(translation.columns)} columns",
        )
    chosen = [name.lower() for name in names] or [column.name.lower() for column in translation.columns]
    columns = tuple(Column(name, column.type) for name, column in zip(chosen, translation.columns, strict=True))
    aliases = ", ".join(identifier(column.name) for column in columns)
    return Translation(f"SELECT * FROM ({translation.sql}) AS created({aliases})", columns)


def _check_keys(translation: Translation, keys: Sequence[str]) -> list[str]:
    names = [column.name for column in translation.columns]
    lowered = [key.lower() for key in keys]
    for key in lowered:
        if key not in names:
            raise QueryError("INVALID_TABLE_PROPERTY", f"line 1:1: Partition columns not present in schema: [{key}]")
    if lowered and names[-len(lowered) :] != lowered:
        raise QueryError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            f"[{', '.join(lowered)}]",
        )
    if lowered and len(lowered) == len(names):
        raise QueryError("INVALID_TABLE_PROPERTY", "line 1:1: Table contains only partition columns")
    return lowered


def _new_folder(context: QueryContext, external: str | None) -> Location:
    if external is None:
        return Location(context.output.bucket, f"{context.output.key}/")
    if context.enforced:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            "The Create Table As Select query failed because it was submitted with an 'external_location' property to "
            "an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
            "'external_location' property and resubmit the query.",
        )
    try:
        return Location.parse(external).folder
    except ValueError as error:
        raise QueryError("INVALID_TABLE_PROPERTY", f"line 1:1: external_location: {error}") from error


def _check_empty(context: QueryContext, folder: Location, name: str) -> None:
    if not context.store.is_empty(folder):
        raise QueryError(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory for table '{name}' already exists: {folder}. You may need to manually clean the data at "
            f"location '{folder}' before retrying. Athena will not delete data in your account.",
        )


def _done(context: QueryContext, written: Written) -> Outcome:
    manifest = write_manifest(context, written.objects)
    rows = {"OutputRows": written.rows, "OutputBytes": written.bytes}
    return Outcome([column_info(Column("rows", "bigint"))], rows, update_count=written.rows, manifest=manifest)


def _name(parts: Sequence[str]) -> Name:
    if len(parts) > 3:
        raise QueryError("SYNTAX_ERROR", f"line 1:1: Too many dots in table name: {'.'.join(parts)}")
    return Name(*reversed([part.lower() for part in parts]))


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


def assignable(given: str, wanted: str) -> bool:
    """Whether INSERT puts a value of one Athena type into a column of another."""
    ours, theirs = given.partition("(")[0], wanted.partition("(")[0]
    return given == wanted or ours == "unknown" or theirs in _WIDENING.get(ours, ())
