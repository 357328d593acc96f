"""A call by its name: a scalar function of the tables, an aggregate or a window function of the level, or a refusal."""

from __future__ import annotations

from trino_on_duckdb import literals, types
from trino_on_duckdb.coercions import can_coerce, coerce
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions import (
    aggregates,
    binaries,
    collections,
    jsons,
    maps,
    mathematics,
    texts,
    time_fields,
    times,
    timestream,
    windows,
)
from trino_on_duckdb.functions.conditionals import CONDITIONALS
from trino_on_duckdb.functions.formatting import format_text
from trino_on_duckdb.functions.level import Level
from trino_on_duckdb.functions.reducing import reduce_array
from trino_on_duckdb.functions.refused import REFUSED
from trino_on_duckdb.functions.tables import Table, resolve
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.values import Value, failure, made_of, once_each, quoted

SCALARS: Table = {
    **mathematics.MATHEMATICS,
    **texts.TEXTS,
    **texts.REGULAR_EXPRESSIONS,
    **texts.URLS,
    **binaries.BINARIES,
    **jsons.JSONS,
    **times.TIMES,
    **time_fields.FIELDS,
    **collections.ARRAYS,
    **maps.MAPS,
}
SYNONYMS = {**mathematics.SYNONYMS, **texts.SYNONYMS, **time_fields.SYNONYMS, **aggregates.SYNONYMS}
SPECIAL = ("format", "grouping", "now", "reduce", *CONDITIONALS)
"""Calls that are not in a table of signatures."""


def is_aggregate(node: tree.Call) -> bool:
    """Whether the call takes the rows of a group (not of a window)."""
    return node.over is None and (canonical(node.name) in aggregates_of(node) or node.name == "grouping")


def aggregates_of(node: tree.Call) -> Table:
    """The aggregates among which the call's name is looked up."""
    return timestream.AGGREGATES if node.timestream else aggregates.AGGREGATES


def canonical(name: str) -> str:
    return SYNONYMS.get(name, name)


def call(level: Level, node: tree.Call) -> Value:
    """The call's value; QueryError (FUNCTION_NOT_FOUND, NOT_SUPPORTED) when there is none."""
    name = canonical(node.name)
    if node.over is not None:
        return _windowed(level, node, name)
    if is_aggregate(node):
        if level.aggregate is None:
            problem = (
                f"{level.clause} cannot contain aggregations, window functions or grouping operations: {node.name}"
            )
            raise QueryError("EXPRESSION_NOT_SCALAR", f"{node.place}: {problem}")
        return level.aggregate(node)
    if name in windows.WINDOWS:
        raise QueryError("MISSING_OVER", f"{node.place}: Window function {node.name} requires an OVER clause")
    if node.star or node.distinct or node.order or node.filter is not None or node.nulls:
        problem = f"{node.name} is not an aggregate: it takes no *, DISTINCT, ORDER BY, FILTER or NULLS"
        raise QueryError("FUNCTION_NOT_AGGREGATE", f"{node.place}: {problem}")
    if name == "now":
        return literals.current_time(tree.CurrentTime("current_timestamp", place=node.place), level.context.session.now)
    if name == "reduce":
        return reduce_array([level.argument(argument) for argument in node.arguments], node)
    try:
        if name == "format":
            return format_text(level.values(node.arguments), node)
        if name in CONDITIONALS:
            return CONDITIONALS[name](level.values(node.arguments), node)
        scalars = timestream.SCALARS if node.timestream else SCALARS
        if name in scalars:
            arguments = [level.argument(argument) for argument in node.arguments]
            return resolve(node.name, scalars[name], arguments, node.place)
    except QueryError as error:
        raise (
            error if error.message.startswith("line ") else QueryError(error.code, f"{node.place}: {error.message}")
        ) from error
    raise unknown(node)


def unknown(node: tree.Call) -> QueryError:
    """The refusal of a function that is on no list."""
    if node.name in REFUSED or node.name.startswith("st_"):
        problem = f"{node.place}: Function {node.name} is not supported by the local Athena"
        return QueryError("NOT_SUPPORTED", problem)
    return QueryError("FUNCTION_NOT_FOUND", f"{node.place}: Function '{node.name}' not registered")


def _windowed(level: Level, node: tree.Call, name: str) -> Value:
    if name not in aggregates_of(node) and name not in windows.WINDOWS:
        if name in SCALARS or name in SPECIAL or name in timestream.SCALARS:
            raise QueryError("FUNCTION_NOT_WINDOW", f"{node.place}: Not a window function: {node.name}")
        raise unknown(node)
    if level.window is None:
        problem = f"{level.clause} cannot contain aggregations, window functions or grouping operations: {node.name}"
        raise QueryError("EXPRESSION_NOT_SCALAR", f"{node.place}: {problem}")
    return level.window(node)


def subscript(base: Value, index: Value, place: tree.Place) -> Value:
    """``base[index]`` of an array or a map: where nothing is there it fails, unlike element_at."""
    if base.type.kind == "array" and can_coerce(index.type, types.BIGINT):
        return _item(base, coerce(index, types.BIGINT))
    if base.type.kind == "map" and can_coerce(index.type, base.type.items[0]):
        return _entry(base, coerce(index, base.type.items[0]))
    raise QueryError("TYPE_MISMATCH", f"{place}: Cannot use {index.type} for subscript of {base.type}")


def _item(base: Value, index: Value) -> Value:
    type_ = base.type.items[0]
    code = "INVALID_FUNCTION_ARGUMENT"

    def body(array: str, position: str) -> str:
        beyond = "'Array subscript must be less than or equal to array length: '"
        beyond += f" || CAST({position} AS VARCHAR) || ' > ' || CAST(len({array}) AS VARCHAR)"
        return (
            f"CASE WHEN {position} = 0 THEN {failure(code, quoted('SQL array indices start at 1'), type_)} "
            f"WHEN {position} < 0 THEN {failure(code, quoted('Array subscript is negative'), type_)} "
            f"WHEN {position} > len({array}) THEN {failure(code, beyond, type_)} ELSE ({array})[{position}] END"
        )

    return made_of(once_each([base.sql, index.sql], body), type_, [base, index])


def _entry(base: Value, key: Value) -> Value:
    type_ = base.type.items[1]

    def body(whole: str, wanted: str) -> str:
        absent = failure("INVALID_FUNCTION_ARGUMENT", f"'Key not present in map: ' || CAST({wanted} AS VARCHAR)", type_)
        return (
            f"CASE WHEN map_contains({whole}, {wanted}) THEN map_extract_value({whole}, {wanted}) "
            f"WHEN {whole} IS NOT NULL AND {wanted} IS NOT NULL THEN {absent} END"
        )

    return made_of(once_each([base.sql, key.sql], body), type_, [base, key])
