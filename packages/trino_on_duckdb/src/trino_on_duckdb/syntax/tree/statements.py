"""Statements."""

from __future__ import annotations

from dataclasses import dataclass, field

from trino_on_duckdb.syntax.tree.nodes import Node
from trino_on_duckdb.syntax.tree.queries import Query


@dataclass(frozen=True)
class CreateTableAs(Node):
    """``properties`` are the WITH list's, names in lower case; values str, int, float, bool, None or a list of them."""

    name: tuple[str, ...]
    query: Query
    if_not_exists: bool = False
    with_data: bool = True
    comment: str | None = None
    columns: tuple[str, ...] = ()
    properties: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateView(Node):
    name: tuple[str, ...]
    query: Query
    replace: bool = False


@dataclass(frozen=True)
class Insert(Node):
    """``columns`` empty means the table's, in order."""

    name: tuple[str, ...]
    query: Query
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unload(Node):
    query: Query
    location: str
    properties: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Explain(Node):
    """``options`` as written, names in lower case, for example ``{"type": "LOGICAL", "format": "TEXT"}``."""

    statement: Statement
    analyze: bool = False
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Other(Node):
    """A statement that is no query and holds none (DDL and the like): its text, whole, without the semicolon."""

    text: str


Statement = Query | CreateTableAs | CreateView | Insert | Unload | Explain | Other
