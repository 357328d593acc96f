"""``+ - * / %``, the minus sign and ``||``: the result's type, and its overflows and divisions by zero that fail."""

from __future__ import annotations

from trino_on_duckdb import types
from trino_on_duckdb.coercions import as_decimal, coerce, common
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.time_arithmetic import time_arithmetic
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, cast_to, failure, made_of, once, once_each


def arithmetic(operator: str, left: Value, right: Value, place: object) -> Value:
    """``left operator right``; QueryError (TYPE_MISMATCH) when there is no such operator."""
    kinds = (left.type.kind, right.type.kind)
    if operator == "||":
        return concatenate(left, right, place)
    if all(kind in types.NUMBERS or kind == "unknown" for kind in kinds) and kinds != ("unknown", "unknown"):
        return _numbers(operator, left, right)
    found = time_arithmetic(operator, left, right)
    if found is None:
        raise QueryError("TYPE_MISMATCH", f"{place}: Cannot apply operator: {left.type} {operator} {right.type}")
    return found


def negative(operand: Value, place: object) -> Value:
    """``- operand``."""
    if operand.type.kind in types.NUMBERS or operand.type.kind.startswith("interval"):
        return made_of(f"(-{operand.sql})", operand.type, [operand])
    raise QueryError("TYPE_MISMATCH", f"{place}: Cannot negate {operand.type}")


def concatenate(left: Value, right: Value, place: object) -> Value:
    """``left || right`` of texts, binaries, and arrays with arrays or elements."""
    joined = common(left.type, right.type)
    if joined is not None and joined.kind in ("varchar", "varbinary"):
        whole = types.VARCHAR if joined.kind == "varchar" else joined
        return made_of(f"({left.sql} || {right.sql})", whole, [left, right])
    if joined is not None and joined.kind == "array":
        return made_of(append_arrays([coerce(left, joined).sql, coerce(right, joined).sql]), joined, [left, right])
    for array_side, part, first in ((left, right, False), (right, left, True)):
        if array_side.type.kind != "array":
            continue
        item = common(array_side.type.items[0], part.type)
        if item is not None:
            array = types.array_of(item)
            one = made_of(f"[{coerce(part, item).sql}]", array, [part])
            sqls = [coerce(array_side, array).sql, one.sql]
            return made_of(append_arrays(sqls[::-1] if first else sqls), array, [left, right])
    raise QueryError("TYPE_MISMATCH", f"{place}: Cannot apply operator: {left.type} || {right.type}")


def append_arrays(arrays: list[str]) -> str:
    """All items of all arrays; NULL if one is NULL (DuckDB would skip it)."""
    return once_each(
        arrays,
        lambda *names: (
            f"CASE WHEN {' OR '.join(f'{name} IS NULL' for name in names)} THEN NULL "
            f"ELSE list_concat({', '.join(names)}) END"
        ),
    )


def _numbers(operator: str, left: Value, right: Value) -> Value:
    joined = common(left.type, right.type)
    assert joined is not None  # noqa: S101  any two numbers have a common type
    if joined.kind == "decimal":
        return _decimals(operator, left, right, as_decimal(_known(left, joined)), as_decimal(_known(right, joined)))
    one, other = coerce(left, joined), coerce(right, joined)
    if joined.kind in types.INTEGERS:
        return made_of(_integers(operator, one.sql, other, joined), joined, [left, right])
    sql = f"({one.sql} {operator} {other.sql})"
    if operator == "%":
        # DuckDB divides reals as doubles; the remainder of two reals is a real without rounding either way
        sql = cast_to(sql, joined)
    return made_of(sql, joined, [left, right])


def _known(value: Value, joined: Type) -> Type:
    return joined if value.type.kind == "unknown" else value.type


def _integers(operator: str, left: str, right: Value, type_: Type) -> str:
    if operator not in ("/", "%"):
        return f"({left} {operator} {right.sql})"
    sign = "//" if operator == "/" else "%"
    if isinstance(right.literal, int) and right.literal not in (0, -1):
        return f"({left} {sign} {right.sql})"
    return f"({left} {sign} {not_zero(right.sql, type_)})"


def not_zero(sql: str, type_: Type) -> str:
    """The divisor, or a failure where it is zero."""
    zero = failure("DIVISION_BY_ZERO", "'Division by zero'", type_)
    return once(sql, lambda divisor: f"CASE WHEN {divisor} = 0 THEN {zero} ELSE {divisor} END")


def _decimals(operator: str, left: Value, right: Value, one: Type, other: Type) -> Value:
    """Precision and scale as Trino's DecimalOperators give them."""
    p1, s1, p2, s2 = one.size or 0, one.scale, other.size or 0, other.scale
    match operator:
        case "+" | "-":
            result = _limited(max(s1, s2) + max(p1 - s1, p2 - s2) + 1, max(s1, s2))
            sql = f"({cast_to(left.sql, result)} {operator} {cast_to(right.sql, result)})"
        case "*":
            result = _limited(p1 + p2, s1 + s2)
            sql = f"({cast_to(left.sql, one)} * {cast_to(right.sql, other)})"
        case "/":
            result = _limited(p1 + s2 + max(0, s2 - s1), max(s1, s2))
            texts = f"CAST({cast_to(left.sql, one)} AS VARCHAR), CAST({cast_to(right.sql, other)} AS VARCHAR)"
            sql = f"athena_decimal_divide({texts}, {result.size}, {result.scale})"
        case _:
            result = _limited(min(p2 - s2, p1 - s1) + max(s1, s2), max(s1, s2))
            wide = types.decimal_of(min(types.MAX_DECIMAL, max(p1 - s1, p2 - s2) + max(s1, s2)), max(s1, s2))
            sql = f"({cast_to(left.sql, wide)} % {not_zero(cast_to(right.sql, wide), wide)})"
    return made_of(cast_to(sql, result), result, [left, right])


def _limited(precision: int, scale: int) -> Type:
    if scale > types.MAX_DECIMAL:
        raise QueryError("INVALID_ARGUMENTS", f"DECIMAL scale must be in range [0, precision (38)]: {scale}")
    return types.decimal_of(min(types.MAX_DECIMAL, max(precision, scale)), scale)
