# ruff: noqa
"""The plainest queries, until the dialect answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from local.engines.athena.dialect import Column, QueryError, Relation, Session, TableName, Translation


def parse(sql: str) -> list[Any]:
    try:
        return [statement for statement in sqlglot.parse(sql, read="athena") if statement]
    except sqlglot.errors.ParseError as error:
        raise QueryError("SYNTAX_ERROR", str(error)) from error


def _name(table: exp.Table, session: Session) -> TableName:
    return TableName(
        (table.catalog or session.catalog).lower(), (table.db or session.database).lower(), table.name.lower()
    )


def _real(expression: Any) -> list[exp.Table]:
    ctes = {cte.alias for cte in expression.find_all(exp.CTE)}
    return [table for table in expression.find_all(exp.Table) if table.db or table.name not in ctes]


def tables_in(expression: Any, session: Session) -> list[TableName]:
    return list(dict.fromkeys(_name(table, session) for table in _real(expression)))


class _Predicate:
    def __init__(self, wanted: dict[str, str]) -> None:
        self.wanted = wanted

    def select(self, partitions: Any) -> list[Any]:
        return [p for p in partitions if all(key not in p or p[key] == text for key, text in self.wanted.items())]

    def equal_values(self, key: str) -> set[str] | None:
        return {self.wanted[key]} if key in self.wanted else None


def partition_predicate(query: Any, table: TableName, keys: Sequence[Column], session: Session) -> _Predicate:
    [expression] = parse(query.text)
    wanted = {}
    names = {key.name for key in keys if key.type == "varchar"}
    where = expression.args.get("where")
    conjuncts = (
        list(where.this.flatten()) if where and isinstance(where.this, exp.And) else [where.this] if where else []
    )
    for item in conjuncts:
        if isinstance(item, exp.EQ) and item.left.name in names and isinstance(item.right, exp.Literal):
            wanted[item.left.name] = item.right.name
    return _Predicate(wanted)
