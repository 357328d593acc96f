"""What translated queries call while they run: macros over DuckDB's own functions, and Python where DuckDB has none."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.runtime.functions import FUNCTIONS, Function
from trino_on_duckdb.runtime.macros import MACROS

SETTINGS = {
    "TimeZone": "UTC",
    "preserve_insertion_order": True,  # the order of a query's rows outlives its outermost projection
    "ieee_floating_point_ops": True,
    "scalar_subquery_error_on_multiple_rows": True,
    "integer_division": False,
    "default_null_order": "NULLS LAST",
    "lambda_syntax": "DISABLE_SINGLE_ARROW",
}


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """See ``dialect.prepare``."""
    configure(connection)
    refused: list[QueryError] = []

    def unrefused(answer: bool) -> bool:
        if refused:
            raise refused[0]
        return answer

    for function in (*FUNCTIONS, Function("unrefused", unrefused, ("BOOLEAN",), "BOOLEAN")):
        body = _watched(function.body, refused)
        connection.create_function(
            f"athena_{function.name}",
            body,
            list(function.parameters),
            function.result,
            null_handling=FunctionNullHandling.SPECIAL,
        )
    for macro in MACROS:
        connection.execute(f"CREATE OR REPLACE MACRO {macro}")


def _watched(body: Callable[..., Any], refused: list[QueryError]) -> Callable[..., Any]:
    """The function, NULL of a NULL; what it refuses is remembered, since TRY would make a NULL of that too."""

    @wraps(body)
    def call(*arguments: Any) -> Any:
        if None in arguments:
            return None
        try:
            return body(*arguments)
        except QueryError as error:
            if error.code == "NOT_SUPPORTED":
                refused.append(error)
            raise

    return call


def configure(connection: duckdb.DuckDBPyConnection, *, everywhere: bool = False) -> None:
    """The settings alone, for texts that call no function of ours; ``everywhere``: for all later connections too."""
    scope = "GLOBAL " if everywhere else ""
    for name, value in SETTINGS.items():
        text = str(value).lower() if isinstance(value, bool) else repr(value)
        connection.execute(f"SET {scope}{name} = {text}")
