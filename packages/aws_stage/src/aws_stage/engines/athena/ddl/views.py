"""Views, as Athena keeps them in the catalogue: Presto's JSON in base64 inside a comment."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trino_on_duckdb import Column, QueryError, Session, TableName

from aws_stage.engines.athena.ddl.catalog_access import CatalogAccess, failed, glue_errors
from aws_stage.engines.athena.ddl.hive_types import hive_type
from aws_stage.engines.athena.lake.catalogue import CATALOG, Table
from aws_stage.engines.athena.statements.tree import DropView, Name, ShowCreate

_PREFIX, _SUFFIX = "/* Presto View: ", " */"


def put_view(access: CatalogAccess, session: Session, name: TableName, query: str, columns: Sequence[Column]) -> None:
    """Create or replace a view."""
    definition = {
        "originalSql": query,
        "catalog": CATALOG,
        "schema": session.database,
        "columns": [{"name": column.name, "type": column.type} for column in columns],
    }
    encoded = base64.b64encode(json.dumps(definition).encode()).decode()
    document: dict[str, Any] = {
        "Name": name.name,
        "Description": "Presto View",
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "ViewOriginalText": f"{_PREFIX}{encoded}{_SUFFIX}",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [{"Name": column.name, "Type": hive_type(column.type)} for column in columns],
            "Location": "",
            "Compressed": False,
            "NumberOfBuckets": 0,
            "SerdeInfo": {},
            "SortColumns": [],
            "StoredAsSubDirectories": False,
        },
    }
    with glue_errors():
        if access.catalogue.table(name) is None:
            access.glue.create_table(DatabaseName=name.database, TableInput=document)
        else:
            access.glue.update_table(DatabaseName=name.database, TableInput=document)


@dataclass(frozen=True)
class View:
    """A view's query, the database that its names are in, and the columns that it had when it was made."""

    query: str
    database: str
    columns: tuple[Column, ...]


def read_view(table: Table) -> View:
    """The view that a catalogue entry holds; QueryError for a view of another engine."""
    text = str(table.document.get("ViewOriginalText") or "")
    if not text.startswith(_PREFIX) or not text.endswith(_SUFFIX):
        raise QueryError(
            "NOT_SUPPORTED",
            f"View {table.name.database}.{table.name.name} was not made by Athena: it cannot be read here",
        )
    definition = json.loads(base64.b64decode(text[len(_PREFIX) : -len(_SUFFIX)]))
    columns = tuple(Column(column["name"], column["type"]) for column in definition["columns"])
    return View(definition["originalSql"], definition.get("schema") or table.name.database, columns)


def drop_view(access: CatalogAccess, statement: DropView) -> Sequence[str]:
    name = access.full_name(statement.name)
    table = access.catalogue.table(name)
    if table is None:
        if statement.if_exists:
            return []
        raise failed(f"SemanticException [Error 10001]: View not found {name.name}")
    if not table.is_view:
        raise failed(f"SemanticException: {name.name} is a table, not a view: use DROP TABLE")
    with glue_errors():
        access.glue.delete_table(DatabaseName=name.database, Name=name.name)
    return []


def show_create_view(access: CatalogAccess, statement: ShowCreate) -> Sequence[str]:
    table = view_named(access, statement.name)
    query = read_view(table).query.strip()
    return f"CREATE VIEW {table.name.database}.{table.name.name} AS\n{query}".split("\n")


def view_named(access: CatalogAccess, name: Name) -> Table:
    """A view that exists."""
    table = access.table(name)
    if not table.is_view:
        raise failed(f"SemanticException: {name.name} is a table, not a view")
    return table
