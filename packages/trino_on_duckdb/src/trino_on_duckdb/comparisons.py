"""Equality and order as Trino has them: NaN is equal to nothing and not ordered, NULLs inside make a result unknown."""

from __future__ import annotations

from trino_on_duckdb import types
from trino_on_duckdb.coercions import coerce, common, field_of
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, fresh, made_of, once_each
from trino_on_duckdb.wall_clocks import by_instant

ORDERED = (
    "boolean", *types.NUMBERS, "varchar", "varbinary", "date", "time", *types.TIMES, "interval day to second",
    "interval year to month", "uuid", "unknown",
)  # fmt: skip
"""Types that ``<`` and ORDER BY take here. Trino also orders arrays and rows; their NULLs fail there."""

EQUATABLE = (*ORDERED, "json")
"""JSON values are equal when their canonical texts are."""


def compare(operator: str, left: Value, right: Value, place: object) -> Value:
    """``left operator right``; QueryError (TYPE_MISMATCH) when the types do not compare."""
    left, right = by_instant(left), by_instant(right)
    joined = common(left.type, right.type)
    if joined is not None and types.carries_zone(joined):
        raise carried_zones(f"{place}: The comparison")
    problem = f"{place}: Cannot apply operator: {left.type} {operator} {right.type}"
    if joined is None or (operator in ("=", "<>") and not comparable(joined)):
        raise QueryError("TYPE_MISMATCH", problem)
    if operator not in ("=", "<>"):
        check_ordered(joined, place, problem)
    one, other = coerce(left, joined), coerce(right, joined)
    return made_of(_compare(operator, one, other, joined), types.BOOLEAN, [left, right])


def check_ordered(type_: Type, place: object, problem: str = "") -> None:
    """QueryError for a type that Trino does not order (``problem``, else its words for ORDER BY), or this stage."""
    if type_.kind in ("array", "row"):
        raise QueryError("NOT_SUPPORTED", f"{place}: The order of {type_.kind}s is not supported by the local Athena")
    if type_.kind not in ORDERED:
        orders = f"{place}: Type {type_} is not orderable, and therefore cannot be used in ORDER BY"
        raise QueryError("TYPE_MISMATCH", problem or orders)


def carried_zones(what: str) -> QueryError:
    """The refusal of what would need the equality of values with their own zones, which are equal by their instants."""
    problem = (
        "of timestamps that carry different time zones is not supported by the local Athena; AT TIME ZONE gives one"
    )
    return QueryError("NOT_SUPPORTED", f"{what} {problem}")


def comparable(type_: Type) -> bool:
    """Whether ``=`` is defined here for the type. Timestamps that carry their zones compare by ``by_instant``."""
    if type_.kind in ("array", "row"):
        return all(comparable(item) for item in type_.items)
    return type_.kind in EQUATABLE


def _compare(operator: str, left: Value, right: Value, type_: Type) -> str:
    if type_.kind in ("array", "row"):
        equal = once_each([left.sql, right.sql], lambda one, other: equal_sql(one, other, type_))
        return equal if operator == "=" else f"(NOT {equal})"
    if type_.kind not in ("real", "double"):
        return f"({left.sql} {operator} {right.sql})"
    return _compare_floats(operator, left, right)


def _is_number(value: Value) -> bool:
    """A literal number, which is not NaN and not NULL."""
    return value.literal is not None


def _compare_floats(operator: str, left: Value, right: Value) -> str:
    if operator in ("<", "<="):
        operator, left, right = {"<": ">", "<=": ">="}[operator], right, left
    plain = f"{left.sql} {operator} {right.sql}"
    if _is_number(left) or (operator in ("=", "<>") and _is_number(right)):
        # DuckDB holds NaN greater than all and equal to itself: only a NaN on the greater side answers otherwise
        return f"({plain})"
    if operator == "<>":
        return f"({plain} OR (isnan({left.sql}) AND {right.sql} IS NOT NULL))"
    if _is_number(right):
        return f"({plain} AND NOT isnan({left.sql}))"
    return f"({plain} AND (NOT isnan({left.sql}) OR {right.sql} IS NULL))"


def equal_sql(one: str, other: str, type_: Type) -> str:
    """``=`` of two texts of one type, each of which may be written more than once."""
    if type_.kind in ("real", "double"):
        return f"({one} = {other} AND (NOT isnan({one}) OR {other} IS NULL))"
    if type_.kind == "row":
        parts = [equal_sql(field_of(one, i), field_of(other, i), item) for i, item in enumerate(type_.items)]
        return f"CASE WHEN {one} IS NULL OR {other} IS NULL THEN NULL ELSE {' AND '.join(parts)} END"
    if type_.kind != "array":
        return f"({one} = {other})"
    pair = fresh("e")
    item = equal_sql(f"struct_extract_at({pair}, 1)", f"struct_extract_at({pair}, 2)", type_.items[0])
    items = f"list_transform(list_zip({one}, {other}), lambda {pair}: {item})"
    every = f"(CASE WHEN list_contains({items}, false) THEN false WHEN {has_null(items)} THEN NULL ELSE true END)"
    absent = f"{one} IS NULL OR {other} IS NULL"
    return f"CASE WHEN len({one}) <> len({other}) THEN false WHEN {absent} THEN NULL ELSE {every} END"


def greatest_float(items: str) -> str:
    """The greatest of a list of floats; Trino prefers any number to NaN, which DuckDB holds for the greatest."""
    name = fresh("g")
    return f"coalesce(list_max(list_filter({items}, lambda {name}: NOT isnan({name}))), list_max({items}))"


def has_null(items: str) -> str:
    """Whether a list has a NULL in it."""
    return f"(len({items}) > list_count({items}))"


def distinct_from(left: Value, right: Value, place: object) -> Value:
    """``left IS DISTINCT FROM right``."""
    left, right = by_instant(left), by_instant(right)
    joined = common(left.type, right.type)
    if joined is None or not comparable(joined):
        raise QueryError("TYPE_MISMATCH", f"{place}: Cannot apply operator: {left.type} IS DISTINCT FROM {right.type}")
    one, other = coerce(left, joined), coerce(right, joined)
    return made_of(f"({one.sql} IS DISTINCT FROM {other.sql})", types.BOOLEAN, [left, right])


def in_list(operand: Value, items: list[Value], place: object) -> Value:
    """``operand IN (items)``."""
    operand, items = by_instant(operand), [by_instant(item) for item in items]
    joined: Type | None = operand.type
    for item in items:
        joined = common(joined, item.type) if joined is not None else None
        if joined is None:
            raise QueryError("TYPE_MISMATCH", f"{place}: IN value and list items must be the same type: {operand.type}")
    assert joined is not None  # noqa: S101
    if joined.kind in ("array", "row", "map", "real", "double") and not all(_is_number(item) for item in items):
        parts = [compare("=", operand, item, place).sql for item in items]
        return made_of(f"({' OR '.join(parts)})", types.BOOLEAN, [operand, *items])
    if not comparable(joined):
        raise QueryError("TYPE_MISMATCH", f"{place}: Cannot apply operator: {joined} IN")
    listed = ", ".join(coerce(item, joined).sql for item in items)
    return made_of(f"({coerce(operand, joined).sql} IN ({listed}))", types.BOOLEAN, [operand, *items])
