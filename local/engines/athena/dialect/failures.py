"""What DuckDB raised while it ran a translated query, as the error that Athena would give."""

from __future__ import annotations

from local.engines.athena.dialect.errors import QueryError


def query_error(error: Exception) -> QueryError:
    """See ``dialect.query_error``."""
    return QueryError("GENERIC_INTERNAL_ERROR", str(error))
