"""EXPLAIN and EXPLAIN ANALYZE: the plan that runs here, which is DuckDB's and not Trino's."""

from __future__ import annotations

from trino_on_duckdb import QueryError
from trino_on_duckdb.syntax import tree

from aws_stage.engines.athena.running.context import Outcome, QueryContext
from aws_stage.engines.athena.running.planning import plan
from aws_stage.engines.athena.running.results import write_lines


def explain(context: QueryContext, statement: tree.Explain) -> Outcome:
    """Write the plan of a query as text; ``TYPE VALIDATE`` only checks it."""
    kind = statement.options.get("type", "DISTRIBUTED")
    form = statement.options.get("format", "TEXT")
    if kind not in ("LOGICAL", "DISTRIBUTED", "VALIDATE") or form != "TEXT":
        raise QueryError("NOT_SUPPORTED", f"EXPLAIN (TYPE {kind}, FORMAT {form}) is not supported by the local stage")
    query = statement.statement if isinstance(statement.statement, tree.Query) else None
    if query is None:
        raise QueryError("NOT_SUPPORTED", "EXPLAIN is supported by the local stage for queries only")
    with context.lake() as lake:
        translation = plan(context, lake, query)
        if kind == "VALIDATE":
            return write_lines(context, ("Valid",), ["true"])
        word = "EXPLAIN ANALYZE" if statement.analyze else "EXPLAIN"
        plans = lake.connection.execute(f"{word} {translation.sql}").fetchall()
    lines = [line for _, text in plans for line in str(text).splitlines()]
    return write_lines(context, ("Query Plan",), ["DuckDB plan (the local stage runs no Trino):", *lines])
