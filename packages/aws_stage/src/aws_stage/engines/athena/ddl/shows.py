"""SHOW TABLES, VIEWS, COLUMNS, TBLPROPERTIES, CREATE TABLE, and DESCRIBE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aws_stage.engines.athena.ddl.catalog_access import CatalogAccess, failed
from aws_stage.engines.athena.ddl.patterns import matches
from aws_stage.engines.athena.lake.catalogue import HiveColumn
from aws_stage.engines.athena.statements.tree import Describe, ShowColumns, ShowCreate, ShowTableProperties, ShowTables

_WIDTH = 20
"""Hive pads names and types to this many characters."""


def show_tables(access: CatalogAccess, statement: ShowTables) -> Sequence[str]:
    """Tables and views, or views alone."""
    database = access.database(statement.database)
    return [
        found["Name"]
        for found in access.catalogue.tables(database)
        if matches(statement.pattern, found["Name"])
        and (not statement.views or found.get("TableType") == "VIRTUAL_VIEW")
    ]


def show_columns(access: CatalogAccess, statement: ShowColumns) -> Sequence[str]:
    table = access.table(statement.name)
    return [column.name.ljust(_WIDTH) for column in (*table.columns, *table.partition_keys)]


def show_table_properties(access: CatalogAccess, statement: ShowTableProperties) -> Sequence[str]:
    table = access.table(statement.name)
    if statement.key is None:
        return [f"{key}\t{value}" for key, value in sorted(table.parameters.items())]
    if statement.key not in table.parameters:
        return [f"Table {table.name.database}.{table.name.name} does not have property: {statement.key}"]
    return [table.parameters[statement.key]]


def describe(access: CatalogAccess, statement: Describe) -> Sequence[str]:
    table = access.table(statement.name)
    lines = [_described(column) for column in (*table.columns, *table.partition_keys)]
    if not table.partition_keys:
        return lines
    header = "\t".join(name.ljust(_WIDTH) for name in ("# col_name", "data_type", "comment"))
    blank = "\t \t "
    keys = [_described(key) for key in table.partition_keys]
    return [*lines, blank, "# Partition Information\t \t ", header, blank, *keys]


def show_create_table(access: CatalogAccess, statement: ShowCreate) -> Sequence[str]:
    """A CREATE EXTERNAL TABLE that makes the same table again."""
    table = access.table(statement.name)
    if table.is_view:
        raise failed(f"SemanticException: {table.name.name} is a view: use SHOW CREATE VIEW")
    descriptor = table.document.get("StorageDescriptor") or {}
    lines = [f"CREATE EXTERNAL TABLE `{table.name.name}`(", *_definitions(table.columns)]
    if table.parameters.get("comment"):
        lines += ["COMMENT", f"  {_text(table.parameters['comment'])}"]
    if table.partition_keys:
        lines += ["PARTITIONED BY ( ", *_definitions(table.partition_keys)]
    lines += ["ROW FORMAT SERDE ", f"  {_text(table.storage.serde)} "]
    if table.storage.parameters:
        lines += ["WITH SERDEPROPERTIES ( ", *_pairs(table.storage.parameters)]
    lines += ["STORED AS INPUTFORMAT ", f"  {_text(table.storage.input_format)} "]
    lines += ["OUTPUTFORMAT ", f"  {_text(str(descriptor.get('OutputFormat') or ''))}"]
    lines += ["LOCATION", f"  {_text(table.storage.location)}"]
    properties = {key: value for key, value in table.parameters.items() if key not in ("EXTERNAL", "comment")}
    if properties:
        lines += ["TBLPROPERTIES (", *_pairs(properties)]
    return lines


def _described(column: HiveColumn) -> str:
    return "\t".join(text.ljust(_WIDTH) for text in (column.name, column.type, column.comment))


def _definitions(columns: Sequence[HiveColumn]) -> Iterable[str]:
    for index, column in enumerate(columns):
        comment = f" COMMENT {_text(column.comment)}" if column.comment else ""
        yield f"  `{column.name}` {column.type}{comment}{')' if index == len(columns) - 1 else ', '}"


def _pairs(properties: Mapping[str, str]) -> Iterable[str]:
    pairs = sorted(properties.items())
    for index, (key, value) in enumerate(pairs):
        yield f"  {_text(key)}={_text(value)}{')' if index == len(pairs) - 1 else ', '}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    return "'" + "".join(f"\\u{ord(letter):04x}" if ord(letter) < 32 else letter for letter in escaped) + "'"
