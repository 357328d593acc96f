"""The result of a whole query: its columns under their names, in types that can be shown."""

from __future__ import annotations

from dataclasses import replace

from trino_on_duckdb.coercions import coerce
from trino_on_duckdb.context import Rendered
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.names import Column, Translation
from trino_on_duckdb.rendering import SHOWN_FRACTION
from trino_on_duckdb.scalar_casts import text_of
from trino_on_duckdb.types import FROM_VALUE, Type, contains
from trino_on_duckdb.values import Value, fresh, named


def shown(rendered: Rendered) -> Translation:
    """The translation; a column without a name is ``_col0`` by its place.

    The names are put on by the outermost SELECT, whose rows keep the order of the ordered SELECT inside it. A timestamp
    of another zone than UTC comes as its text, which says the zone.
    """
    alias = fresh("o")
    columns, texts = [], []
    for index, column in enumerate(rendered.columns):
        name = column.label if column.label is not None else f"_col{index}"
        sql = f"{alias}.c{index}"
        if contains("char", column.type):
            raise QueryError("NOT_SUPPORTED", f"Values of type {column.type} are not supported by the local Athena")
        if column.type.zone not in (None, "UTC"):
            sql = text_of(sql, replace(column.type, size=max(column.type.size or 0, SHOWN_FRACTION)))
        elif any(_has_other_zone(item) for item in column.type.items):
            sql = coerce(Value(sql, column.type), _carrying(column.type)).sql
        texts.append(f"{sql} AS {named(name)}")
        columns.append(Column(name, str(column.type)))
    return Translation(f"SELECT {', '.join(texts)} FROM ({rendered.sql}) AS {alias}", tuple(columns))


def _carrying(type_: Type) -> Type:
    """The type with zones in its values, for what renders them to see."""
    zone = FROM_VALUE if type_.zone else None
    return replace(type_, zone=zone, items=tuple(map(_carrying, type_.items)))


def _has_other_zone(type_: Type) -> bool:
    return type_.zone not in (None, "UTC", FROM_VALUE) or any(_has_other_zone(item) for item in type_.items)
