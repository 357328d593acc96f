"""The FROM clause: tables, subqueries, UNNEST and joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trino_on_duckdb import types
from trino_on_duckdb.coercions import coerce, common
from trino_on_duckdb.comparisons import comparable, compare
from trino_on_duckdb.context import Context, OutputColumn
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.expressions import Expressions
from trino_on_duckdb.names import Column
from trino_on_duckdb.scopes import Field, Scope
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.tables import table_name
from trino_on_duckdb.types import Type
from trino_on_duckdb.unnesting import unnest
from trino_on_duckdb.values import Value, fresh, made_of, named


@dataclass(frozen=True)
class Source:
    """A relation in DuckDB's SQL and its fields; ``lateral`` when it uses the relations to its left."""

    sql: str
    fields: tuple[Field, ...]
    lateral: bool = False


def source(node: tree.RelationNode, context: Context, outer: Scope | None) -> Source:
    """The relation; ``outer`` are the names of the queries around it."""
    match node:
        case tree.Table():
            return _table(node, context)
        case tree.SubqueryRelation():
            return _subquery(node, context, outer)
        case tree.Unnest():
            return _unnest(node, context, outer)
        case tree.Aliased():
            return _aliased(node, context, outer)
        case tree.Join():
            return _join(node, context, outer)
        case _:
            raise QueryError(
                "NOT_SUPPORTED", f"{node.place}: {type(node).__name__} is not supported by the local Athena"
            )


def _table(node: tree.Table, context: Context) -> Source:
    parts = tuple(part.value for part in node.parts)
    query = context.named.get(parts[0].lower()) if len(parts) == 1 else None
    alias = fresh("t")
    if query is not None:
        return Source(f"{query.name} AS {alias}", _output_fields(query.columns, alias, (parts[0].lower(),)))
    name = table_name(parts, node.place, context.session)
    relation = context.relations.get(name)
    if relation is None:
        problem = f"Table '{name.catalog}.{name.database}.{name.name}' does not exist"
        raise QueryError("TABLE_NOT_FOUND", f"{node.place}: {problem}")
    qualifier = (name.catalog, name.database, name.name)

    def field(column: Column, *, hidden: bool) -> Field:
        type_ = types.parse_type(column.type)
        return Field(column.name, Value(f"{alias}.{named(column.name)}", type_), qualifier, hidden)

    fields = [field(column, hidden=False) for column in relation.columns]
    fields += [field(column, hidden=True) for column in relation.hidden]
    return Source(f"{relation.sql} AS {alias}", tuple(fields))


def _output_fields(columns: Sequence[OutputColumn], alias: str, qualifier: tuple[str, ...]) -> tuple[Field, ...]:
    return tuple(
        Field(column.label, Value(f"{alias}.c{index}", column.type), qualifier) for index, column in enumerate(columns)
    )


def _subquery(node: tree.SubqueryRelation, context: Context, outer: Scope | None) -> Source:
    alias = fresh("t")
    rendered = context.render_query(node.query, context, outer)
    return Source(f"({rendered.sql}) AS {alias}", _output_fields(rendered.columns, alias, ()), node.lateral)


def _unnest(node: tree.Unnest, context: Context, outer: Scope | None) -> Source:
    level = Expressions(context, outer or Scope(), "UNNEST")
    alias = fresh("u")
    sql, columns = unnest(level.values(node.expressions), node)
    return Source(f"({sql}) AS {alias}", _output_fields(columns, alias, ()), lateral=True)


def _aliased(node: tree.Aliased, context: Context, outer: Scope | None) -> Source:
    inner = source(node.relation, context, outer)
    visible = [field for field in inner.fields if not field.hidden]
    if node.columns and len(node.columns) != len(visible):
        given, name = len(node.columns), node.alias.value
        problem = f"Column alias list has {given} entries but '{name}' has {len(visible)} columns available"
        raise QueryError("MISMATCHED_COLUMN_ALIASES", f"{node.place}: {problem}")
    qualifier = (node.alias.value.lower(),)
    labels = iter(column.value for column in node.columns)
    fields = tuple(
        replace(field, qualifier=qualifier, label=next(labels) if node.columns and not field.hidden else field.label)
        for field in inner.fields
        if not (node.columns and field.hidden)
    )
    return replace(inner, fields=fields)


def _join(node: tree.Join, context: Context, outer: Scope | None) -> Source:
    left = source(node.left, context, outer)
    right = source(node.right, context, Scope(left.fields, outer) if _is_lateral(node.right) else outer)
    right_sql = f"LATERAL {right.sql}" if right.lateral else right.sql
    if _is_join(node.right):
        right_sql = f"({right_sql})"
    if node.kind == "cross":
        return Source(f"{left.sql} CROSS JOIN {right_sql}", left.fields + right.fields)
    if right.lateral and not (node.kind in ("inner", "left") and node.on == tree.Boolean(True)):
        problem = f"{node.kind.upper()} JOIN involving UNNEST or LATERAL is only supported with condition ON TRUE"
        raise QueryError("NOT_SUPPORTED", f"{node.place}: {problem}")
    if node.using:
        return _using(node, left, right, right_sql)
    fields = left.fields + right.fields
    assert node.on is not None  # noqa: S101  the grammar demands ON or USING
    condition = Expressions(context, Scope(fields, outer), "JOIN ON clause").filter(node.on)
    return Source(f"{left.sql} {node.kind.upper()} JOIN {right_sql} ON {condition}", fields)


def _is_join(node: tree.RelationNode) -> bool:
    return _is_join(node.relation) if isinstance(node, tree.Aliased) else isinstance(node, tree.Join)


def _is_lateral(node: tree.RelationNode) -> bool:
    if isinstance(node, tree.Aliased):
        return _is_lateral(node.relation)
    return isinstance(node, tree.Unnest) or (isinstance(node, tree.SubqueryRelation) and node.lateral)


def _using(node: tree.Join, left: Source, right: Source, right_sql: str) -> Source:
    conditions, shared = [], []
    used: list[Field] = []
    for column in node.using:
        name = [column.value.lower()]
        sides = []
        for side, which in ((left, "left"), (right, "right")):
            found = [field for field in side.fields if field.is_named(name)]
            if len(found) != 1:
                problem = f"Column '{column.value}' is {'ambiguous' if found else 'missing from'} {which} side of join"
                raise QueryError("COLUMN_NOT_FOUND", f"{column.place}: {problem}")
            sides.append(found[0])
        used += sides
        one, other = (side.value for side in sides)
        conditions.append(compare("=", one, other, column.place).sql)
        shared.append(Field(column.value, _joined(node.kind, one, other)))
    rest = [field for field in left.fields + right.fields if field not in used]
    sql = f"{left.sql} {node.kind.upper()} JOIN {right_sql} ON {' AND '.join(conditions)}"
    return Source(sql, (*shared, *rest))


def _joined(kind: str, one: Value, other: Value) -> Value:
    """The value of a USING column: of the side that has the row."""
    type_ = _joined_type(one.type, other.type)
    left, right = coerce(one, type_), coerce(other, type_)
    if kind in ("inner", "left"):
        return left
    if kind == "right":
        return right
    return made_of(f"coalesce({left.sql}, {right.sql})", type_, [left, right])


def _joined_type(one: Type, other: Type) -> Type:
    joined = common(one, other)
    assert joined is not None, "the sides were compared before"  # noqa: S101
    assert comparable(joined)  # noqa: S101
    return joined
