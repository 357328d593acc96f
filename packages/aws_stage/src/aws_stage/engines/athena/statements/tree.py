"""DDL, SHOW and prepared statements, as they are read. Names are lower case, as the catalogue keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Name:
    """A name as written: the parts before the last may be missing."""

    name: str
    database: str | None = None
    catalog: str | None = None


@dataclass(frozen=True)
class ColumnDefinition:
    """``type`` is Hive's type text without spaces."""

    name: str
    type: str
    comment: str | None = None


@dataclass(frozen=True)
class Format:
    """How files are written: a SerDe and its properties, and the Hadoop classes that find the rows."""

    serde: str
    properties: Mapping[str, str]
    input_format: str
    output_format: str


PartitionSpec = Mapping[str, str]


class Statement:
    """Base of every statement here."""


@dataclass(frozen=True)
class CreateDatabase(Statement):
    name: str
    if_not_exists: bool
    comment: str | None
    location: str | None
    properties: Mapping[str, str]


@dataclass(frozen=True)
class DropDatabase(Statement):
    name: str
    if_exists: bool
    cascade: bool


@dataclass(frozen=True)
class SetDatabaseProperties(Statement):
    name: str
    properties: Mapping[str, str]


@dataclass(frozen=True)
class CreateTable(Statement):
    name: Name
    if_not_exists: bool
    columns: tuple[ColumnDefinition, ...]
    partition_keys: tuple[ColumnDefinition, ...]
    comment: str | None
    format: Format
    location: str
    properties: Mapping[str, str]


@dataclass(frozen=True)
class DropTable(Statement):
    name: Name
    if_exists: bool


@dataclass(frozen=True)
class AddPartitions(Statement):
    name: Name
    if_not_exists: bool
    partitions: tuple[tuple[PartitionSpec, str | None], ...]


@dataclass(frozen=True)
class DropPartitions(Statement):
    name: Name
    if_exists: bool
    partitions: tuple[PartitionSpec, ...]


@dataclass(frozen=True)
class RenamePartition(Statement):
    name: Name
    old: PartitionSpec
    new: PartitionSpec


@dataclass(frozen=True)
class SetLocation(Statement):
    name: Name
    partition: PartitionSpec | None
    location: str


@dataclass(frozen=True)
class SetTableProperties(Statement):
    name: Name
    properties: Mapping[str, str]


@dataclass(frozen=True)
class AddColumns(Statement):
    """ADD COLUMNS, or REPLACE COLUMNS where ``replace``."""

    name: Name
    columns: tuple[ColumnDefinition, ...]
    replace: bool


@dataclass(frozen=True)
class RepairTable(Statement):
    name: Name


@dataclass(frozen=True)
class ShowDatabases(Statement):
    pattern: str | None


@dataclass(frozen=True)
class ShowTables(Statement):
    """SHOW TABLES, or SHOW VIEWS where ``views``; ``pattern`` is a regular expression or ``*`` pattern."""

    database: str | None
    pattern: str | None
    views: bool


@dataclass(frozen=True)
class ShowPartitions(Statement):
    name: Name


@dataclass(frozen=True)
class ShowColumns(Statement):
    name: Name


@dataclass(frozen=True)
class ShowCreate(Statement):
    """SHOW CREATE TABLE, or SHOW CREATE VIEW where ``view``."""

    name: Name
    view: bool


@dataclass(frozen=True)
class ShowTableProperties(Statement):
    name: Name
    key: str | None


@dataclass(frozen=True)
class Describe(Statement):
    name: Name


@dataclass(frozen=True)
class DropView(Statement):
    name: Name
    if_exists: bool


@dataclass(frozen=True)
class Prepare(Statement):
    name: str
    query: str


@dataclass(frozen=True)
class Execute(Statement):
    """``arguments`` are SQL texts."""

    name: str
    arguments: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Deallocate(Statement):
    name: str
