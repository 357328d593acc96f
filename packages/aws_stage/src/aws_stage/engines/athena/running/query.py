"""SELECT and CREATE VIEW."""

from __future__ import annotations

from trino_on_duckdb import QueryError, Translation
from trino_on_duckdb.syntax import tree

from aws_stage.engines.athena.ddl.catalog_access import CatalogAccess, failed
from aws_stage.engines.athena.ddl.views import put_view
from aws_stage.engines.athena.running.context import Outcome, QueryContext
from aws_stage.engines.athena.running.planning import plan
from aws_stage.engines.athena.running.results import write_lines, write_rows
from aws_stage.engines.athena.statements.tree import Name


def run_query(context: QueryContext, query: tree.Query) -> Outcome:
    """Run a query (SELECT, VALUES, WITH, …) and write its result."""
    with context.lake() as lake:
        translation = plan(context, lake, query)
        return write_rows(context, lake, translation)


def create_view(context: QueryContext, statement: tree.CreateView) -> Outcome:
    """Check a view's query and keep it."""
    access = CatalogAccess(context.catalogue, context.session)
    name = access.full_name(Name(*reversed([part.lower() for part in statement.name])))
    access.database(name.database)
    existing = context.catalogue.table(name)
    if existing is not None and not existing.is_view:
        raise failed(f"SemanticException: {name.name} is a table, not a view")
    if existing is not None and not statement.replace:
        raise QueryError(
            "ALREADY_EXISTS", f"line 1:1: View already exists: '{name.catalog}.{name.database}.{name.name}'"
        )
    with context.lake() as lake:
        translation = plan(context, lake, statement.query, replaced=name)
    check_names(translation)
    put_view(access, context.session, name, statement.query.text, translation.columns)
    return write_lines(context, (), [])


def check_names(translation: Translation) -> None:
    """A view and a table need a name for each column, and each its own."""
    seen: set[str] = set()
    for position, column in enumerate(translation.columns, start=1):
        if column.name.startswith("_col") and column.name[4:].isdecimal():
            raise QueryError("COLUMN_NAME_NOT_SPECIFIED", f"line 1:1: Column name not specified at position {position}")
        if column.name.lower() in seen:
            raise QueryError("DUPLICATE_COLUMN_NAME", f"line 1:1: Column name '{column.name}' specified more than once")
        seen.add(column.name.lower())
