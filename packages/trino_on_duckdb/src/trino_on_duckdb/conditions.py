"""What a query says of a table's rows: for each place where it reads the table, conditions that every used row meets.

Conditions come from WHERE and ON, and sink through subqueries, WITH queries, unions and joins as far as that is sure
to be right: not past LIMIT, windows, aggregates (but for grouping keys) or to the side of an outer join that is filled
with NULLs. A condition that is left out costs time only; one too many would lose rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from trino_on_duckdb.finding import has_aggregates, has_windows
from trino_on_duckdb.names import Session, TableName
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.tables import table_name


@dataclass(frozen=True)
class Unknown(tree.Expression):
    """A value that the conditions' place does not know."""


@dataclass(frozen=True)
class Reading:
    """One place where a query reads a table, under the name ``qualifier`` (its parts in lower case)."""

    qualifier: tuple[str, ...]
    conditions: tuple[tree.Expression, ...]


@dataclass(frozen=True)
class _Named:
    query: tree.Query
    columns: tuple[str, ...]
    environment: Mapping[str, _Named]


_Environment = Mapping[str, _Named]
_Conditions = Sequence[tree.Expression]


def readings(statement: tree.Statement, table: TableName, session: Session) -> list[Reading]:
    """Every place where a statement's query reads the table."""
    return list(_Readings(table, session).anywhere(statement, {}))


def conjuncts(node: tree.Expression | None) -> list[tree.Expression]:
    """The terms that all must be true for a condition to be."""
    if node is None:
        return []
    if isinstance(node, tree.Logical) and node.operator == "and":
        return [each for term in node.terms for each in conjuncts(term)]
    return [node]


@dataclass(frozen=True)
class _Readings:
    table: TableName
    session: Session

    def anywhere(self, node: object, environment: _Environment) -> Iterator[Reading]:
        """Readings in the queries below a node that is not itself part of a FROM clause."""
        if isinstance(node, tree.Query):
            yield from self.query(node, (), environment)
        elif isinstance(node, tuple):
            for item in node:
                yield from self.anywhere(item, environment)
        elif is_dataclass(node):
            for each in fields(node):
                yield from self.anywhere(getattr(node, each.name), environment)

    def query(self, query: tree.Query, conditions: _Conditions, environment: _Environment) -> Iterator[Reading]:
        """``conditions`` are over the query's output names."""
        for each in query.named:
            columns = tuple(column.value.lower() for column in each.columns)
            named = _Named(each.query, columns, environment)
            environment = {**environment, each.name.value.lower(): named}
        if query.limit is not None or query.offset is not None:
            conditions = ()
        yield from self.body(query.body, conditions, environment)
        yield from self.anywhere(query.order, environment)

    def body(self, body: tree.Body, conditions: _Conditions, environment: _Environment) -> Iterator[Reading]:
        match body:
            case tree.Query():
                yield from self.query(body, conditions, environment)
            case tree.Table():
                yield from self.relation(body, conditions, environment)
            case tree.Select():
                yield from self.select(body, conditions, environment)
            case tree.Values():
                yield from self.anywhere(body.rows, environment)
            case tree.SetOperation():
                yield from self.body(body.left, conditions, environment)
                names, ours = _output_names(body.left), _output_names(body.right)
                if names is None or ours is None or len(names) != len(ours):
                    conditions = ()
                else:
                    renamed = dict(zip(names, ours, strict=True))
                    conditions = [_renamed(each, renamed.get) for each in conditions]
                yield from self.body(body.right, conditions, environment)

    def select(self, select: tree.Select, conditions: _Conditions, environment: _Environment) -> Iterator[Reading]:
        sunk = [_renamed_to(each, lambda name: _output(select, name)) for each in conditions]
        if select.relation is not None:
            yield from self.relation(select.relation, [*conjuncts(select.where), *sunk], environment)
        for part in (select.items, select.where, select.group, select.having, select.windows):
            yield from self.anywhere(part, environment)

    def relation(
        self,
        node: tree.RelationNode,
        conditions: _Conditions,
        environment: _Environment,
        alias: tree.Aliased | None = None,
    ) -> Iterator[Reading]:
        """``conditions`` are over the names of the whole FROM clause."""
        match node:
            case tree.Aliased():
                yield from self.relation(node.relation, conditions, environment, node)
            case tree.Join():
                yield from self.join(node, conditions, environment)
            case tree.SubqueryRelation():
                yield from self.query(
                    node.query, _of_outputs(conditions, alias, _output_names(node.query)), environment
                )
            case tree.Unnest():
                yield from self.anywhere(node.expressions, environment)
            case tree.Table():
                yield from self.leaf(node, conditions, environment, alias)

    def join(self, node: tree.Join, conditions: _Conditions, environment: _Environment) -> Iterator[Reading]:
        on = conjuncts(node.on)
        # rows of the side that an outer join keeps are not filtered by ON, and NULLs that it fills in pass no condition
        sides = {
            "inner": ([*conditions, *on], [*conditions, *on]),
            "cross": (conditions, conditions),
            "left": (conditions, on),
            "right": (on, conditions),
            "full": ((), ()),
        }[node.kind]
        yield from self.relation(node.left, sides[0], environment)
        yield from self.relation(node.right, sides[1], environment)
        yield from self.anywhere(node.on, environment)

    def leaf(
        self, node: tree.Table, conditions: _Conditions, environment: _Environment, alias: tree.Aliased | None
    ) -> Iterator[Reading]:
        parts = tuple(part.value for part in node.parts)
        named = environment.get(parts[0].lower()) if len(parts) == 1 else None
        if named is not None:
            names = named.columns or _output_names(named.query)
            visible = alias or tree.Aliased(node, node.parts[0])
            outputs = _of_outputs(conditions, visible, names)
            if named.columns:
                inner = _output_names(named.query)
                renamed = dict(zip(named.columns, inner, strict=False)) if inner is not None else {}
                outputs = [_renamed(each, renamed.get) for each in outputs]
            yield from self.query(named.query, outputs, named.environment)
            return
        if table_name(parts, node.place, self.session) != self.table:
            return
        if alias is None:
            yield Reading((self.table.catalog, self.table.database, self.table.name), tuple(conditions))
        else:
            yield Reading((alias.alias.value.lower(),), () if alias.columns else tuple(conditions))


def _output_names(body: tree.Body) -> tuple[str, ...] | None:
    """The names of a query's outputs in order ('' where there is none), or None where ``*`` hides them."""
    match body:
        case tree.Query():
            return _output_names(body.body)
        case tree.SetOperation():
            return _output_names(body.left)
        case tree.Select() if all(isinstance(item, tree.SelectItem) for item in body.items):
            return tuple(_label(item) for item in body.items if isinstance(item, tree.SelectItem))
        case _:
            return None


def _label(item: tree.SelectItem) -> str:
    if item.alias is not None:
        return item.alias.value.lower()
    match item.expression:
        case tree.Identifier(value=value):
            return value.lower()
        case tree.Dereference(field=field):
            return field.value.lower()
        case _:
            return ""


def _output(select: tree.Select, name: str) -> tree.Expression:
    """What an output name stands for inside a SELECT; Unknown where a condition on it does not sink."""
    items = [item for item in select.items if isinstance(item, tree.SelectItem)]
    if any(has_windows(item.expression) for item in items):
        return Unknown()
    found = [item.expression for item in items if _label(item) == name]
    if len(items) < len(select.items):
        only_plain_star = all(
            not (isinstance(item, tree.AllColumns) and (item.base or item.names)) for item in select.items
        )
        expression: tree.Expression = tree.Identifier(name) if only_plain_star and not found else Unknown()
    else:
        expression = found[0] if len(found) == 1 else Unknown()
    if select.group is None and select.having is None and not any(has_aggregates(item.expression) for item in items):
        return expression
    elements = select.group or ()
    keys = [key for element in elements for each in element.sets for key in each]
    return expression if expression in keys and all(element.kind == "simple" for element in elements) else Unknown()


def _of_outputs(
    conditions: _Conditions, alias: tree.Aliased | None, names: Sequence[str] | None
) -> list[tree.Expression]:
    """Conditions over a FROM clause as conditions over the outputs of one subquery in it."""
    qualifier = alias.alias.value.lower() if alias is not None else None
    given: dict[str, str | None] = {}
    if alias is not None and alias.columns:
        labels = [column.value.lower() for column in alias.columns]
        given = {**dict.fromkeys(labels), **dict(zip(labels, names or (), strict=False))}

    def output(name: str) -> str | None:
        if alias is not None and alias.columns:
            return given.get(name)
        return name if names is None or name in names else None

    return [_renamed(each, output, qualifier) for each in conditions]


def _renamed(
    node: tree.Expression, rename: Callable[[str], str | None], qualifier: str | None = None
) -> tree.Expression:
    def expression(name: str) -> tree.Expression:
        found = rename(name)
        return tree.Identifier(found) if found else Unknown()

    return _renamed_to(node, expression, qualifier)


def _renamed_to(
    node: tree.Expression, expression: Callable[[str], tree.Expression], qualifier: str | None = None
) -> tree.Expression:
    """A condition with each name replaced; ``qualifier.name`` counts as the name, other qualified names as unknown."""

    def walk(part: Any) -> Any:
        match part:
            case tree.Identifier(value=value):
                return expression(value.lower())
            case tree.Dereference(base=tree.Identifier(value=base), field=field):
                return expression(field.value.lower()) if base.lower() == qualifier else Unknown()
            case tree.Dereference():
                return replace(part, base=walk(part.base))
            case tree.ScalarQuery() | tree.Exists() | tree.InQuery() | tree.Quantified() | tree.Lambda():
                return Unknown()
            case tuple():
                return tuple(walk(item) for item in part)
            case tree.Expression():
                parts = {each.name: walk(getattr(part, each.name)) for each in fields(part)}
                return replace(part, **parts)
            case _:
                return part

    found: tree.Expression = walk(node)
    return found
