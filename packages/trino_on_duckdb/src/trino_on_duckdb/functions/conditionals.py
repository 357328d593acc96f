"""Calls that are not like a function's: they take any types, or do not evaluate every argument."""

from __future__ import annotations

from collections.abc import Callable

from trino_on_duckdb import comparisons, literals
from trino_on_duckdb.coercions import coerce, common_of
from trino_on_duckdb.comparisons import check_ordered, greatest_float
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, made_of, once_each, tried


def _joined(values: list[Value], node: tree.Call) -> Type:
    joined = common_of(values)
    if joined is None:
        kinds = ", ".join(str(value.type) for value in values)
        raise QueryError(
            "TYPE_MISMATCH", f"{node.place}: All {node.name.upper()} operands must be the same type: {kinds}"
        )
    return joined


def _count(values: list[Value], node: tree.Call, *allowed: int) -> None:
    if len(values) not in allowed:
        problem = f"Invalid number of arguments for '{node.name}' function: {len(values)}"
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"{node.place}: {problem}")


def _coalesce(values: list[Value], node: tree.Call) -> Value:
    if len(values) < 2:
        _count(values, node)
    joined = _joined(values, node)
    return made_of(f"coalesce({', '.join(coerce(value, joined).sql for value in values)})", joined, values)


def _if(values: list[Value], node: tree.Call) -> Value:
    _count(values, node, 2, 3)
    condition, *results = values
    if condition.type.kind not in ("boolean", "unknown"):
        problem = f"IF condition must evaluate to a boolean: actual type {condition.type}"
        raise QueryError("TYPE_MISMATCH", f"{node.place}: {problem}")
    joined = _joined(results, node)
    texts = [coerce(result, joined).sql for result in results]
    default = f" ELSE {texts[1]}" if len(texts) > 1 else ""
    return made_of(f"CASE WHEN {condition.sql} THEN {texts[0]}{default} END", joined, values)


def _nullif(values: list[Value], node: tree.Call) -> Value:
    _count(values, node, 2)
    first, second = values
    equal = comparisons.compare("=", first, second, node.place)
    if first.volatile:
        raise QueryError(
            "NOT_SUPPORTED", f"{node.place}: nullif of a random value is not supported by the local Athena"
        )
    return made_of(f"CASE WHEN {equal.sql} THEN NULL ELSE {first.sql} END", first.type, values)


def _try(values: list[Value], node: tree.Call) -> Value:
    _count(values, node, 1)
    value = values[0]
    if value.volatile or "SELECT" in value.sql:
        problem = "try of a subquery or a random value is not supported by the local Athena"
        raise QueryError("NOT_SUPPORTED", f"{node.place}: {problem}")
    return value.retyped(tried(value.sql), value.type)


def _typeof(values: list[Value], node: tree.Call) -> Value:
    _count(values, node, 1)
    return literals.text(str(values[0].type))


def _extreme(name: str) -> Callable[[list[Value], tree.Call], Value]:
    def write(values: list[Value], node: tree.Call) -> Value:
        if not values:
            _count(values, node)
        joined = _joined(values, node)
        check_ordered(joined, node.place, f"{node.place}: {name} does not order {joined}")
        texts = [coerce(value, joined).sql for value in values]
        floats = joined.kind in ("real", "double")

        def body(*each: str) -> str:
            absent = " OR ".join(f"{one} IS NULL" for one in each)
            chosen = f"{name}({', '.join(each)})"
            if floats and name == "greatest":
                chosen = greatest_float(f"[{', '.join(each)}]")
            return f"CASE WHEN {absent} THEN NULL ELSE {chosen} END"

        return made_of(once_each(texts, body), joined, values)

    return write


CONDITIONALS: dict[str, Callable[[list[Value], tree.Call], Value]] = {
    "coalesce": _coalesce,
    "greatest": _extreme("greatest"),
    "if": _if,
    "least": _extreme("least"),
    "nullif": _nullif,
    "try": _try,
    "typeof": _typeof,
}
