"""SHOW and DESCRIBE (developer guide, "SHOW statements" and "DESCRIBE statements")."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trino_on_duckdb import Column

from aws_stage.engines.timestream.control.catalogue import Catalogue, Table
from aws_stage.engines.timestream.errors import invalid
from aws_stage.engines.timestream.query.relations import columns_of
from aws_stage.engines.timestream.store.schema import Schema

_NAME = r'(?:"[^"]+"|[\w.-]+?)'
_LIKE = r"(?:\s+LIKE\s+'(?P<like>(?:[^']|'')*)')?"
_TABLE = rf"(?P<database>{_NAME})\s*\.\s*(?P<table>{_NAME})"
_VARCHAR = "varchar"
_DIMENSIONS = "array(row(dimension_name varchar, data_type varchar))"


@dataclass(frozen=True)
class Shown:
    """The whole result of a statement."""

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]


class Shows:
    """``schema`` gives what a table has learnt, by its uid."""

    def __init__(self, catalogue: Catalogue, schema: Callable[[str], Schema]) -> None:
        self._catalogue = catalogue
        self._schema = schema
        self._statements: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Shown]], ...] = (
            (_pattern(rf"SHOW\s+DATABASES{_LIKE}"), self._databases),
            (_pattern(rf"SHOW\s+TABLES(?:\s+FROM\s+(?P<database>{_NAME}))?{_LIKE}"), self._tables),
            (_pattern(rf"SHOW\s+MEASURES\s+FROM\s+{_TABLE}{_LIKE}"), self._measures),
            (_pattern(rf"(?:DESCRIBE|DESC)\s+{_TABLE}"), self._describe),
        )

    def answer(self, text: str) -> Shown:
        """The result of a statement that is not a query; raises ValidationException for any other."""
        for pattern, show in self._statements:
            match = pattern.fullmatch(text)
            if match is not None:
                return show(match)
        word = text.split(maxsplit=1)[0]
        raise invalid(f"The query syntax is invalid at line 1:1: mismatched input '{word}'. Expecting: <query>")

    def _databases(self, match: re.Match[str]) -> Shown:
        names = [database.name for database in self._catalogue.databases()]
        return Shown((Column("Database", _VARCHAR),), _like(names, match["like"]))

    def _tables(self, match: re.Match[str]) -> Shown:
        if match["database"] is None:
            raise invalid("line 1:1: Schema must be specified when session schema is not set")
        names = [table.name for table in self._catalogue.tables(self._database(match["database"]))]
        return Shown((Column("Table", _VARCHAR),), _like(names, match["like"]))

    def _measures(self, match: re.Match[str]) -> Shown:
        schema = self._schema(self._table(match).uid)
        wanted = {name for (name,) in _like(list(schema.measures), match["like"])}
        rows: list[tuple[Any, ...]] = [
            (
                name,
                measure.type.lower(),
                [{"dimension_name": each, "data_type": _VARCHAR} for each in measure.dimensions],
            )
            for name, measure in sorted(schema.measures.items())
            if name in wanted
        ]
        columns = (Column("measure_name", _VARCHAR), Column("data_type", _VARCHAR), Column("dimensions", _DIMENSIONS))
        return Shown(columns, rows)

    def _describe(self, match: re.Match[str]) -> Shown:
        schema = self._schema(self._table(match).uid)
        rows: list[tuple[Any, ...]] = [
            (column.name, column.type.partition("(")[0], called)
            for column, _, called in (columns_of(schema) if schema.measures else [])
        ]
        names = ("Column", "Type", "Timestream attribute type")
        return Shown(tuple(Column(name, _VARCHAR) for name in names), rows)

    def _database(self, written: str) -> str:
        name = written.strip('"')
        found = [each.name for each in self._catalogue.databases() if each.name.lower() == name.lower()]
        if not found:
            raise invalid(f"Requested database '{name}' not found")
        return found[0]

    def _table(self, match: re.Match[str]) -> Table:
        database, name = self._database(match["database"]), match["table"].strip('"')
        found = [each for each in self._catalogue.tables(database) if each.name.lower() == name.lower()]
        if not found:
            raise invalid(f"Requested table '{name}' not found for identifier '{database}.{name}'")
        return found[0]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def _like(names: list[str], pattern: str | None) -> list[tuple[str]]:
    """The names, in order, that match a LIKE: ``%`` is any text, ``_`` any character."""
    if pattern is None:
        return [(name,) for name in sorted(names)]
    parts = {"%": ".*", "_": "."}
    wanted = re.compile("".join(parts.get(each, re.escape(each)) for each in pattern.replace("''", "'")), re.DOTALL)
    return [(name,) for name in sorted(names) if wanted.fullmatch(name)]
