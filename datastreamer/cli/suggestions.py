"""What a question that Athena refused may have meant, from the names that the Data Catalog has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from datastreamer.aws.faults import CALL_ERRORS

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import TableTypeDef

_COLUMN: Final = re.compile(r"Column '([^']+)' cannot be resolved")
_TABLE: Final = re.compile(
    r"Table '(?:[^'.]+\.)?(?P<database>[^'.]+)\.(?P<table>[^'.]+)' does not exist"
    r"|(?:Table|View) not found (?:(?P<of_hive>\w+)\.)?(?P<hive>\w+)"
)
"""Trino's words, and Hive's, which answers DDL."""

_SCHEMA: Final = re.compile(r"Schema '([^']+)' does not exist")
_CLOSE: Final = 0.6
"""difflib's own: two words share three letters of five."""


def did_you_mean(glue: GlueClient, failure: str, sql: str, *, database: str) -> str:
    """A sentence with the nearest names, or those that there are, for the column, table or database that Athena misses.

    ``failure`` is what Athena said of ``sql``, asked in ``database``. Empty where it says something else, and where
    the catalogue does not answer: a suggestion must not hide what failed.
    """
    try:
        if column := _COLUMN.search(failure):
            return _column(column[1].rpartition(".")[2], _tables(glue, database), sql)
        if table := _TABLE.search(failure):
            searched = table["database"] or table["of_hive"] or database
            names = [each["Name"] for each in _tables(glue, searched)]
            return _sentence(table["table"] or table["hive"], names, f"Tables of {searched}")
        if schema := _SCHEMA.search(failure):
            pages = glue.get_paginator("get_databases").paginate()
            return _sentence(schema[1], [each["Name"] for page in pages for each in page["DatabaseList"]], "Databases")
    except CALL_ERRORS:
        pass
    return ""


def _tables(glue: GlueClient, database: str) -> list[TableTypeDef]:
    return [
        table
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=database)
        for table in page["TableList"]
    ]


def _column(missing: str, tables: list[TableTypeDef], sql: str) -> str:
    words = {word.lower() for word in re.findall(r"\w+", sql)}
    named = [table for table in tables if table["Name"].lower() in words]
    columns = {table["Name"]: _columns(table) for table in named}
    return _sentence(
        missing,
        [column for each in columns.values() for column in each],
        f"Columns of {' and '.join(columns)}",
    )


def _columns(table: TableTypeDef) -> list[str]:
    described: Any = table.get("StorageDescriptor", {}).get("Columns", [])
    return [column["Name"] for column in [*described, *table.get("PartitionKeys", [])]]


def _sentence(missing: str, names: Iterable[str], of: str) -> str:
    known = list(dict.fromkeys(names))
    near = get_close_matches(missing.lower(), known, n=2, cutoff=_CLOSE)
    if near:
        return f" Did you mean {' or '.join(map(repr, near))}?"
    return f" {of}: {', '.join(known)}" if known else ""
