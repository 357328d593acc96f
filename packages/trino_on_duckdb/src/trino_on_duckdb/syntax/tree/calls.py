"""Calls, with the windows and orders that belong to them."""

from __future__ import annotations

from dataclasses import dataclass

from trino_on_duckdb.syntax.tree.expressions import Identifier
from trino_on_duckdb.syntax.tree.nodes import Expression, Node


@dataclass(frozen=True)
class SortItem(Node):
    expression: Expression
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True)
class FrameBound(Node):
    """``kind`` is ``unbounded preceding``, ``preceding``, ``current row``, ``following`` or ``unbounded following``."""

    kind: str
    value: Expression | None = None


@dataclass(frozen=True)
class Frame(Node):
    unit: str
    start: FrameBound
    end: FrameBound | None


@dataclass(frozen=True)
class Window(Node):
    """``base`` is the window that this one starts from, by name."""

    base: Identifier | None = None
    partition: tuple[Expression, ...] = ()
    order: tuple[SortItem, ...] = ()
    frame: Frame | None = None


@dataclass(frozen=True)
class Call(Expression):
    """A function call; ``name`` is lower case. ``star`` is ``count(*)``, ``nulls`` is ``respect`` or ``ignore``.

    ``timestream`` says that Timestream's function of the name is meant, and not Trino's.
    """

    name: str
    arguments: tuple[Expression, ...] = ()
    star: bool = False
    distinct: bool = False
    order: tuple[SortItem, ...] = ()
    filter: Expression | None = None
    nulls: str | None = None
    over: Window | None = None
    timestream: bool = False
