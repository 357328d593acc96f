"""A query in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trino_on_duckdb import types
from trino_on_duckdb.coercions import coerce, common
from trino_on_duckdb.comparisons import carried_zones, check_ordered, comparable
from trino_on_duckdb.context import Context, NamedQuery, OutputColumn, Rendered
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.expressions import Expressions
from trino_on_duckdb.grouping import sort_text
from trino_on_duckdb.names import Relation, Session, TableName, Translation
from trino_on_duckdb.outputs import shown
from trino_on_duckdb.scopes import Field, Scope
from trino_on_duckdb.selects import Ending, distinct, render_select
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, fresh


def translate(query: tree.Query | tree.Other, relations: Mapping[TableName, Relation], session: Session) -> Translation:
    """See ``dialect.translate``."""
    if isinstance(query, tree.Other):
        word = query.text.split(maxsplit=1)[0]
        raise QueryError("SYNTAX_ERROR", f"{query.place}: mismatched input '{word}'. Expecting: <query>")
    try:
        rendered = render_query(query, Context(relations, session, render_query), None)
    except RecursionError as error:
        raise QueryError("NOT_SUPPORTED", "The query is nested too deeply for the local Athena") from error
    return shown(rendered)


def render_query(query: tree.Query, context: Context, outer: Scope | None) -> Rendered:
    """A query with its WITH queries; its columns are named ``c0``, ``c1``, …."""
    texts: list[str] = []
    for each in query.named:
        inner = render_query(each.query, context, outer)
        columns = _renamed(inner.columns, each)
        name = fresh("w")
        texts.append(f"{name} AS ({inner.sql})")
        if each.name.value.lower() in {earlier.name.value.lower() for earlier in query.named[: len(texts) - 1]}:
            problem = f"WITH query name '{each.name.value}' specified more than once"
            raise QueryError("DUPLICATE_NAMED_QUERY", f"{each.place}: {problem}")
        context = context.with_named({each.name.value.lower(): NamedQuery(name, columns)})
    rendered = _ended(query, context, outer)
    return Rendered(f"WITH {', '.join(texts)} {rendered.sql}", rendered.columns) if texts else rendered


def _renamed(columns: Sequence[OutputColumn], query: tree.NamedQuery) -> tuple[OutputColumn, ...]:
    if not query.columns:
        return tuple(columns)
    if len(query.columns) != len(columns):
        problem = f"WITH column list has {len(query.columns)} entries but the query has {len(columns)} columns"
        raise QueryError("MISMATCHED_COLUMN_ALIASES", f"{query.place}: {problem}")
    return tuple(OutputColumn(name.value, column.type) for name, column in zip(query.columns, columns, strict=True))


def _ended(query: tree.Query, context: Context, outer: Scope | None) -> Rendered:
    """The body with ORDER BY, OFFSET and LIMIT."""
    if query.ties:
        raise QueryError(
            "NOT_SUPPORTED", f"{query.place}: FETCH FIRST … WITH TIES is not supported by the local Athena"
        )
    ending = Ending(query.order, _limit(query))
    if isinstance(query.body, tree.Select):
        return render_select(query.body, context, outer, ending)
    rendered = _body(query.body, context, outer)
    if not ending.order and not ending.limit:
        return rendered
    alias = fresh("q")
    order = _order(query, context, rendered, alias, outer)
    return Rendered(f"SELECT * FROM ({rendered.sql}) AS {alias}{order}{ending.limit}", rendered.columns)


def _limit(query: tree.Query) -> str:
    texts = ""
    for word, count in (("LIMIT", query.limit), ("OFFSET", query.offset)):
        if count is None:
            continue
        if not isinstance(count, tree.Integer):
            raise QueryError("TYPE_MISMATCH", f"{count.place}: {word} must be a whole number")
        texts += f" {word} {count.value}"
    return texts


def _order(query: tree.Query, context: Context, rendered: Rendered, alias: str, outer: Scope | None) -> str:
    if not query.order:
        return ""
    fields = tuple(
        Field(column.label, Value(f"{alias}.c{index}", column.type)) for index, column in enumerate(rendered.columns)
    )
    level = Expressions(context, Scope(fields, outer), "ORDER BY clause")
    texts = []
    for item in query.order:
        if isinstance(item.expression, tree.Integer):
            position = item.expression.value
            if not 1 <= position <= len(fields):
                raise QueryError(
                    "INVALID_COLUMN_REFERENCE", f"{item.place}: ORDER BY position {position} is not in select list"
                )
            value = fields[position - 1].value
        else:
            value = level.value(item.expression)
        check_ordered(value.type, item.place)
        texts.append(sort_text(value.sql, item))
    return f" ORDER BY {', '.join(texts)}"


def _body(body: tree.Body, context: Context, outer: Scope | None) -> Rendered:
    match body:
        case tree.Select():
            return render_select(body, context, outer, Ending())
        case tree.Query():
            return render_query(body, context, outer)
        case tree.Table():
            everything = tree.Select((tree.AllColumns(place=body.place),), relation=body, place=body.place)
            return render_select(everything, context, outer, Ending())
        case tree.Values():
            return _values(body, context, outer)
        case tree.SetOperation():
            return _set_operation(body, context, outer)


def _values(body: tree.Values, context: Context, outer: Scope | None) -> Rendered:
    level = Expressions(context, Scope((), outer), "VALUES")
    rows = [level.values(row.items if isinstance(row, tree.RowOf) else (row,)) for row in body.rows]
    if len({len(row) for row in rows}) > 1:
        raise QueryError("TYPE_MISMATCH", f"{body.place}: Values rows have mismatched sizes")
    joined: list[Type] = [value.type for value in rows[0]]
    for row in rows[1:]:
        joined = [_joined(one, value.type, body.place) for one, value in zip(joined, row, strict=True)]
    names = ", ".join(f"c{index}" for index in range(len(joined)))
    listed = ", ".join(
        f"({', '.join(coerce(value, type_).sql for value, type_ in zip(row, joined, strict=True))})" for row in rows
    )
    columns = tuple(OutputColumn(None, type_) for type_ in joined)
    return Rendered(f"SELECT * FROM (VALUES {listed}) AS {fresh('v')}({names})", columns)


def _joined(one: Type, other: Type, place: tree.Place) -> Type:
    joined = common(one, other)
    if joined is None:
        raise QueryError("TYPE_MISMATCH", f"{place}: Values rows have mismatched types: {one} and {other}")
    return joined


def _set_operation(body: tree.SetOperation, context: Context, outer: Scope | None) -> Rendered:
    sides = [_body(side, context, outer) for side in (body.left, body.right)]
    counts = [len(side.columns) for side in sides]
    if counts[0] != counts[1]:
        problem = f"{body.operator} query has different number of fields: {counts[0]}, {counts[1]}"
        raise QueryError("TYPE_MISMATCH", f"{body.place}: {problem}")
    columns = []
    for index, (one, other) in enumerate(zip(sides[0].columns, sides[1].columns, strict=True)):
        joined = common(one.type, other.type)
        if joined is None:
            problem = f"column {index + 1} in {body.operator} query has incompatible types: {one.type}, {other.type}"
            raise QueryError("TYPE_MISMATCH", f"{body.place}: {problem}")
        merged = body.distinct or body.operator != "union"
        if types.carries_zone(joined) and (body.operator != "union" or (merged and joined.items)):
            raise carried_zones(f"{body.place}: {body.operator.upper()}")
        if merged and not comparable(joined):
            problem = f"Type {joined} is not comparable and therefore cannot be used in {body.operator.upper()}"
            raise QueryError("TYPE_MISMATCH", f"{body.place}: {problem}")
        columns.append(OutputColumn(one.label, joined))
    operator = body.operator.upper() + ("" if body.distinct else " ALL")
    texts = [_coerced(side, [column.type for column in columns]) for side in sides]
    if operator == "UNION" and any(types.carries_zone(column.type) for column in columns):
        return Rendered(distinct(columns, f"({texts[0]}) UNION ALL ({texts[1]})"), tuple(columns))
    return Rendered(f"({texts[0]}) {operator} ({texts[1]})", tuple(columns))


def _coerced(side: Rendered, wanted: Sequence[Type]) -> str:
    if [types.duckdb_type(column.type) for column in side.columns] == [types.duckdb_type(type_) for type_ in wanted]:
        return side.sql
    alias = fresh("s")
    selected = ", ".join(
        f"{coerce(Value(f'{alias}.c{index}', column.type), type_).sql} AS c{index}"
        for index, (column, type_) in enumerate(zip(side.columns, wanted, strict=True))
    )
    return f"SELECT {selected} FROM ({side.sql}) AS {alias}"
