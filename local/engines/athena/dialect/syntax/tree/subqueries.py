"""Expressions that hold a query."""

from __future__ import annotations

from dataclasses import dataclass

from local.engines.athena.dialect.syntax.tree.nodes import Expression
from local.engines.athena.dialect.syntax.tree.queries import Query


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
