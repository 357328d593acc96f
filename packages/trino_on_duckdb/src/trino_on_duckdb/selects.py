"""One SELECT, from its clauses to DuckDB's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trino_on_duckdb.comparisons import check_ordered, comparable
from trino_on_duckdb.context import Context, OutputColumn, Rendered
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.expressions import Expressions
from trino_on_duckdb.finding import has_aggregates
from trino_on_duckdb.grouping import GroupedScope, Grouping, alike, grouping_sets, sort_text
from trino_on_duckdb.scopes import Field, OrderScope, Scope
from trino_on_duckdb.sources import Source, source
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.types import FROM_VALUE, carries_zone
from trino_on_duckdb.values import Value, fresh
from trino_on_duckdb.wall_clocks import instant
from trino_on_duckdb.windowing import window_call


@dataclass(frozen=True)
class Ending:
    """What follows a query's body: ORDER BY, and the texts of LIMIT and OFFSET."""

    order: tuple[tree.SortItem, ...] = ()
    limit: str = ""


@dataclass(frozen=True)
class _Output:
    label: str | None
    value: Value


def render_select(node: tree.Select, context: Context, outer: Scope | None, ending: Ending) -> Rendered:
    """The query; its columns are named ``c0``, ``c1``, …."""
    below = Source("", ()) if node.relation is None else source(node.relation, context, outer)
    scope = Scope(below.fields, outer)
    where = _where(node, context, scope)
    from_and_where = (f"FROM {below.sql}" if below.sql else "") + where
    grouping = _grouping(node, context, scope, ending)
    level = _level(node, context, scope, grouping)
    outputs = _outputs(node, level)
    having = f" WHERE {replace(level, clause='HAVING clause').filter(node.having)}" if node.having else ""
    order = _order(node, level, outputs, ending.order)
    if grouping is not None:
        from_and_where = f"FROM {grouping.text(from_and_where)}{having}"
    selected = ", ".join(f"{output.value.sql} AS c{index}" for index, output in enumerate(outputs))
    columns = tuple(OutputColumn(output.label, output.value.type) for output in outputs)
    if not node.distinct:
        return Rendered(f"SELECT {selected} {from_and_where}{order}{ending.limit}", columns)
    for output in outputs:
        if not _can_be_distinct(output.value):
            problem = f"DISTINCT can only be applied to comparable types (actual: {output.value.type})"
            raise QueryError("TYPE_MISMATCH", f"{node.place}: {problem}")
    whole = f"SELECT * FROM ({distinct(columns, f'SELECT {selected} {from_and_where}')}) AS {fresh('d')}"
    return Rendered(f"{whole}{order}{ending.limit}", columns)


def distinct(columns: Sequence[OutputColumn], rows: str) -> str:
    """The distinct rows of a query with columns ``c0``, …; of equal instants the first of their zones is shown."""
    if not any(carries_zone(column.type) for column in columns):
        return f"SELECT DISTINCT * FROM ({rows}) AS {fresh('d')}"
    keys = [instant(f"c{index}", column.type) for index, column in enumerate(columns)]
    shown = [
        f"{f'min(c{index})' if column.type.zone == FROM_VALUE else f'c{index}'} AS c{index}"
        for index, column in enumerate(columns)
    ]
    return f"SELECT {', '.join(shown)} FROM ({rows}) AS {fresh('d')} GROUP BY {', '.join(keys)}"


def _can_be_distinct(value: Value) -> bool:
    return value.type.kind == "map" or comparable(value.type)


def _where(node: tree.Select, context: Context, scope: Scope) -> str:
    if node.where is None:
        return ""
    return f" WHERE {Expressions(context, scope, 'WHERE clause').filter(node.where)}"


def _grouping(node: tree.Select, context: Context, scope: Scope, ending: Ending) -> Grouping | None:
    items = [item.expression for item in node.items if isinstance(item, tree.SelectItem)]
    expressions = [*items, *([node.having] if node.having else []), *(item.expression for item in ending.order)]
    if node.group is None and node.having is None and not any(map(has_aggregates, expressions)):
        return None
    source_level = Expressions(context, scope, "GROUP BY clause")
    elements = [_without_ordinals(element, node) for element in node.group or ()]
    keys, sets = grouping_sets(elements, distinct=node.group_distinct)
    pairs = [(key, source_level.value(key)) for key in keys]
    for key, value in pairs:
        if not _can_be_distinct(value):
            raise QueryError(
                "TYPE_MISMATCH", f"{key.place}: {value.type} is not comparable, and cannot be used in GROUP BY"
            )
    return Grouping(source_level, pairs, sets)


def _without_ordinals(element: tree.GroupingElement, node: tree.Select) -> tree.GroupingElement:
    """A grouping element with the select items that its numbers stand for."""

    def item(expression: tree.Expression) -> tree.Expression:
        if not isinstance(expression, tree.Integer):
            return expression
        if element.kind != "simple" or any(isinstance(each, tree.AllColumns) for each in node.items):
            raise QueryError("NOT_SUPPORTED", f"{expression.place}: GROUP BY position is not supported here")
        if not 1 <= expression.value <= len(node.items):
            problem = f"GROUP BY position {expression.value} is not in select list"
            raise QueryError("INVALID_COLUMN_REFERENCE", f"{expression.place}: {problem}")
        chosen = node.items[expression.value - 1]
        assert isinstance(chosen, tree.SelectItem)  # noqa: S101  there is no * among them
        if has_aggregates(chosen.expression):
            problem = "GROUP BY clause cannot contain aggregations, window functions or grouping operations"
            raise QueryError("EXPRESSION_NOT_SCALAR", f"{expression.place}: {problem}")
        return chosen.expression

    return replace(element, sets=tuple(tuple(map(item, each)) for each in element.sets))


def _level(node: tree.Select, context: Context, scope: Scope, grouping: Grouping | None) -> Expressions:
    """The level of the select list, over the FROM clause or over the groups."""
    named = {name.value.lower(): window for name, window in node.windows}
    if grouping is None:
        plain = Expressions(context, scope, "SELECT clause")
    else:
        over = GroupedScope(scope.fields, scope.outer, grouping)
        plain = Expressions(context, over, "SELECT clause", aggregate=grouping.aggregate, known=grouping.known)
    holder: list[Expressions] = []
    level = replace(plain, window=lambda call: window_call(replace(holder[0]), call, named))
    holder.append(level)
    return level


def _outputs(node: tree.Select, level: Expressions) -> list[_Output]:
    found: list[_Output] = []
    for item in node.items:
        if isinstance(item, tree.AllColumns):
            found += _all_columns(item, node, level)
            continue
        value = level.value(item.expression)
        label = item.alias.value if item.alias is not None else _implied_label(item.expression)
        found.append(_Output(label, value))
    return found


def _implied_label(expression: tree.Expression) -> str | None:
    if isinstance(expression, tree.Identifier):
        return expression.value
    return expression.field.value if isinstance(expression, tree.Dereference) else None


def _all_columns(item: tree.AllColumns, node: tree.Select, level: Expressions) -> list[_Output]:
    if item.base is None:
        if node.relation is None:
            raise QueryError("COLUMN_NOT_FOUND", f"{item.place}: SELECT * not allowed in queries without FROM clause")
        scope = level.scope
        fields = (
            scope.visible(item.place) if isinstance(scope, GroupedScope) else [f for f in scope.fields if not f.hidden]
        )
    else:
        fields = _relation_fields(item, level)
    if item.names and len(item.names) != len(fields):
        problem = f"Column alias list has {len(item.names)} entries but relation has {len(fields)} columns"
        raise QueryError("MISMATCHED_COLUMN_ALIASES", f"{item.place}: {problem}")
    labels: list[str | None] = [name.value for name in item.names]
    labels = labels or [field.label for field in fields]
    return [_Output(label, field.value) for label, field in zip(labels, fields, strict=True)]


def _relation_fields(item: tree.AllColumns, level: Expressions) -> list[Field]:
    """The fields of ``name.*``, a relation or a value of type row."""
    parts: list[str] = []
    base: tree.Expression | None = item.base
    while isinstance(base, tree.Dereference):
        parts.insert(0, base.field.value.lower())
        base = base.base
    if isinstance(base, tree.Identifier):
        parts.insert(0, base.value.lower())
        found = level.scope.of_relation(parts)
        if found:
            return found
        if level.scope.find([parts[0]], item.place) is None:
            raise QueryError("TABLE_NOT_FOUND", f"{item.place}: Unable to resolve reference {'.'.join(parts)}")
    assert item.base is not None  # noqa: S101
    value = level.value(item.base)
    if value.type.kind != "row":
        raise QueryError("TYPE_MISMATCH", f"{item.place}: expected expression of type Row")
    from trino_on_duckdb.coercions import field_of

    return [
        Field(name, value.retyped(field_of(value.sql, index), type_))
        for index, (name, type_) in enumerate(zip(value.type.fields, value.type.items, strict=True))
    ]


def _order(node: tree.Select, level: Expressions, outputs: Sequence[_Output], items: Sequence[tree.SortItem]) -> str:
    """ORDER BY by output position where an item is an output (always so with DISTINCT), else by its expression."""
    if not items:
        return ""
    named = tuple(Field(output.label, output.value) for output in outputs if output.label is not None)
    ordered = replace(level, scope=OrderScope(_unambiguous(named), source=level.scope), clause="ORDER BY clause")
    return " ORDER BY " + ", ".join(_order_item(node, ordered, outputs, item) for item in items)


def _unambiguous(fields: Sequence[Field]) -> tuple[Field, ...]:
    """One field where several outputs are the same column under the same name."""
    return tuple({(str(field.label).lower(), field.value.sql): field for field in fields}.values())


def _order_item(node: tree.Select, level: Expressions, outputs: Sequence[_Output], item: tree.SortItem) -> str:
    if isinstance(item.expression, tree.Integer):
        position = item.expression.value
        if not 1 <= position <= len(outputs):
            raise QueryError(
                "INVALID_COLUMN_REFERENCE", f"{item.place}: ORDER BY position {position} is not in select list"
            )
        value = outputs[position - 1].value
    else:
        value = level.value(item.expression)
        same = [index for index, output in enumerate(outputs) if alike(output.value.sql) == alike(value.sql)]
        position = same[0] + 1 if same else 0
    check_ordered(value.type, item.place)
    if not position and node.distinct:
        problem = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
        raise QueryError("EXPRESSION_NOT_IN_DISTINCT", f"{item.place}: {problem}")
    return sort_text(str(position) if position else value.sql, item)
