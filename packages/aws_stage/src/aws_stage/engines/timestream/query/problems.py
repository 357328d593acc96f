"""Errors of the dialect as Timestream words them."""

from __future__ import annotations

import re

from trino_on_duckdb import QueryError

from aws_stage.engines.timestream.errors import invalid
from aws_stage.kernel.engine import AwsError

_PLACE = re.compile(r"(line \d+:\d+): ")
_TABLE = re.compile(r"(?P<place>line \d+:\d+): Table '[^.]*\.(?P<database>.*)\.(?P<table>[^.]*)' does not exist")


def refused(error: QueryError, databases: set[str]) -> AwsError:
    """What a query is answered that is not one. ``databases`` are the names that there are, in lower case."""
    message = error.message.replace("the local Athena", "the local stage")
    if error.code == "SYNTAX_ERROR":
        return invalid(_PLACE.sub(r"The query syntax is invalid at \1: ", message, count=1))
    if error.code == "COLUMN_NOT_FOUND":
        return invalid(message.replace("cannot be resolved", "does not exist"))
    table = _TABLE.fullmatch(message)
    if table is not None:
        return invalid(_absent(table, databases))
    return invalid(message)


def failed(error: QueryError) -> AwsError:
    """What a query is answered that failed while it ran."""
    if error.code == "NOT_SUPPORTED":
        return refused(error, set())
    return execution_failed(error.message)


def execution_failed(message: str) -> AwsError:
    """A query that could not be run to its end."""
    return AwsError("QueryExecutionException", message)


def _absent(found: re.Match[str], databases: set[str]) -> str:
    database, table = found["database"], found["table"]
    if not database:
        return f"{found['place']}: Schema must be specified when session schema is not set"
    kind, name = ("table", table) if database in databases else ("database", database)
    return f"Requested {kind} '{name}' not found for identifier '{database}.{table}' at {found['place']}"
