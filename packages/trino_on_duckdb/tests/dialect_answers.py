"""Answers of translated queries, as Athena would write them: pure DuckDB, no stage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import duckdb
import trino_on_duckdb as dialect

NOW = datetime(2025, 10, 15, 12, 34, 56, 789000, tzinfo=UTC)
SESSION = dialect.Session(now=NOW)
Row = tuple[str | None, ...]


def table(name: str) -> dialect.TableName:
    """The full name of a table of the default database."""
    return dialect.TableName("awsdatacatalog", "default", name)


class Athena:
    """A connection that answers queries over the tables given to it."""

    def __init__(self, relations: Mapping[dialect.TableName, dialect.Relation] | None = None) -> None:
        self.connection = duckdb.connect()
        dialect.prepare(self.connection)
        self.relations = dict(relations or {})

    def translate(self, sql: str) -> dialect.Translation:
        [query] = dialect.parse(sql)
        return dialect.translate(query, self.relations, SESSION)

    def rows(self, sql: str) -> list[Row]:
        """The rows as text, in the order that they came."""
        translation = self.translate(sql)
        try:
            found = self.connection.execute(translation.sql).fetchall()
        except duckdb.Error as error:
            raise dialect.query_error(error) from error
        types = [column.type for column in translation.columns]
        return [tuple(dialect.render(v, t) for v, t in zip(row, types, strict=True)) for row in found]

    def value(self, expression: str) -> str | None:
        """The value of an expression over no table."""
        [[value]] = self.rows(f"SELECT {expression}")
        return value

    def type(self, expression: str) -> str:
        """The type of an expression over no table."""
        [column] = self.translate(f"SELECT {expression}").columns
        return column.type
