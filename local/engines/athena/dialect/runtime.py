"""What a DuckDB connection needs before a translated query runs on it."""

from __future__ import annotations

import duckdb


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """See ``dialect.prepare``."""
    connection.execute("SET TimeZone = 'UTC'")
