"""The Glue Data Catalog as queries see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from trino_on_duckdb import QueryError, TableName

CATALOG = "awsdatacatalog"


@dataclass(frozen=True)
class HiveColumn:
    """A column of the catalogue; ``type`` is Hive's text, for example ``array<struct<a:int>>``."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class Storage:
    """How a table's or a partition's files are written, and where they lie."""

    location: str
    serde: str
    input_format: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, descriptor: Mapping[str, Any]) -> Storage:
        """Read a Glue StorageDescriptor."""
        serde = descriptor.get("SerdeInfo") or {}
        return cls(
            location=descriptor.get("Location") or "",
            serde=serde.get("SerializationLibrary") or "",
            input_format=descriptor.get("InputFormat") or "",
            parameters=serde.get("Parameters") or {},
        )


@dataclass(frozen=True)
class Table:
    """A table or view. ``document`` is Glue's own, for what only DDL needs."""

    name: TableName
    columns: tuple[HiveColumn, ...]
    partition_keys: tuple[HiveColumn, ...]
    storage: Storage
    parameters: Mapping[str, str]
    document: Mapping[str, Any]

    @property
    def is_view(self) -> bool:
        return self.document.get("TableType") == "VIRTUAL_VIEW"


@dataclass(frozen=True)
class RegisteredPartition:
    """A partition of the catalogue: its values in the order of the table's keys."""

    values: tuple[str, ...]
    storage: Storage
    columns: tuple[HiveColumn, ...]


class Catalogue:
    """Reads tables and partitions."""

    def __init__(self, glue: Any) -> None:
        self.glue = glue

    def has_database(self, name: str) -> bool:
        """Whether the database exists."""
        try:
            self.glue.get_database(Name=name)
        except ClientError as error:
            if _code(error) == "EntityNotFoundException":
                return False
            raise
        return True

    def table(self, name: TableName) -> Table | None:
        """A table or view, or None when there is none of that name."""
        if name.catalog != CATALOG:
            raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{name.catalog}' does not exist")
        try:
            document = self.glue.get_table(DatabaseName=name.database, Name=name.name)["Table"]
        except ClientError as error:
            if _code(error) == "EntityNotFoundException":
                return None
            raise
        return read_table(name, document)

    def check_database(self, name: TableName) -> None:
        """Raise QueryError SCHEMA_NOT_FOUND when the database of a name does not exist."""
        if not self.has_database(name.database):
            raise QueryError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{name.database}' does not exist")

    def existing(self, name: TableName) -> Table:
        """A table or view; raises QueryError SCHEMA_NOT_FOUND or TABLE_NOT_FOUND."""
        table = self.table(name)
        if table is None:
            self.check_database(name)
            raise QueryError(
                "TABLE_NOT_FOUND", f"line 1:1: Table '{name.catalog}.{name.database}.{name.name}' does not exist"
            )
        return table

    def databases(self) -> list[str]:
        """The names of all databases, in order."""
        pages = self.glue.get_paginator("get_databases").paginate()
        return sorted(str(found["Name"]) for page in pages for found in page["DatabaseList"])

    def tables(self, database: str) -> Iterator[dict[str, Any]]:
        """Glue's documents of a database's tables and views, by name."""
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        yield from sorted(
            (table for page in pages for table in page["TableList"]), key=lambda table: str(table["Name"])
        )

    def partitions(self, name: TableName) -> Iterator[RegisteredPartition]:
        """Every registered partition of a table."""
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=name.database, TableName=name.name)
        for page in pages:
            for partition in page["Partitions"]:
                descriptor = partition.get("StorageDescriptor") or {}
                yield RegisteredPartition(
                    values=tuple(partition["Values"]),
                    storage=Storage.of(descriptor),
                    columns=_columns(descriptor.get("Columns") or ()),
                )


def read_table(name: TableName, document: Mapping[str, Any]) -> Table:
    """Read Glue's document of a table."""
    descriptor = document.get("StorageDescriptor") or {}
    return Table(
        name=name,
        columns=_columns(descriptor.get("Columns") or ()),
        partition_keys=_columns(document.get("PartitionKeys") or ()),
        storage=Storage.of(descriptor),
        parameters=document.get("Parameters") or {},
        document=document,
    )


def check_kind(table: Table) -> None:
    """Raise QueryError NOT_SUPPORTED for a table whose rows are not those of all files in its folder.

    Which properties name a format: https://docs.aws.amazon.com/athena/latest/ug/delta-lake-tables.html and
    querying-iceberg.html. Its log says which files count, so reading or adding files would be wrong without a word.
    """
    parameters = table.parameters
    said = {parameters.get(name, "").upper() for name in ("table_type", "spark.sql.sources.provider")}
    kind = next((word for name, word in _OPEN_FORMATS.items() if name in said), None)
    if table.document.get("TargetTable"):
        kind = "Resource link"
    if kind is not None:
        name = f"{table.name.database}.{table.name.name}"
        raise QueryError("NOT_SUPPORTED", f"{kind} tables are not supported by the local stage: {name} is one")


_OPEN_FORMATS = {"ICEBERG": "Iceberg", "DELTA": "Delta Lake", "HUDI": "Hudi"}


def _columns(documents: Any) -> tuple[HiveColumn, ...]:
    return tuple(
        HiveColumn(column["Name"].lower(), column.get("Type") or "string", column.get("Comment") or "")
        for column in documents
    )


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
