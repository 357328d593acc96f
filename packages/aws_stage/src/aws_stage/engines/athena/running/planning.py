"""From a query to DuckDB's SQL: its tables found, pruned and put in place."""

from __future__ import annotations

from dataclasses import replace

from trino_on_duckdb import (
    Column,
    QueryError,
    Relation,
    Session,
    TableName,
    Translation,
    hive_to_athena,
    partition_predicate,
    tables_in,
    translate,
)
from trino_on_duckdb.syntax import tree

from aws_stage.engines.athena.lake.catalogue import Table
from aws_stage.engines.athena.lake.information_schema import SCHEMA, information_schema
from aws_stage.engines.athena.lake.partition_table import SUFFIX, partition_table
from aws_stage.engines.athena.lake.relations import Lake
from aws_stage.engines.athena.running.context import QueryContext
from aws_stage.engines.athena.running.views import ViewQuery, Views


def plan(context: QueryContext, lake: Lake, query: tree.Query, replaced: TableName | None = None) -> Translation:
    """A query in DuckDB's SQL over the objects that it needs; one that ``replaced`` will be must not read that view."""
    with context.timed("planning"):
        views = Views(context.catalogue, context.session, replaced)
        return _Plan(context, lake, views, views.written_out(query)).translated(query, context.session)


class _Plan:
    """One query's plan. ``whole`` is the query with its views written out: what it asks of each table's partitions."""

    def __init__(self, context: QueryContext, lake: Lake, views: Views, whole: tree.Query) -> None:
        self._context = context
        self._lake = lake
        self._views = views
        self._whole = whole
        self._relations: dict[TableName, Relation] = {}

    def translated(self, query: tree.Query, session: Session) -> Translation:
        """The query, or a view's query, read in its session."""
        relations = {}
        for name in tables_in(query, session):
            if name not in self._relations:
                self._context.cancellation.check()
                found = self._relation(name)
                if found is None:
                    continue
                self._relations[name] = found
            relations[name] = self._relations[name]
        return translate(query, relations, session)

    def _relation(self, name: TableName) -> Relation | None:
        """Where the rows of a table or view come from; None when there is no such table, which translate refuses."""
        if name.database == SCHEMA:
            return information_schema(self._context.catalogue, name.name)
        view = self._views.find(name)
        if view is not None:
            return self._of_view(name, view)
        partitioned = self._partitioned(name)
        if partitioned is not None:
            return partition_table(self._context.catalogue, partitioned)
        table = self._views.table(name)
        if table is None:
            self._context.catalogue.check_database(name)
            return None
        keys = [Column(key.name, hive_to_athena(key.type)) for key in table.partition_keys]
        return self._lake.relation(table, partition_predicate(self._whole, name, keys, self._context.session))

    def _partitioned(self, name: TableName) -> Table | None:
        """The table whose partitions a name is for (``"t$partitions"``), if it is one's."""
        if not name.name.endswith(SUFFIX):
            return None
        table = self._views.table(replace(name, name=name.name.removesuffix(SUFFIX)))
        return table if table is not None and table.partition_keys else None

    def _of_view(self, name: TableName, view: ViewQuery) -> Relation:
        translation = self.translated(view.query, view.session)
        shown = f"{name.catalog}.{name.database}.{name.name}"
        for position, (now, made) in enumerate(zip(translation.columns, view.view.columns, strict=False)):
            if now != made:
                raise QueryError(
                    "VIEW_IS_STALE",
                    f"View '{shown}' is stale or in invalid state: column [{now.name}] of type {now.type} projected "
                    f"from query view at position {position} cannot be coerced to column [{made.name}] of type "
                    f"{made.type} stored in view definition",
                )
        if len(translation.columns) != len(view.view.columns):
            raise QueryError("VIEW_IS_STALE", f"View '{shown}' is stale or in invalid state: its columns have changed")
        return Relation(f"({translation.sql})", translation.columns)
