"""Looking for calls in a tree, without going into the queries inside it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

from local.engines.athena.dialect.functions.calls import is_aggregate
from local.engines.athena.dialect.syntax import tree


def has_aggregates(node: object) -> bool:
    """Whether an expression has an aggregate call of its own level."""
    if isinstance(node, tree.Query):
        return False
    if isinstance(node, tree.Call) and is_aggregate(node):
        return True
    if isinstance(node, tuple):
        return any(map(has_aggregates, node))
    return is_dataclass(node) and any(has_aggregates(getattr(node, field.name)) for field in fields(node))
