"""Looking for calls in a tree, without going into the queries inside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass

from trino_on_duckdb.functions.calls import is_aggregate
from trino_on_duckdb.syntax import tree


def has_aggregates(node: object) -> bool:
    """Whether an expression has an aggregate call of its own level."""
    return _has_call(node, is_aggregate)


def has_windows(node: object) -> bool:
    """Whether an expression has a call with an OVER clause."""
    return _has_call(node, lambda call: call.over is not None)


def _has_call(node: object, wanted: Callable[[tree.Call], bool]) -> bool:
    if isinstance(node, tree.Query):
        return False
    if isinstance(node, tree.Call) and wanted(node):
        return True
    if isinstance(node, tuple):
        return any(_has_call(item, wanted) for item in node)
    return is_dataclass(node) and any(_has_call(getattr(node, field.name), wanted) for field in fields(node))
