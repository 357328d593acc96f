"""CREATE EXTERNAL TABLE, DROP TABLE, and ALTER TABLE of columns, properties and location."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.ddl.catalog_access import CatalogAccess, failed, glue_errors, task_failed
from aws_stage.engines.athena.ddl.partitions import relocate_partition
from aws_stage.engines.athena.lake.serdes.properties import lazy_warning
from aws_stage.engines.athena.statements.formats import LAZY_SIMPLE
from aws_stage.engines.athena.statements.tree import (
    AddColumns,
    ColumnDefinition,
    CreateTable,
    DropTable,
    Format,
    SetLocation,
    SetTableProperties,
)


def create_table(access: CatalogAccess, statement: CreateTable) -> Sequence[str]:
    name = access.full_name(statement.name)
    access.database(name.database)
    if access.catalogue.table(name) is not None:
        if statement.if_not_exists:
            return []
        raise task_failed(f"AlreadyExistsException(message:Table {name.name} already exists)")
    if statement.properties.get("table_type", "").upper() in ("ICEBERG", "DELTA"):
        raise QueryError("NOT_SUPPORTED", "Iceberg and Delta tables are not supported by the local stage")
    document: dict[str, Any] = {
        "Name": name.name,
        "Owner": "hadoop",
        "TableType": "EXTERNAL_TABLE",
        "Retention": 0,
        "Parameters": {"EXTERNAL": "TRUE", **statement.properties},
        "PartitionKeys": glue_columns(statement.partition_keys),
        "StorageDescriptor": storage_descriptor(statement.columns, statement.format, _folder(statement.location)),
    }
    if statement.comment is not None:
        document["Parameters"]["comment"] = statement.comment
    with glue_errors():
        access.glue.create_table(DatabaseName=name.database, TableInput=document)
    return []


def warning(statement: CreateTable) -> str | None:
    """What to say of a table that is made as on AWS, but will not be read as its maker seems to expect."""
    form = statement.format
    said = lazy_warning(form.properties) if form.serde == LAZY_SIMPLE else None
    return said and f"WARNING: {said}"


def storage_descriptor(columns: Iterable[ColumnDefinition], form: Format, location: str) -> dict[str, Any]:
    """Glue's StorageDescriptor as Athena writes it."""
    return {
        "Columns": glue_columns(columns),
        "Location": location,
        "InputFormat": form.input_format,
        "OutputFormat": form.output_format,
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": form.serde, "Parameters": dict(form.properties)},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {},
        "SkewedInfo": {"SkewedColumnNames": [], "SkewedColumnValues": [], "SkewedColumnValueLocationMaps": {}},
        "StoredAsSubDirectories": False,
    }


def glue_columns(columns: Iterable[ColumnDefinition]) -> list[dict[str, str]]:
    """Columns as Glue has them."""
    return [
        {"Name": column.name, "Type": column.type, **({} if column.comment is None else {"Comment": column.comment})}
        for column in columns
    ]


def drop_table(access: CatalogAccess, statement: DropTable) -> Sequence[str]:
    """Drop a table; the data of an external table stays where it is."""
    name = access.full_name(statement.name)
    if access.catalogue.table(name) is None:
        if statement.if_exists:
            return []
        raise failed(f"SemanticException [Error 10001]: Table not found {name.name}")
    with glue_errors():
        access.glue.delete_table(DatabaseName=name.database, Name=name.name)
    return []


def add_columns(access: CatalogAccess, statement: AddColumns) -> Sequence[str]:
    table = access.base_table(statement.name)
    known = [] if statement.replace else list(table.columns)
    taken = {column.name for column in (*known, *table.partition_keys)}
    for column in statement.columns:
        if column.name in taken:
            raise task_failed(f"Duplicate column name: {column.name}")
    current = [] if statement.replace else list(access.descriptor(table).get("Columns") or [])
    columns = [*current, *glue_columns(statement.columns)]
    access.update(table, StorageDescriptor=access.descriptor(table, Columns=columns))
    return []


def set_table_properties(access: CatalogAccess, statement: SetTableProperties) -> Sequence[str]:
    table = access.base_table(statement.name)
    access.update(table, Parameters={**table.parameters, **statement.properties})
    return []


def set_location(access: CatalogAccess, statement: SetLocation) -> Sequence[str]:
    table = access.base_table(statement.name)
    location = _folder(statement.location)
    if statement.partition is not None:
        relocate_partition(access, table, statement.partition, location)
        return []
    access.update(table, StorageDescriptor=access.descriptor(table, Location=location))
    return []


def _folder(text: str) -> str:
    try:
        return str(Location.parse(text))
    except ValueError as error:
        raise failed(f"IllegalArgumentException: {error}") from error
