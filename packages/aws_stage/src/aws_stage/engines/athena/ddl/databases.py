"""CREATE, ALTER, DROP DATABASE and SHOW DATABASES."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_stage.engines.athena.ddl.catalog_access import CatalogAccess, glue_errors, task_failed
from aws_stage.engines.athena.ddl.patterns import matches
from aws_stage.engines.athena.statements.tree import CreateDatabase, DropDatabase, SetDatabaseProperties, ShowDatabases


def create_database(access: CatalogAccess, statement: CreateDatabase) -> Sequence[str]:
    if access.catalogue.has_database(statement.name):
        if statement.if_not_exists:
            return []
        raise task_failed(f"Database {statement.name} already exists")
    document: dict[str, Any] = {"Name": statement.name, "Parameters": dict(statement.properties)}
    if statement.comment is not None:
        document["Description"] = statement.comment
    if statement.location is not None:
        document["LocationUri"] = statement.location
    with glue_errors():
        access.glue.create_database(DatabaseInput=document)
    return []


def drop_database(access: CatalogAccess, statement: DropDatabase) -> Sequence[str]:
    if not access.catalogue.has_database(statement.name):
        if statement.if_exists:
            return []
        raise task_failed(f"Database does not exist: {statement.name}")
    if not statement.cascade and next(access.catalogue.tables(statement.name), None) is not None:
        raise task_failed(
            f"InvalidOperationException(message:Database {statement.name} is not empty. One or more tables exist.)"
        )
    with glue_errors():
        access.glue.delete_database(Name=statement.name)
    return []


def set_database_properties(access: CatalogAccess, statement: SetDatabaseProperties) -> Sequence[str]:
    name = access.database(statement.name)
    with glue_errors():
        found = access.glue.get_database(Name=name)["Database"]
        members = ("Name", "Description", "LocationUri")
        document = {member: found[member] for member in members if found.get(member) is not None}
        document["Parameters"] = {**(found.get("Parameters") or {}), **statement.properties}
        access.glue.update_database(Name=name, DatabaseInput=document)
    return []


def show_databases(access: CatalogAccess, statement: ShowDatabases) -> Sequence[str]:
    return [name for name in access.catalogue.databases() if matches(statement.pattern, name)]
