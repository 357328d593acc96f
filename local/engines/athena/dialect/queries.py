"""A query in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Mapping

from local.engines.athena.dialect.errors import QueryError
from local.engines.athena.dialect.names import Relation, Session, TableName, Translation
from local.engines.athena.dialect.syntax import tree


def translate(query: tree.Query, relations: Mapping[TableName, Relation], session: Session) -> Translation:
    """See ``dialect.translate``."""
    raise QueryError("NOT_SUPPORTED", f"{query.place}: no query can be answered yet ({relations}, {session})")
