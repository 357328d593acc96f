"""Subqueries in expressions: EXISTS, scalar ones, IN, ANY and ALL."""

from __future__ import annotations

from trino_on_duckdb import comparisons, types
from trino_on_duckdb.coercions import coerce, common
from trino_on_duckdb.context import Rendered
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.level import Level
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, failure, fresh, once, quoted
from trino_on_duckdb.wall_clocks import by_instant


def exists(level: Level, node: tree.Exists) -> Value:
    return Value(f"EXISTS ({level.query(node.query).sql})", types.BOOLEAN)


def scalar_query(level: Level, node: tree.ScalarQuery) -> Value:
    found = level.query(node.query)
    return Value(f"({found.sql})", _single(found, node.place))


def in_query(level: Level, node: tree.InQuery) -> Value:
    return quantified(level, tree.Quantified("=", "any", node.operand, node.query, place=node.place))


def quantified(level: Level, node: tree.Quantified) -> Value:
    left, found = by_instant(level.value(node.left)), level.query(node.query)
    name = fresh("s")
    given = by_instant(Value(f"{name}.c0", _single(found, node.place)))
    item = given.type
    shared = common(left.type, item)
    problem = f"{node.place}: Cannot apply operator: {left.type} {node.operator} {item}"
    if shared is not None and shared.kind in ("array", "row"):
        what = f"{node.place}: A comparison of {shared.kind}s with a subquery is not supported by the local Athena"
        raise QueryError("NOT_SUPPORTED", what)
    if shared is None or shared.kind not in comparisons.EQUATABLE:
        raise QueryError("TYPE_MISMATCH", problem)
    if node.operator not in ("=", "<>"):
        comparisons.check_ordered(shared, node.place, problem)
    inner = coerce(given, shared).sql
    compared = coerce(left, shared).sql
    if shared.kind in ("real", "double"):
        # NaN equals nothing and has no order, but DuckDB's comparison would say otherwise
        inner, compared = (once(sql, lambda x: _no_nan(x, shared)) for sql in (inner, compared))
    sql = f"({compared} {node.operator} {node.quantifier.upper()} (SELECT {inner} FROM ({found.sql}) AS {name}))"
    return Value(sql, types.BOOLEAN, volatile=left.volatile)


def _no_nan(sql: str, type_: Type) -> str:
    problem = quoted("In a comparison with a subquery the local Athena does not support ")
    fails = failure("NOT_SUPPORTED", f"{problem} || CAST({sql} AS VARCHAR)", type_)
    return f"CASE WHEN isnan({sql}) THEN {fails} ELSE {sql} END"


def _single(found: Rendered, place: tree.Place) -> Type:
    if len(found.columns) != 1:
        raise QueryError("NOT_SUPPORTED", f"{place}: Multiple columns returned by subquery are not yet supported")
    return found.columns[0].type
