"""Which types become which without being asked (Trino's TypeCoercion), and how that is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trino_on_duckdb import types
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, cast_to, fresh, once
from trino_on_duckdb.wall_clocks import instant, with_zone

INTEGER_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
"""The precision of the decimal that an integer type becomes."""

_RANK = {kind: rank for rank, kind in enumerate(types.NUMBERS)}


def as_decimal(type_: Type) -> Type:
    """The decimal type that a decimal or integer type is read as."""
    return type_ if type_.kind == "decimal" else types.decimal_of(INTEGER_DIGITS[type_.kind], 0)


def common(left: Type, right: Type) -> Type | None:
    """The type that values of both become, or None if there is none."""
    if left == right:
        return left
    if "unknown" in (left.kind, right.kind):
        return right if left.kind == "unknown" else left
    if left.kind in _RANK and right.kind in _RANK:
        return _common_number(left, right)
    if left.kind in types.TIMES and right.kind in types.TIMES:
        return _common_time(left, right)
    if left.kind != right.kind or len(left.items) != len(right.items):
        return None
    if left.kind in ("varchar", "time"):
        sizes = (left.size, right.size)
        return replace(left, size=None if None in sizes else max(size for size in sizes if size is not None))
    if left.kind in ("array", "map", "row", "timeseries"):
        return _common_container(left, right)
    return None


def _common_number(left: Type, right: Type) -> Type:
    low, high = sorted((left, right), key=lambda each: _RANK[each.kind])
    if high.kind != "decimal":
        return high
    first, second = as_decimal(low), as_decimal(high)
    scale = max(first.scale, second.scale)
    whole = max((first.size or 0) - first.scale, (second.size or 0) - second.scale)
    return types.decimal_of(min(types.MAX_DECIMAL, whole + scale), scale)


def _common_time(left: Type, right: Type) -> Type:
    low, high = sorted((left, right), key=lambda each: types.TIMES.index(each.kind))
    precision = max(left.size or 0, right.size or 0)
    if high.kind != "timestamp with time zone":
        return types.timestamp_of(precision)
    zones = {low.zone or "UTC", high.zone or "UTC"}
    return types.timestamp_of(precision, zones.pop() if len(zones) == 1 else types.FROM_VALUE)


def _common_container(left: Type, right: Type) -> Type | None:
    items = [common(one, other) for one, other in zip(left.items, right.items, strict=True)]
    known = tuple(item for item in items if item is not None)
    if len(known) < len(items):
        return None
    fields = tuple(
        one if one and other and one.lower() == other.lower() else None
        for one, other in zip(left.fields, right.fields, strict=True)
    )
    return Type(left.kind, items=known, fields=fields)


def common_of(values: list[Value]) -> Type | None:
    """The common type of all; unknown when all are NULL or there are none."""
    found: Type | None = types.UNKNOWN
    for value in values:
        found = common(found, value.type) if found is not None else None
    return found


def can_coerce(source: Type, target: Type) -> bool:
    """Whether a value of the source type passes where the target type is asked for."""
    joined = common(source, target)
    return joined is not None and same_layout(joined, target)


def same_layout(left: Type, right: Type) -> bool:
    """Equal but for the names of fields and the zones."""
    return (
        (left.kind, left.size, left.scale) == (right.kind, right.size, right.scale)
        and len(left.items) == len(right.items)
        and all(map(same_layout, left.items, right.items))
    )


def coerce(value: Value, target: Type) -> Value:
    """The value as the target type, which it can become."""
    if value.type == target:
        return value
    if value.type.kind == "unknown":
        return replace(value, sql=cast_to("NULL", target) if target.kind != "unknown" else "NULL", type=target)
    if isinstance(value.literal, int) and target.kind in types.NUMBERS:
        return replace(value, sql=cast_to(str(value.literal), target), type=target)
    sql = convert(value.sql, value.type, target, _coerce_scalar)
    return replace(value, sql=sql, type=target)


def _coerce_scalar(sql: str, source: Type, target: Type) -> str:
    if target.zone == types.FROM_VALUE:
        return with_zone(sql, source)
    if source.zone == types.FROM_VALUE:
        return instant(sql, source)
    if source.kind == target.kind and source.kind != "decimal":
        return sql
    return cast_to(sql, target)


def convert(sql: str, source: Type, target: Type, scalar: Callable[[str, Type, Type], str]) -> str:
    """The text of a value in another type of the same shape, its scalars converted by ``scalar``."""
    if source == target or (source.kind not in ("array", "map", "row") or source.kind != target.kind):
        return sql if source == target else scalar(sql, source, target)
    if source.kind == "array":
        if _held_alike(source, target):
            return sql
        name = fresh("p")
        item = convert(name, source.items[0], target.items[0], scalar)
        return f"list_transform({sql}, lambda {name}: {item})"
    if source.kind == "map":
        if _held_alike(source, target):
            return sql
        name = fresh("p")
        key = convert(f"{name}.key", source.items[0], target.items[0], scalar)
        item = convert(f"{name}.value", source.items[1], target.items[1], scalar)
        entry = f"lambda {name}: struct_pack(key := {key}, value := {item})"
        return cast_to(f"map_from_entries(list_transform(map_entries({sql}), {entry}))", target)
    return once(sql, lambda row: _convert_row(row, source, target, scalar))


def _convert_row(row: str, source: Type, target: Type, scalar: Callable[[str, Type, Type], str]) -> str:
    if len(source.items) != len(target.items):
        raise QueryError("TYPE_MISMATCH", f"Cannot cast {source} to {target}")
    parts = [
        f"{name} := {convert(field_of(row, index), one, other, scalar)}"
        for index, (name, one, other) in enumerate(
            zip(types.row_field_names(target), source.items, target.items, strict=True)
        )
    ]
    return f"CASE WHEN {row} IS NULL THEN NULL ELSE struct_pack({', '.join(parts)}) END"


def field_of(row: str, index: int) -> str:
    """The text of a row's field, counted from 0."""
    return f"struct_extract_at({row}, {index + 1})"


def _held_alike(source: Type, target: Type) -> bool:
    """Whether both types are the same to DuckDB and differ in nothing that a conversion would change."""
    return types.duckdb_type(source) == types.duckdb_type(target) and same_layout(source, target)
