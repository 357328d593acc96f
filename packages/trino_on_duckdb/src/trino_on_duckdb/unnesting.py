"""UNNEST: arrays side by side (the shorter padded with NULLs), rows and maps in several columns, an ordinal number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trino_on_duckdb import types
from trino_on_duckdb.coercions import field_of
from trino_on_duckdb.context import OutputColumn
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.values import Value, cast_to, fresh


def unnest(values: Sequence[Value], node: tree.Unnest) -> tuple[str, list[OutputColumn]]:
    """A SELECT of columns ``c0``, … and their names and types."""
    given = arrays = [_as_array(value, node.place) for value in values]
    once = ""
    if any(value.type.kind == "timeseries" for value in values):
        # A series is evaluated once, outside of the lambda, where DuckDB does not find columns of the query around it.
        # Arrays are not: DuckDB keeps their order only without a query in between.
        held = fresh("a")
        arrays = [replace(array, sql=f"{held}.a{number}") for number, array in enumerate(given)]
        once = (
            f" FROM (SELECT {', '.join(f'{array.sql} AS a{number}' for number, array in enumerate(given))}) AS {held}"
        )
    index, row = fresh("i"), fresh("r")
    length = f"greatest({', '.join(f'coalesce(len({array.sql}), 0)' for array in arrays)})"
    fields = [f"u{number} := {_item(array, index)}" for number, array in enumerate(arrays)]
    rows = f"list_transform(range(1, {length} + 1), lambda {index}: struct_pack({', '.join(fields)}, n := {index}))"
    selected: list[str] = []
    columns: list[OutputColumn] = []
    for number, (value, array) in enumerate(zip(values, arrays, strict=True)):
        for sql, column in _columns(f"{row}.s.u{number}", value, array):
            selected.append(sql)
            columns.append(column)
    if node.ordinality:
        selected.append(f"CAST({row}.s.n AS BIGINT)")
        columns.append(OutputColumn(None, types.BIGINT))
    listed = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(selected))
    return f"SELECT {listed} FROM (SELECT unnest({rows}) AS s{once}) AS {row}", columns


def _as_array(value: Value, place: tree.Place) -> Value:
    if value.type.kind == "array":
        return value
    if value.type.kind == "timeseries":
        return value.retyped(value.sql, types.points_of(value.type))
    if value.type.kind == "map":
        key, item = value.type.items
        return value.retyped(
            f"map_entries({value.sql})", types.array_of(types.row_of(key, item, fields=("key", "value")))
        )
    raise QueryError("TYPE_MISMATCH", f"{place}: Cannot unnest type: {value.type}")


def _item(array: Value, index: str) -> str:
    item = array.type.items[0]
    sql = f"({array.sql})[{index}]"
    return cast_to(sql, item) if item.kind == "unknown" else sql


def _columns(sql: str, value: Value, array: Value) -> list[tuple[str, OutputColumn]]:
    item = array.type.items[0]
    if item.kind != "row":
        return [(sql, OutputColumn(None, item))]
    named = value.type.kind != "map"
    return [
        (field_of(sql, number), OutputColumn(name if named else None, type_))
        for number, (name, type_) in enumerate(zip(item.fields, item.items, strict=True))
    ]
