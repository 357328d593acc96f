"""Window functions that are not aggregates. ``{w}`` is the OVER clause, ``{n}`` IGNORE NULLS inside the call."""

from __future__ import annotations

from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Overload, Table, one, overloads
from trino_on_duckdb.types import BIGINT
from trino_on_duckdb.values import failure, once, quoted


def _positive(sql: str, problem: str) -> str:
    """An offset or a count that must be at least 1."""
    fails = failure("INVALID_FUNCTION_ARGUMENT", quoted(problem), BIGINT)
    return once(sql, lambda n: f"CASE WHEN {n} <= 0 THEN {fails} ELSE {n} END")


def _shifted(name: str) -> list[Overload]:
    def write(found: Fit) -> str:
        arguments = ", ".join(value.sql for value in found.values)
        return f"{name}({arguments}{{n}}){{w}}"

    return overloads(("T -> T", write), ("T, bigint -> T", write), ("T, bigint, T -> T", write))


WINDOWS: Table = {
    "cume_dist": one("-> double", "cume_dist(){w}"),
    "dense_rank": one("-> bigint", "dense_rank(){w}"),
    "first_value": one("T -> T", "first_value({0}{n}){w}"),
    "lag": _shifted("lag"),
    "last_value": one("T -> T", "last_value({0}{n}){w}"),
    "lead": _shifted("lead"),
    "nth_value": one("T, bigint -> T", lambda found: (
        f"nth_value({found.values[0].sql}, {_positive(found.values[1].sql, 'Offset must be at least 1')}{{n}}){{w}}")),
    "ntile": one("bigint -> bigint",
                 lambda found: f"ntile({_positive(found.values[0].sql, 'Buckets must be greater than 0')}){{w}}"),
    "percent_rank": one("-> double", "percent_rank(){w}"),
    "rank": one("-> bigint", "rank(){w}"),
    "row_number": one("-> bigint", "row_number(){w}"),
}  # fmt: skip

TAKES_NULL_TREATMENT = ("first_value", "lag", "last_value", "lead", "nth_value")
