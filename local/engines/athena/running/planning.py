"""From a query's text to DuckDB's SQL: its tables found, pruned and put in place."""

from __future__ import annotations

from contextlib import nullcontext

from local.engines.athena.ddl.views import read_view
from local.engines.athena.dialect import (
    Column,
    QueryError,
    Relation,
    Session,
    TableName,
    Translation,
    hive_to_athena,
    parse,
    partition_predicate,
    tables_in,
    translate,
)
from local.engines.athena.dialect.syntax import tree
from local.engines.athena.lake.catalogue import Table
from local.engines.athena.lake.relations import Lake
from local.engines.athena.running.context import QueryContext

DEEPEST_VIEW = 20
"""Views inside views; more than this is taken for a view that reads itself."""


def plan(
    context: QueryContext, lake: Lake, query: tree.Query, session: Session | None = None, depth: int = 0
) -> Translation:
    """A query in DuckDB's SQL over the objects that it needs. A view brings its own ``session``."""
    with context.timed("planning") if depth == 0 else nullcontext():
        session = session or context.session
        relations: dict[TableName, Relation] = {}
        for name in tables_in(query, session):
            context.cancellation.check()
            table = context.catalogue.table(name)
            if table is None:
                context.catalogue.check_database(name)
            elif table.is_view:
                relations[name] = _view(context, lake, table, depth)
            else:
                keys = [Column(key.name, hive_to_athena(key.type)) for key in table.partition_keys]
                relations[name] = lake.relation(table, partition_predicate(query, name, keys, session))
        return translate(query, relations, session)


def _view(context: QueryContext, lake: Lake, table: Table, depth: int) -> Relation:
    """The rows of a view: its query, run where the view was made."""
    name = f"{table.name.catalog}.{table.name.database}.{table.name.name}"
    if depth >= DEEPEST_VIEW:
        raise QueryError("VIEW_IS_RECURSIVE", f"Statement would create a recursive view: '{name}'")
    view = read_view(table)
    session = Session(context.session.now, context.session.catalog, view.database)
    [statement] = parse(view.query)
    if not isinstance(statement, tree.Query):
        raise QueryError("INVALID_VIEW", f"Failed analyzing stored view '{name}': it is no query")
    translation = plan(context, lake, statement, session, depth + 1)
    for position, (now, made) in enumerate(zip(translation.columns, view.columns, strict=False)):
        if now != made:
            raise QueryError(
                "VIEW_IS_STALE",
                f"View '{name}' is stale or in invalid state: column [{now.name}] of type {now.type} projected from "
                f"query view at position {position} cannot be coerced to column [{made.name}] of type {made.type} "
                "stored in view definition",
            )
    if len(translation.columns) != len(view.columns):
        raise QueryError("VIEW_IS_STALE", f"View '{name}' is stale or in invalid state: its columns have changed")
    return Relation(f"({translation.sql})", translation.columns)
