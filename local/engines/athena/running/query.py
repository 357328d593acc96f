"""Running a query: plan its tables, translate it, run it, write its rows."""

from __future__ import annotations

from typing import Any

from local.engines.athena.dialect import Column, QueryError, Relation, TableName, hive_to_athena
from local.engines.athena.lake.relations import Lake
from local.engines.athena.provisional import parse, partition_predicate, tables_in, translate
from local.engines.athena.running.context import Outcome, QueryContext
from local.engines.athena.running.results import write_rows


def run_query(context: QueryContext, sql: str) -> Outcome:
    """Run one SELECT (or VALUES, WITH, …) and write its result."""
    with context.lake() as lake:
        with context.planned():
            statement = single(parse(sql))
            relations = plan(context, lake, statement)
            translation = translate(statement, relations, context.session, lake.connection)
        cursor = lake.connection.execute(translation.sql)
        return write_rows(context, translation.columns, cursor.fetchmany)


def single(statements: list[Any]) -> Any:
    """The one statement of a text."""
    if len(statements) != 1:
        raise QueryError("SYNTAX_ERROR", "Only one sql statement is allowed.")
    return statements[0]


def plan(context: QueryContext, lake: Lake, statement: Any) -> dict[TableName, Relation]:
    """Where the rows of each table of a statement come from."""
    relations = {}
    for name in tables_in(statement, context.session):
        context.cancellation.check()
        table = context.catalogue.existing(name)
        keys = [Column(key.name, hive_to_athena(key.type)) for key in table.partition_keys]
        relations[name] = lake.relation(table, partition_predicate(statement, name, keys, context.session))
    return relations
