"""PREPARE, EXECUTE and DEALLOCATE PREPARE."""

from __future__ import annotations

from trino_on_duckdb import QueryError, parse

from local.engine import AwsError
from local.engines.athena.running.context import Outcome, QueryContext
from local.engines.athena.running.results import write_lines
from local.engines.athena.statements.lexer import tokens
from local.engines.athena.statements.tree import Deallocate, Execute, Prepare


def prepare(context: QueryContext, statement: Prepare) -> Outcome:
    """Keep a statement under a name in the execution's workgroup, replacing one of that name."""
    places = sum(1 for token in tokens(statement.query) if token.kind == "symbol" and token.text == "?")
    parse(statement.query, ["NULL"] * places)
    try:
        context.prepared.put(context.execution["WorkGroup"], statement.name, statement.query.strip())
    except AwsError as error:
        raise QueryError("INVALID_PARAMETER_USAGE", error.message) from error
    return write_lines(context, (), [])


def prepared_query(context: QueryContext, statement: Execute) -> str:
    """The text of the statement that EXECUTE names."""
    found = context.prepared.find(context.execution["WorkGroup"], statement.name)
    if found is None:
        raise QueryError("NOT_FOUND", f"Prepared statement not found: {statement.name}")
    text = str(found["QueryStatement"])
    first = next(tokens(text), None)
    if first is not None and first.upper in ("PREPARE", "EXECUTE", "DEALLOCATE"):
        raise QueryError("NOT_SUPPORTED", f"Invalid statement type for prepared statement: {first.upper}")
    return text


def deallocate(context: QueryContext, statement: Deallocate) -> Outcome:
    """Forget a prepared statement."""
    if not context.prepared.remove(context.execution["WorkGroup"], statement.name):
        raise QueryError("NOT_FOUND", f"Prepared statement not found: {statement.name}")
    return write_lines(context, (), [])
