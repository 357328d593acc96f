"""What translated queries call while they run: macros over DuckDB's own functions, and Python where DuckDB has none."""

from __future__ import annotations

import duckdb

from local.engines.athena.dialect.runtime.functions import FUNCTIONS
from local.engines.athena.dialect.runtime.macros import MACROS

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
    for function in FUNCTIONS:
        connection.create_function(f"athena_{function.name}", function.body, list(function.parameters), function.result)
    for macro in MACROS:
        connection.execute(f"CREATE OR REPLACE MACRO {macro}")


def configure(connection: duckdb.DuckDBPyConnection) -> None:
    """The settings alone, for texts that call no function of ours."""
    for name, value in SETTINGS.items():
        connection.execute(f"SET {name} = {str(value).lower() if isinstance(value, bool) else repr(value)}")
