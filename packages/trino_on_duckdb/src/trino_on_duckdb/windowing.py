"""Calls with an OVER clause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trino_on_duckdb import types
from trino_on_duckdb.coercions import coerce, common
from trino_on_duckdb.comparisons import check_ordered, comparable
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.expressions import Expressions
from trino_on_duckdb.functions import inserts, windows
from trino_on_duckdb.functions.calls import aggregates_of, canonical
from trino_on_duckdb.functions.tables import resolve
from trino_on_duckdb.grouping import sort_text
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.time_arithmetic import as_duckdb_interval
from trino_on_duckdb.values import Value, cast_to
from trino_on_duckdb.wall_clocks import by_instant

NamedWindows = Mapping[str, tree.Window]


def window_call(level: Expressions, node: tree.Call, named: NamedWindows) -> Value:
    """A window function or a windowed aggregate."""
    assert node.over is not None  # noqa: S101
    name = canonical(node.name)
    for wrong, what in (
        (node.distinct, "DISTINCT in window function parameters"),
        (node.filter is not None, "FILTER for window functions"),
        (bool(node.order), "ORDER BY in window function parameters"),
        (node.star and name != "count", "* in window function parameters"),
    ):
        if wrong:
            raise QueryError("NOT_SUPPORTED", f"{node.place}: {what} is not supported")
    if node.nulls and name not in windows.TAKES_NULL_TREATMENT:
        problem = f"Cannot specify null treatment clause for {node.name} function"
        raise QueryError("NULL_TREATMENT_NOT_ALLOWED", f"{node.place}: {problem}")
    inner = replace(level, window=None, clause="a window function")
    over = _over(inner, _resolved(node.over, named))
    values = [] if node.star else inner.values(node.arguments)
    table = aggregates_of(node) if name in aggregates_of(node) else windows.WINDOWS
    given = [inserts.placeholder(index, value) for index, value in enumerate(values)]
    found = resolve(node.name, table[name], given, node.place)
    texts = inserts.Inserts(over=over, ignore_nulls=node.nulls == "ignore")
    sql = inserts.insert(found.sql, values, texts)
    return Value(sql, found.type, volatile=any(value.volatile for value in values))


def _resolved(window: tree.Window, named: NamedWindows) -> tree.Window:
    """The window with what the named window under it says."""
    if window.base is None:
        return window
    base = named.get(window.base.value.lower())
    if base is None:
        raise QueryError(
            "INVALID_WINDOW_REFERENCE", f"{window.base.place}: Cannot resolve WINDOW name {window.base.value}"
        )
    base = _resolved(base, named)
    if window.partition or (window.order and base.order) or (base.frame and (window.order or window.frame)):
        raise QueryError(
            "INVALID_WINDOW_REFERENCE", f"{window.base.place}: WINDOW {window.base.value} cannot be changed so"
        )
    return tree.Window(None, base.partition, window.order or base.order, window.frame or base.frame, place=window.place)


def _over(level: Expressions, window: tree.Window) -> str:
    parts = []
    if window.partition:
        partition = level.values(window.partition)
        for value, node in zip(partition, window.partition, strict=True):
            if not comparable(value.type):
                raise QueryError("TYPE_MISMATCH", f"{node.place}: {value.type} is not comparable, and cannot partition")
        parts.append("PARTITION BY " + ", ".join(by_instant(value).sql for value in partition))
    order = [by_instant(value) for value in level.values([item.expression for item in window.order])]
    for value, item in zip(order, window.order, strict=True):
        check_ordered(value.type, item.place)
    if order:
        texts = (sort_text(value.sql, item) for value, item in zip(order, window.order, strict=True))
        parts.append("ORDER BY " + ", ".join(texts))
    if window.frame is not None:
        parts.append(_frame(level, window.frame, order))
    return f"({' '.join(parts)})"


def _frame(level: Expressions, frame: tree.Frame, order: list[Value]) -> str:
    if frame.unit == "groups" and not order:
        raise QueryError("MISSING_ORDER_BY", f"{frame.place}: Window frame of type GROUPS requires ORDER BY")
    start = _bound(level, frame, frame.start, order)
    end = _bound(level, frame, frame.end, order) if frame.end is not None else "CURRENT ROW"
    return f"{frame.unit.upper()} BETWEEN {start} AND {end}"


def _bound(level: Expressions, frame: tree.Frame, bound: tree.FrameBound, order: list[Value]) -> str:
    if bound.value is None:
        return bound.kind.upper()
    value = level.value(bound.value)
    if frame.unit != "range":
        if value.type.kind not in types.INTEGERS:
            raise QueryError("TYPE_MISMATCH", f"{bound.place}: Window frame offset must be an integer: {value.type}")
        return f"{cast_to(value.sql, types.BIGINT)} {bound.kind.upper()}"
    if len(order) != 1:
        problem = "Window frame of type RANGE with an offset requires a single sort item in ORDER BY"
        raise QueryError("INVALID_ORDER_BY", f"{bound.place}: {problem}")
    return f"{_range_offset(value, order[0], bound)} {bound.kind.upper()}"


def _range_offset(value: Value, key: Value, bound: tree.FrameBound) -> str:
    if key.type.kind in types.TIMES and value.type.kind.startswith("interval"):
        return as_duckdb_interval(value)
    joined = common(key.type, value.type)
    if joined is None or joined.kind not in types.NUMBERS or joined.kind != key.type.kind:
        problem = f"Window frame RANGE value type ({value.type}) not compatible with sort item type ({key.type})"
        raise QueryError("TYPE_MISMATCH", f"{bound.place}: {problem}")
    return coerce(value, joined).sql
