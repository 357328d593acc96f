"""Numbers. Java's Math never fails where DuckDB's functions do: it gives NaN or an infinity."""

from __future__ import annotations

from collections.abc import Callable

from trino_on_duckdb import types
from trino_on_duckdb.arithmetic import _numbers, not_zero
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Overload, Table, Writer, one, overloads
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, cast_to, made_of, once

NAN = "CAST('nan' AS DOUBLE)"


def _within(name: str, inside: str) -> list[Overload]:
    """A function of a double that is NaN outside its domain."""
    return one("double -> double", f"CASE WHEN {inside} THEN {name}({{0}}) WHEN {{0}} IS NOT NULL THEN {NAN} END")


def _logarithm(name: str) -> list[Overload]:
    return one(
        "double -> double",
        f"CASE WHEN {{0}} > 0 THEN {name}({{0}}) WHEN {{0}} = 0 THEN CAST('-inf' AS DOUBLE) "
        f"WHEN {{0}} IS NOT NULL THEN {NAN} END",
    )


def _decimal_result(precision: Callable[[Type], int], sql: str) -> Writer:
    """A function from decimal(p,s) to a decimal without fraction."""

    def write(found: Fit) -> Value:
        value = found.values[0]
        type_ = types.decimal_of(min(types.MAX_DECIMAL, max(1, precision(value.type))), 0)
        return made_of(cast_to(sql.format(value.sql), type_), type_, [value])

    return write


def _whole_digits(type_: Type) -> int:
    return (type_.size or 0) - type_.scale + min(type_.scale, 1)


def _literal_digits(value: Value, name: str) -> int:
    if not isinstance(value.literal, int):
        raise QueryError("NOT_SUPPORTED", f"{name}: the number of digits must be a literal in the local Athena")
    return value.literal


def _round_integer(found: Fit) -> str:
    value, digits = found.values[0], -_literal_digits(found.values[1], "round")
    if digits <= 0:
        return value.sql
    if digits > 18:
        return f"({value.sql} * 0)"
    unit = 10**digits

    def body(x: str) -> str:
        wide = f"CAST({x} AS HUGEINT)"
        half = unit // 2
        return (
            f"CASE WHEN {x} < 0 THEN -((-{wide} + {half}) // {unit} * {unit}) "
            f"ELSE ({wide} + {half}) // {unit} * {unit} END"
        )

    return cast_to(once(value.sql, body), value.type)


def _round_decimal(found: Fit) -> Value:
    value, digits = found.values[0], _literal_digits(found.values[1], "round")
    result = types.decimal_of(min(types.MAX_DECIMAL, (value.type.size or 0) + 1), value.type.scale)
    if digits < 0:
        raise QueryError("NOT_SUPPORTED", "round of a decimal to negative digits is not supported by the local Athena")
    sql = value.sql
    if digits < value.type.scale:
        sql = cast_to(sql, types.decimal_of(max((result.size or 0) - result.scale + digits, 1), digits))
    return made_of(cast_to(sql, result), result, [value])


def _modulo(found: Fit) -> Value:
    return _numbers("%", *found.values)


def _random_below(found: Fit) -> str:
    bound = found.values[0]
    drawn = f"floor(random() * {not_zero(bound.sql, bound.type)})"
    return cast_to(drawn, found.result)


def _same(found: Fit) -> str:
    return found.values[0].sql


_DECIMAL_ROUND = _decimal_result(_whole_digits, "{0}")

MATHEMATICS: Table = {
    "abs": one("Q -> Q", "abs({0})"),
    "acos": _within("acos", "{0} BETWEEN -1 AND 1"),
    "asin": _within("asin", "{0} BETWEEN -1 AND 1"),
    "atan": one("double -> double", "atan({0})"),
    "atan2": one("double, double -> double", "atan2({0}, {1})"),
    "bitwise_and": one("bigint, bigint -> bigint", "({0} & {1})"),
    "bitwise_not": one("bigint -> bigint", "(~{0})"),
    "bitwise_or": one("bigint, bigint -> bigint", "({0} | {1})"),
    "bitwise_xor": one("bigint, bigint -> bigint", "xor({0}, {1})"),
    "cbrt": one("double -> double", "athena_cbrt({0})"),
    "ceil": overloads(("N -> N", _same), ("decimal -> decimal", _decimal_result(_whole_digits, "ceil({0})")),
                      ("real -> real", "ceil({0})"), ("double -> double", "ceil({0})")),
    "cos": _within("cos", "NOT isinf({0})"),
    "cosh": one("double -> double", "cosh({0})"),
    "degrees": one("double -> double", "degrees({0})"),
    "e": one("-> double", "CAST('2.718281828459045' AS DOUBLE)"),
    "exp": one("double -> double", "exp({0})"),
    "floor": overloads(("N -> N", _same), ("decimal -> decimal", _decimal_result(_whole_digits, "floor({0})")),
                       ("real -> real", "floor({0})"), ("double -> double", "floor({0})")),
    "from_base": one("varchar, bigint -> bigint", "athena_from_base({0}, {1})"),
    "infinity": one("-> double", "CAST('inf' AS DOUBLE)"),
    "is_finite": one("double -> boolean", "isfinite({0})"),
    "is_infinite": one("double -> boolean", "isinf({0})"),
    "is_nan": overloads(("double -> boolean", "isnan({0})"), ("real -> boolean", "isnan({0})")),
    "ln": _logarithm("ln"),
    "log": one("double, double -> double", "athena_log({0}, {1})"),
    "log10": _logarithm("log10"),
    "log2": one("double -> double", "athena_log(CAST(2 AS DOUBLE), {0})"),
    "mod": overloads(("N, N -> N", _modulo), ("decimal, decimal -> decimal", _modulo), ("real, real -> real", _modulo),
                     ("double, double -> double", _modulo)),
    "nan": one("-> double", NAN),
    "pi": one("-> double", "pi()"),
    "power": one("double, double -> double", f"CASE WHEN isnan({{1}}) OR (abs({{0}}) = 1 AND isinf({{1}})) THEN {NAN} "
                                             "ELSE pow({0}, {1}) END"),
    "radians": one("double -> double", "radians({0})"),
    "random": [Overload("-> double", "random()", volatile=True),
               Overload("N -> N", _random_below, volatile=True)],
    "round": overloads(
        ("N -> N", _same),
        ("N, integer -> N", _round_integer),
        ("decimal -> decimal", _DECIMAL_ROUND),
        ("decimal, integer -> decimal", _round_decimal),
        ("real -> real", "CAST(athena_round(CAST({0} AS DOUBLE), 1.0) AS FLOAT)"),
        ("real, integer -> real", "CAST(athena_round(CAST({0} AS DOUBLE), pow(CAST(10 AS DOUBLE), {1})) AS FLOAT)"),
        ("double -> double", "athena_round({0}, 1.0)"),
        ("double, integer -> double", "athena_round({0}, pow(CAST(10 AS DOUBLE), {1}))"),
    ),
    "sign": overloads(
        ("N -> N", lambda found: cast_to(f"sign({found.values[0].sql})", found.result)),
        ("decimal -> decimal", _decimal_result(lambda _: 1, "sign({0})")),
        ("double -> double", "CASE WHEN isnan({0}) OR {0} = 0 THEN {0} ELSE CAST(sign({0}) AS DOUBLE) END"),
    ),
    "sin": _within("sin", "NOT isinf({0})"),
    "sinh": one("double -> double", "sinh({0})"),
    "sqrt": _within("sqrt", "{0} >= 0"),
    "tan": _within("tan", "NOT isinf({0})"),
    "tanh": one("double -> double", "tanh({0})"),
    "to_base": one("bigint, bigint -> varchar", "athena_to_base({0}, {1})"),
    "truncate": overloads(
        ("decimal -> decimal", _decimal_result(lambda type_: (type_.size or 0) - type_.scale, "trunc({0})")),
        ("real -> real", "trunc({0})"),
        ("double -> double", "trunc({0})"),
    ),
    "width_bucket": one("double, double, double, bigint -> bigint", "athena_width_bucket({0}, {1}, {2}, {3})"),
}  # fmt: skip

SYNONYMS = {"ceiling": "ceil", "pow": "power", "rand": "random"}
