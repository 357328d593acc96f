"""The words that the dialect and its callers share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Column:
    """A column as Athena knows it; ``type`` is Athena's type text, for example ``array(bigint)``."""

    name: str
    type: str


@dataclass(frozen=True)
class TableName:
    """A table's full name. All parts are lower case, as the Glue catalogue keeps them."""

    catalog: str
    database: str
    name: str


@dataclass(frozen=True)
class Relation:
    """Where a table's rows come from.

    ``sql`` is the DuckDB text after FROM, without an alias (a table function, or a SELECT in parentheses). It gives
    columns of these names, each of the DuckDB type that ``duckdb_type`` names for the column's Athena type; timestamps
    have no finer part than their type's precision. ``hidden`` columns (``$path``) are found by name but not by ``*``.
    """

    sql: str
    columns: tuple[Column, ...]
    hidden: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Session:
    """What a query is read against: the names that need no qualifier, and the one instant that is its ``now()``."""

    now: datetime
    catalog: str = "awsdatacatalog"
    database: str = "default"

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now must have a time zone")
        object.__setattr__(self, "now", self.now.astimezone(UTC))
        object.__setattr__(self, "catalog", self.catalog.lower())
        object.__setattr__(self, "database", self.database.lower())


@dataclass(frozen=True)
class Translation:
    """A query in DuckDB's SQL, and its result's columns in order, named and typed as Athena does."""

    sql: str
    columns: tuple[Column, ...]
