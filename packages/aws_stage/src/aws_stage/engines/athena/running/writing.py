"""CREATE TABLE AS, INSERT INTO and UNLOAD: rows written as objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trino_on_duckdb import Column, QueryError, Translation
from trino_on_duckdb.syntax import tree

from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.ddl.catalog_access import CatalogAccess
from aws_stage.engines.athena.ddl.hive_types import hive_type
from aws_stage.engines.athena.ddl.partitions import register_partitions
from aws_stage.engines.athena.ddl.tables import storage_descriptor
from aws_stage.engines.athena.lake.projection import is_projected
from aws_stage.engines.athena.lake.target import Written
from aws_stage.engines.athena.lake.text import identifier
from aws_stage.engines.athena.running.columns import check_precisions, column_info
from aws_stage.engines.athena.running.context import Outcome, QueryContext
from aws_stage.engines.athena.running.destination import Destination, Values, write
from aws_stage.engines.athena.running.insertion import as_table
from aws_stage.engines.athena.running.planning import plan
from aws_stage.engines.athena.running.properties import TableProperties, UnloadProperties, format_of_table
from aws_stage.engines.athena.running.query import check_names
from aws_stage.engines.athena.running.results import write_manifest
from aws_stage.engines.athena.statements.formats import STORED_AS
from aws_stage.engines.athena.statements.tree import ColumnDefinition, Format, Name


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
        check_precisions(translation.columns)
        keys = _check_keys(translation, properties.partitioned_by)
        data = [Column(column.name.lower(), column.type) for column in translation.columns if column.name not in keys]
        hive = {column.name: hive_type(column.type) for column in translation.columns}
        written, found = Written(), dict[Values, str]()
        if statement.with_data:
            destination = Destination(folder, properties.format, keys, set())
            written, found = write(context, lake, translation, destination)
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
    try:
        register_partitions(access, context.catalogue.existing(name), found)
    except Exception:  # without its partitions the table would seem to be empty
        access.glue.delete_table(DatabaseName=name.database, Name=name.name)
        raise
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
        translation = as_table(plan(context, lake, statement.query), table, statement.columns)
        keys = [key.name for key in table.partition_keys]
        known = {partition.values for partition in context.catalogue.partitions(table.name)}
        destination = Destination(Location.parse(table.storage.location).folder, form, keys, known)
        written, found = write(context, lake, translation, destination)
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
        check_precisions(translation.columns)
        for column in translation.columns:
            hive_type(column.type)  # Hive's writers write UNLOAD's files too, and have no other types
        keys = _check_keys(translation, properties.partitioned_by)
        written, _ = write(context, lake, translation, Destination(folder, properties.format, keys, None))
    return _done(context, written)


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
