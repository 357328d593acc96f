"""Which function runs which statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trino_on_duckdb import QueryError, parse
from trino_on_duckdb.syntax import tree as queries

from aws_stage.engines.athena.ddl import databases, partitions, shows, tables, views
from aws_stage.engines.athena.ddl.catalog_access import CatalogAccess
from aws_stage.engines.athena.running.context import Outcome, QueryContext
from aws_stage.engines.athena.running.explain import explain
from aws_stage.engines.athena.running.prepared import deallocate, prepare, prepared_query
from aws_stage.engines.athena.running.query import create_view, run_query
from aws_stage.engines.athena.running.results import write_lines
from aws_stage.engines.athena.running.writing import create_table_as, insert, unload
from aws_stage.engines.athena.statements import tree
from aws_stage.engines.athena.statements.parser import parse_statement


@dataclass(frozen=True)
class _Answer:
    """A statement that answers with lines: the names of its result's columns, and what makes the lines."""

    columns: tuple[str, ...]
    lines: Callable[[CatalogAccess, Any], Sequence[str]]


def run_statement(context: QueryContext, sql: str, parameters: Sequence[str] = ()) -> Outcome:
    """Run the one statement of a text; ``parameters`` are the SQL texts that its ``?`` stand for."""
    with context.timed("planning"):
        statements = parse(sql, parameters)
        if len(statements) != 1:
            raise QueryError("SYNTAX_ERROR", f"Only one sql statement is allowed. Got: {sql}")
        statement = statements[0]
        own = parse_statement(statement.text) if isinstance(statement, queries.Other) else None
    if own is None:
        return _RUNNERS[type(statement)](context, statement)
    if isinstance(own, tree.Execute):
        return run_statement(context, prepared_query(context, own), own.arguments or parameters)
    return _run_own(context, own)


def _run_own(context: QueryContext, statement: tree.Statement) -> Outcome:
    access = CatalogAccess(context.catalogue, context.session)
    match statement:
        case tree.Prepare():
            return prepare(context, statement)
        case tree.Deallocate():
            return deallocate(context, statement)
        case tree.CreateTable():
            notice = tables.warning(statement)
            return replace(write_lines(context, (), tables.create_table(access, statement)), notice=notice)
        case tree.RepairTable():
            return write_lines(context, (), partitions.repair_table(access, context.store, statement))
        case tree.ShowTables():
            column = "views" if statement.views else "tab_name"
            return write_lines(context, (column,), shows.show_tables(access, statement))
        case tree.ShowCreate(view=True):
            return write_lines(context, ("Create View",), views.show_create_view(access, statement))
    answer = _ANSWERS[type(statement)]
    return write_lines(context, answer.columns, answer.lines(access, statement))


_RUNNERS: dict[type[Any], Callable[[QueryContext, Any], Outcome]] = {
    queries.Query: run_query,
    queries.CreateView: create_view,
    queries.CreateTableAs: create_table_as,
    queries.Insert: insert,
    queries.Unload: unload,
    queries.Explain: explain,
}
_ANSWERS: dict[type[tree.Statement], _Answer] = {
    tree.CreateDatabase: _Answer((), databases.create_database),
    tree.DropDatabase: _Answer((), databases.drop_database),
    tree.SetDatabaseProperties: _Answer((), databases.set_database_properties),
    tree.ShowDatabases: _Answer(("database_name",), databases.show_databases),
    tree.DropTable: _Answer((), tables.drop_table),
    tree.AddColumns: _Answer((), tables.add_columns),
    tree.SetTableProperties: _Answer((), tables.set_table_properties),
    tree.SetLocation: _Answer((), tables.set_location),
    tree.AddPartitions: _Answer((), partitions.add_partitions),
    tree.DropPartitions: _Answer((), partitions.drop_partitions),
    tree.RenamePartition: _Answer((), partitions.rename_partition),
    tree.ShowPartitions: _Answer(("partition",), partitions.show_partitions),
    tree.ShowColumns: _Answer(("field",), shows.show_columns),
    tree.ShowTableProperties: _Answer(("prpt_name", "prpt_value"), shows.show_table_properties),
    tree.ShowCreate: _Answer(("createtab_stmt",), shows.show_create_table),
    tree.Describe: _Answer(("col_name", "data_type", "comment"), shows.describe),
    tree.DropView: _Answer((), views.drop_view),
}
