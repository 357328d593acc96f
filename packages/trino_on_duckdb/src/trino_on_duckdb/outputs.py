"""The result of a whole query: its columns under their names, in types that can be shown."""

from __future__ import annotations

from dataclasses import replace

from trino_on_duckdb.coercions import MIXED_ZONE
from trino_on_duckdb.context import Rendered
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.names import Column, Translation
from trino_on_duckdb.rendering import SHOWN_FRACTION
from trino_on_duckdb.scalar_casts import text_of
from trino_on_duckdb.types import Type, contains
from trino_on_duckdb.values import fresh, named


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
            if column.type.zone == MIXED_ZONE:
                raise _zones()
            sql = text_of(sql, replace(column.type, size=max(column.type.size or 0, SHOWN_FRACTION)))
        elif any(_has_other_zone(item) for item in column.type.items):
            raise QueryError(
                "NOT_SUPPORTED",
                "A timestamp of a zone other than UTC inside an array, map or row is not supported here",
            )
        texts.append(f"{sql} AS {named(name)}")
        columns.append(Column(name, str(column.type)))
    return Translation(f"SELECT {', '.join(texts)} FROM ({rendered.sql}) AS {alias}", tuple(columns))


def _zones() -> QueryError:
    return QueryError("NOT_SUPPORTED", "Timestamps of different time zones in one column are not supported here")


def _has_other_zone(type_: Type) -> bool:
    return type_.zone not in (None, "UTC") or any(_has_other_zone(item) for item in type_.items)
