"""What the whole of a query's translation shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from trino_on_duckdb.names import Relation, Session, TableName
from trino_on_duckdb.scopes import Scope
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.types import Type


@dataclass(frozen=True)
class OutputColumn:
    """A column of a query's result; ``label`` is None where Trino gives it no name."""

    label: str | None
    type: Type


@dataclass(frozen=True)
class Rendered:
    """A query in DuckDB's SQL; its columns are named ``c0``, ``c1``, … there."""

    sql: str
    columns: tuple[OutputColumn, ...]


@dataclass(frozen=True)
class NamedQuery:
    """A WITH query: its name in DuckDB's SQL, and its columns."""

    name: str
    columns: tuple[OutputColumn, ...]


@dataclass(frozen=True)
class Context:
    """``named`` are the WITH queries in sight, by their names in lower case.

    ``render_query`` writes a query that stands inside an expression or a FROM clause, with the names of the scope
    around it in sight. It is carried here since queries are made of expressions, and expressions of queries.
    """

    relations: Mapping[TableName, Relation]
    session: Session
    render_query: Callable[[tree.Query, Context, Scope | None], Rendered]
    named: Mapping[str, NamedQuery] = field(default_factory=dict)

    def with_named(self, named: Mapping[str, NamedQuery]) -> Context:
        return replace(self, named={**self.named, **named})
