"""Queries and the relations that they read."""

from __future__ import annotations

from dataclasses import dataclass, field

from trino_on_duckdb.syntax.tree.calls import SortItem, Window
from trino_on_duckdb.syntax.tree.expressions import Identifier
from trino_on_duckdb.syntax.tree.nodes import Expression, Node


class RelationNode(Node):
    """Base of what stands after FROM."""


@dataclass(frozen=True)
class Table(RelationNode):
    parts: tuple[Identifier, ...]


@dataclass(frozen=True)
class SubqueryRelation(RelationNode):
    """``lateral`` when written LATERAL."""

    query: Query
    lateral: bool = False


@dataclass(frozen=True)
class Unnest(RelationNode):
    expressions: tuple[Expression, ...]
    ordinality: bool


@dataclass(frozen=True)
class Aliased(RelationNode):
    relation: RelationNode
    alias: Identifier
    columns: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class Join(RelationNode):
    """``kind`` is ``inner``, ``left``, ``right``, ``full`` or ``cross`` (also for the comma)."""

    kind: str
    left: RelationNode
    right: RelationNode
    on: Expression | None = None
    using: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class SelectItem(Node):
    expression: Expression
    alias: Identifier | None = None


@dataclass(frozen=True)
class AllColumns(Node):
    """``*`` or ``base.*`` with an optional list of names."""

    base: Expression | None = None
    names: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class GroupingElement(Node):
    """``kind`` is ``simple`` (one set), ``rollup``, ``cube`` or ``sets``."""

    kind: str
    sets: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class Select(Node):
    items: tuple[SelectItem | AllColumns, ...]
    distinct: bool = False
    relation: RelationNode | None = None
    where: Expression | None = None
    group: tuple[GroupingElement, ...] | None = None
    group_distinct: bool = False
    having: Expression | None = None
    windows: tuple[tuple[Identifier, Window], ...] = ()


@dataclass(frozen=True)
class SetOperation(Node):
    """``operator`` is ``union``, ``intersect`` or ``except``."""

    operator: str
    distinct: bool
    left: Body
    right: Body


@dataclass(frozen=True)
class Values(Node):
    rows: tuple[Expression, ...]


@dataclass(frozen=True)
class NamedQuery(Node):
    name: Identifier
    columns: tuple[Identifier, ...]
    query: Query


@dataclass(frozen=True)
class Query(Node):
    """``limit`` None is no limit (also LIMIT ALL); ``ties`` is FETCH … WITH TIES; ``text`` the query as written."""

    body: Body
    named: tuple[NamedQuery, ...] = ()
    order: tuple[SortItem, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None
    ties: bool = False
    text: str = field(default="", compare=False)


Body = Select | SetOperation | Values | Table | Query
