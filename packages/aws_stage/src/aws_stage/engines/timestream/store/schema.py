"""What a table of Timestream has learnt of its records: columns and measures. Writes add to it, nothing takes away.

Times are microseconds here, which is what DuckDB's fastest type of a moment has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

Kind = Literal["dimension", "value", "attribute"]

DUCKDB_TYPES = {
    "VARCHAR": "VARCHAR",
    "DOUBLE": "DOUBLE",
    "BIGINT": "BIGINT",
    "BOOLEAN": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMP",
}
FIXED = ("series", "version", "size", "time", "measure_name")
"""Columns that every table has."""


@dataclass(frozen=True)
class Column:
    """A column that records brought: ``kind`` says as what, ``type`` is Timestream's name of its type, ``place`` the
    number in its name in DuckDB, where names that differ in case alone would be one."""

    name: str
    kind: Kind
    type: str
    place: int

    @property
    def held_as(self) -> str:
        """Its name in DuckDB."""
        return f"c{self.place}"


@dataclass(frozen=True)
class Measure:
    """A measure name: the type of its values (``MULTI`` too), and the dimensions that came with it."""

    type: str
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """Of one table, by its ``uid``. Names are those that were written."""

    uid: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The table's name in DuckDB."""
        return f"t{self.uid}"

    def of_kind(self, kind: Kind) -> list[Column]:
        """The columns of a kind, in the order in which they came."""
        return [column for column in self.columns.values() if column.kind == kind]

    def with_column(self, name: str, kind: Kind, type_: str) -> Schema:
        """With one column more."""
        column = Column(name, kind, type_, len(self.columns))
        return replace(self, columns={**self.columns, name: column})

    def with_measure(self, name: str, measure: Measure) -> Schema:
        """With a measure, new or as it is now."""
        return replace(self, measures={**self.measures, name: measure})

    def encode(self) -> str:
        """What is stored."""
        return orjson.dumps(self).decode()

    @classmethod
    def decode(cls, text: str) -> Schema:
        """From what is stored."""
        body: dict[str, Any] = orjson.loads(text)
        measures = {
            name: Measure(found["type"], tuple(found["dimensions"])) for name, found in body["measures"].items()
        }
        columns = {name: Column(**found) for name, found in body["columns"].items()}
        return cls(body["uid"], columns, measures)
