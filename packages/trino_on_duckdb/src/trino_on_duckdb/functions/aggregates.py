"""Aggregate functions, also as window functions.

In a template ``{d}`` is DISTINCT, ``{o}`` the ORDER BY inside the call, ``{t}`` the FILTER and OVER after it; ``{and}``
is the FILTER's condition to be joined to another one, and ``{w}`` the OVER alone. Aggregates that give what no other
engine can repeat (approx_most_frequent, checksum, …) are not here.
"""

from __future__ import annotations

from trino_on_duckdb import types
from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Overload, Table, one, overloads
from trino_on_duckdb.values import Value, cast_to, failure, fresh, made_of, quoted
from trino_on_duckdb.wall_clocks import instant

_EXTREME_OF_FLOATS = "coalesce(max({d}{0}) FILTER (WHERE NOT isnan({0}){and}){w}, max({d}{0}){t})"
"""NaN counts only when there is nothing else; DuckDB holds it for the greatest."""

_NAN_LAST = "struct_pack(n := NOT isnan({1}), v := {1})"
"""A key of floats by which NaN is the smallest."""


def _finite(name: str, arguments: str) -> str:
    """A statistic that is NULL, not NaN, where it has no finite value."""
    call = f"{name}({{d}}{arguments}){{t}}"
    return f"CASE WHEN isfinite({call}) THEN {call} END"


def _pair(name: str) -> list[Overload]:
    return one("double, double -> double", _finite(name, "{0}, {1}"))


def _single(name: str) -> list[Overload]:
    return one("double -> double", f"{name}({{d}}{{0}}){{t}}")


def _sum_decimal(found: Fit) -> Value:
    value = found.values[0]
    type_ = types.decimal_of(types.MAX_DECIMAL, value.type.scale)
    return made_of(cast_to(f"sum({{d}}{value.sql}){{t}}", type_), type_, [value])


def _average_decimal(found: Fit) -> Value:
    value = found.values[0]
    total = f"CAST(sum({{d}}{value.sql}){{t}} AS VARCHAR)"
    count = f"CAST(count({{d}}{value.sql}){{t}} AS VARCHAR)"
    quotient = f"athena_decimal_divide({total}, nullif({count}, '0'), {types.MAX_DECIMAL}, {value.type.scale})"
    return made_of(cast_to(quotient, value.type), value.type, [value])


def _distinct_instants(found: Fit) -> str:
    return f"count(DISTINCT {instant(found.values[0].sql, found.values[0].type)}){{t}}"


def _percentile(found: Fit) -> Value:
    """DuckDB counts a negative percentage from the other end, and takes neither NULL nor one above 1."""
    value, percentage = found.values
    code, beyond = "INVALID_FUNCTION_ARGUMENT", quoted("Percentile must be between 0 and 1")
    if percentage.type.kind == "array":
        result, name = types.array_of(value.type), fresh("p")
        taken = f"list_transform({percentage.sql}, lambda {name}: {_between_0_and_1(name)})"
        each = f"lambda {name}: coalesce({_is_percentage(name)}, false)"
        wrong = f"NOT list_bool_and(list_transform({percentage.sql}, {each}))"
    else:
        result, taken = value.type, _between_0_and_1(percentage.sql)
        wrong = f"NOT {_is_percentage(percentage.sql)}"
    sql = (
        f"CASE WHEN {percentage.sql} IS NULL THEN NULL WHEN {wrong} THEN {failure(code, beyond, result)} "
        f"ELSE quantile_disc({{d}}{value.sql}, {taken}){{t}} END"
    )
    return made_of(sql, result, [value])


def _is_percentage(sql: str) -> str:
    return f"({sql} BETWEEN 0 AND 1)"


def _between_0_and_1(sql: str) -> str:
    return f"coalesce(greatest(0e0, least(1e0, {sql})), 0e0)"


def _extreme(name: str) -> list[Overload]:
    floats = _EXTREME_OF_FLOATS if name == "max" else "min({d}{0}){t}"
    return overloads(
        ("real -> real", floats),
        ("double -> double", floats),
        ("O -> O", f"{name}({{d}}{{0}}){{t}}"),
        ("O, bigint -> array(O)", f"{name}({{d}}{{0}}, {{1}}){{t}}"),
    )


def _by(name: str) -> list[Overload]:
    """max_by and min_by: the value may be NULL, which DuckDB's own would pass over, so it goes in a struct."""
    found = []
    for ordered, key in (("real", _NAN_LAST), ("double", _NAN_LAST), ("O", "{1}")):
        wrapped = f"arg_{name}(struct_pack(v := {{0}}), {key if name == 'max' else '{1}'}"
        where = "{t}" if key == "{1}" or name == "min" else " FILTER (WHERE {1} IS NOT NULL{and}){w}"
        found += overloads(
            (f"T, {ordered} -> T", f"struct_extract({wrapped}){where}, 'v')"),
            (f"T, {ordered}, bigint -> array(T)", f"list_transform({wrapped}, {{2}}){where}, lambda _by: _by.v)"),
        )
    return found


AGGREGATES: Table = {
    "approx_distinct": overloads(("timestamp with time zone -> bigint", _distinct_instants),
                                 ("timestamp with time zone, double -> bigint", _distinct_instants),
                                 ("E -> bigint", "count(DISTINCT {0}){t}"),
                                 ("E, double -> bigint", "count(DISTINCT {0}){t}")),
    "approx_percentile": [
        Overload(f"{kind}, {percentage} -> {kind}", _percentile)
        for kind in ("N", "real", "double")
        for percentage in ("double", "array(double)")
    ],
    "arbitrary": one("T -> T", "any_value({d}{0}){t}"),
    "array_agg": one("T -> array(T)", "list({d}{0}{o}){t}"),
    "avg": overloads(("N -> double", "avg({d}{0}){t}"), ("decimal -> decimal", _average_decimal),
                     ("real -> real", "CAST(avg({d}{0}){t} AS FLOAT)"), ("double -> double", "avg({d}{0}){t}")),
    "bitwise_and_agg": one("bigint -> bigint", "bit_and({d}{0}){t}"),
    "bitwise_or_agg": one("bigint -> bigint", "bit_or({d}{0}){t}"),
    "bool_and": one("boolean -> boolean", "bool_and({d}{0}){t}"),
    "bool_or": one("boolean -> boolean", "bool_or({d}{0}){t}"),
    "corr": _pair("corr"),
    "count": overloads(("-> bigint", "count(*){t}"), ("T -> bigint", "count({d}{0}){t}")),
    "count_if": one("boolean -> bigint", "count({d}CASE WHEN {0} THEN true END){t}"),
    "covar_pop": _pair("covar_pop"),
    "covar_samp": _pair("covar_samp"),
    "geometric_mean": one("double -> double", "exp(avg({d}CASE WHEN {0} > 0 THEN ln({0}) WHEN {0} = 0 THEN "
                          "CAST('-inf' AS DOUBLE) WHEN {0} IS NOT NULL THEN CAST('nan' AS DOUBLE) END){t})"),
    "histogram": one("E -> map(E, bigint)",
                     lambda found: cast_to(f"histogram({found.values[0].sql}){{t}}", found.result)),
    "listagg": one("varchar, varchar -> varchar", "string_agg({d}{0}, {1}{o}){t}"),
    "map_agg": one("E, V -> map(E, V)", lambda found: cast_to(
        f"map_from_entries(list(DISTINCT struct_pack(key := {found.values[0].sql}, value := {found.values[1].sql})) "
        f"FILTER (WHERE {found.values[0].sql} IS NOT NULL{{and}}){{w}})", found.result)),
    "max": _extreme("max"),
    "max_by": _by("max"),
    "min": _extreme("min"),
    "min_by": _by("min"),
    "regr_intercept": _pair("regr_intercept"),
    "regr_slope": _pair("regr_slope"),
    "stddev_pop": _single("stddev_pop"),
    "stddev_samp": _single("stddev_samp"),
    "sum": overloads(("N -> bigint", "CAST(sum({d}{0}){t} AS BIGINT)"), ("decimal -> decimal", _sum_decimal),
                     ("real -> real", "CAST(sum({d}{0}){t} AS FLOAT)"), ("double -> double", "sum({d}{0}){t}"),
                     ("interval day to second -> interval day to second", "CAST(sum({d}{0}){t} AS BIGINT)")),
    "var_pop": _single("var_pop"),
    "var_samp": _single("var_samp"),
}  # fmt: skip

SYNONYMS = {
    "any_value": "arbitrary",
    "every": "bool_and",
    "stddev": "stddev_samp",
    "variance": "var_samp",
}

ORDER_SENSITIVE = ("array_agg", "listagg")
"""Aggregates whose ORDER BY decides the answer; on the others it is without effect, as in Trino."""

UNFILTERED_DISTINCT = ("approx_distinct", "histogram", "map_agg", "approx_percentile", "max_by", "min_by")
"""Aggregates that take no DISTINCT here."""
