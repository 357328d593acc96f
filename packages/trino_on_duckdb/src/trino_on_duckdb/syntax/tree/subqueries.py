"""Expressions that hold a query."""

from __future__ import annotations

from dataclasses import dataclass

from trino_on_duckdb.syntax.tree.nodes import Expression
from trino_on_duckdb.syntax.tree.queries import Query


@dataclass(frozen=True)
class Quantified(Expression):
    """``left operator ALL|ANY (query)``; SOME is ``any``."""

    operator: str
    quantifier: str
    left: Expression
    query: Query


@dataclass(frozen=True)
class InQuery(Expression):
    operand: Expression
    query: Query


@dataclass(frozen=True)
class Exists(Expression):
    query: Query


@dataclass(frozen=True)
class ScalarQuery(Expression):
    query: Query
