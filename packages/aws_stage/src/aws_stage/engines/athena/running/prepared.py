"""PREPARE, EXECUTE and DEALLOCATE PREPARE."""

from __future__ import annotations

from botocore.exceptions import ClientError, ParamValidationError
from trino_on_duckdb import QueryError, parse

from aws_stage.engines.athena.running.context import Outcome, QueryContext
from aws_stage.engines.athena.running.results import write_lines
from aws_stage.engines.athena.statements.lexer import tokens
from aws_stage.engines.athena.statements.tree import Deallocate, Execute, Prepare


def prepare(context: QueryContext, statement: Prepare) -> Outcome:
    """Keep a statement under a name in the execution's workgroup, replacing one of that name."""
    places = sum(1 for token in tokens(statement.query) if token.kind == "symbol" and token.text == "?")
    parse(statement.query, ["NULL"] * places)
    athena, name = context.clients("athena"), {"WorkGroup": _workgroup(context), "StatementName": statement.name}
    query = {"QueryStatement": statement.query.strip()}
    try:
        if _find(context, statement.name) is None:
            athena.create_prepared_statement(**name, **query)
        else:
            athena.update_prepared_statement(**name, **query)
    except ClientError as error:
        raise QueryError("INVALID_PARAMETER_USAGE", error.response["Error"]["Message"]) from error
    except ParamValidationError as error:
        raise QueryError("INVALID_PARAMETER_USAGE", str(error)) from error
    return write_lines(context, (), [])


def prepared_query(context: QueryContext, statement: Execute) -> str:
    """The text of the statement that EXECUTE names."""
    text = _find(context, statement.name)
    if text is None:
        raise _not_found(statement.name)
    first = next(tokens(text), None)
    if first is not None and first.upper in ("PREPARE", "EXECUTE", "DEALLOCATE"):
        raise QueryError("NOT_SUPPORTED", f"Invalid statement type for prepared statement: {first.upper}")
    return text


def deallocate(context: QueryContext, statement: Deallocate) -> Outcome:
    """Forget a prepared statement."""
    if _find(context, statement.name) is None:
        raise _not_found(statement.name)
    context.clients("athena").delete_prepared_statement(WorkGroup=_workgroup(context), StatementName=statement.name)
    return write_lines(context, (), [])


def _find(context: QueryContext, name: str) -> str | None:
    """The text of the workgroup's prepared statement of this name, None when there is none."""
    athena = context.clients("athena")
    try:
        found = athena.get_prepared_statement(WorkGroup=_workgroup(context), StatementName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return str(found["PreparedStatement"]["QueryStatement"])


def _workgroup(context: QueryContext) -> str:
    return str(context.execution["WorkGroup"])


def _not_found(name: str) -> QueryError:
    return QueryError("NOT_FOUND", f"Prepared statement not found: {name}")
