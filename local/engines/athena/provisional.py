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


def translate(
    query: Any, relations: Mapping[TableName, Relation], session: Session, connection: duckdb.DuckDBPyConnection
) -> Translation:
    [expression] = parse(query.text)
    copy = expression.copy()
    placed = {}
    for index, table in enumerate(_real(copy)):
        name = _name(table, session)
        if name not in relations:
            raise QueryError(
                "TABLE_NOT_FOUND", f"line 1:15: Table '{name.catalog}.{name.database}.{name.name}' does not exist"
            )
        relation = relations[name]
        columns = ", ".join(f'"{column.name}"' for column in relation.columns)
        placed[f"placed_{index}_"] = f"(SELECT {columns} FROM {relation.sql})"
        table.replace(exp.to_table(f"placed_{index}_", alias=table.alias or table.name))
    sql = copy.sql(dialect="duckdb")
    for word, text in placed.items():
        sql = sql.replace(word, text)
    described = connection.sql(sql)
    return Translation(sql, tuple(Column(n, _type(t)) for n, t in zip(described.columns, described.types, strict=True)))


def _type(t: Any) -> str:
    names = {
        "VARCHAR": "varchar",
        "TIMESTAMP": "timestamp(3)",
        "HUGEINT": "bigint",
        "FLOAT": "real",
        "BLOB": "varbinary",
        "JSON": "varchar",
        '"NULL"': "varchar",
    }
    kids = dict(t.children) if t.id in ("list", "map", "struct", "decimal") else {}
    if t.id == "list":
        return f"array({_type(kids['child'])})"
    if t.id == "map":
        return f"map({_type(kids['key'])}, {_type(kids['value'])})"
    if t.id == "struct":
        return "row(" + ", ".join(f"{n} {_type(k)}" for n, k in kids.items()) + ")"
    if t.id == "decimal":
        return f"decimal({kids['precision']},{kids['scale']})"
    return names.get(str(t), str(t).lower())


def render(value: Any, type_text: str) -> str | None:
    import datetime

    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
    if isinstance(value, list):
        return "[" + ", ".join(render(v, "") or "null" for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={render(v, '') or 'null'}" for k, v in value.items()) + "}"
    return str(value)
