"""Queries with GROUP BY or aggregates, in three levels of SELECT.

The lowest computes the grouping keys (``k0``, …) and the aggregates' arguments (``x0``, …) row by row; the middle one
groups and aggregates (``a0``, …); the highest is the select list over keys and aggregates. So every expression is
evaluated once, and each aggregate sees plain columns only.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from trino_on_duckdb import types
from trino_on_duckdb.comparisons import carried_zones, check_ordered
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.expressions import Expressions
from trino_on_duckdb.functions import aggregates, inserts
from trino_on_duckdb.functions.calls import aggregates_of, canonical
from trino_on_duckdb.functions.tables import resolve
from trino_on_duckdb.scopes import Field, Scope
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, fresh
from trino_on_duckdb.wall_clocks import by_instant, instant

MAX_GROUPING_ARGUMENTS = 31
"""More would need a bigint."""

_FRESH = re.compile(r"\b_[a-z]\d+\b")


def alike(sql: str) -> str:
    """A text with its made-up names numbered anew, so that equal expressions have equal texts."""
    numbers: dict[str, str] = {}
    return _FRESH.sub(lambda match: numbers.setdefault(match.group(), f"_{len(numbers)}"), sql)


@dataclass
class Grouping:
    """Collects what a grouped query needs of its levels while its expressions are translated.

    ``source`` translates over the FROM clause; ``keys`` are the grouping keys there, ``sets`` the grouping sets as
    indexes of keys. ``text`` gives the two lower levels once all expressions have been translated.
    """

    source: Expressions
    keys: Sequence[tuple[tree.Expression, Value]]
    sets: Sequence[tuple[int, ...]]
    below: str = field(default_factory=lambda: fresh("r"))
    alias: str = field(default_factory=lambda: fresh("g"))
    _arguments: dict[str, str] = field(default_factory=dict)
    _aggregates: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # a text alone does not tell a key: a moment in another zone is the same text of another type
        self._by_text: dict[tuple[str, Type], int] = {}
        for index, (_, value) in enumerate(self.keys):
            self._by_text.setdefault((alike(value.sql), value.type), index)
        # a bare name is looked up as the names of ORDER BY are; ``r.a`` may be a field, which is not a name of its own
        self._kinds = {type(node) for node, _ in self.keys if not isinstance(node, tree.Identifier)}

    # the highest level's view

    def key_of(self, value: Value) -> Value | None:
        """The grouping key that a value over the FROM clause is, as the highest level sees it."""
        index = self._by_text.get((alike(value.sql), value.type))
        return None if index is None else Value(f"{self.alias}.k{index}", self.keys[index][1].type)

    def known(self, node: tree.Expression) -> Value | None:
        """The key that an expression is, if it is one."""
        if type(node) not in self._kinds:
            return None
        try:
            value = self.source.value(node)
        except QueryError:
            return None
        return self.key_of(value)

    def aggregate(self, node: tree.Call) -> Value:
        """An aggregate call, as the column of the middle level that holds it."""
        if node.name == "grouping":
            return self._grouping(node)
        name = canonical(node.name)
        inner = replace(self.source, clause=f"the arguments of {node.name}")
        values = [] if node.star else inner.values(node.arguments)
        if node.star and name != "count":
            raise QueryError("FUNCTION_NOT_FOUND", f"{node.place}: Only count takes *: {node.name}")
        if node.distinct and name in aggregates.UNFILTERED_DISTINCT:
            raise QueryError(
                "NOT_SUPPORTED", f"{node.place}: {node.name} with DISTINCT is not supported by the local Athena"
            )
        if node.distinct:
            self._check_order_of_distinct(inner, node, values)
        order = [self._sort_item(inner, item) for item in node.order]
        condition = None if node.filter is None else self._projected(inner.condition(node.filter)).sql
        columns = [self._projected(value) for value in values]
        texts = inserts.Inserts(
            distinct=node.distinct,
            order=", ".join(order) if name in aggregates.ORDER_SENSITIVE else "",
            condition=condition,
        )
        if node.distinct and any(types.carries_zone(value.type) for value in values):
            if name != "count":
                raise carried_zones(f"{node.place}: {node.name} with DISTINCT")
            columns = [self._projected(by_instant(value)) for value in values]
        given = [inserts.placeholder(index, column) for index, column in enumerate(columns)]
        found = resolve(node.name, aggregates_of(node)[name], given, node.place)
        sql = inserts.insert(found.sql, columns, texts)
        column = self._aggregates.setdefault(sql, f"a{len(self._aggregates)}")
        return Value(f"{self.alias}.{column}", found.type)

    def _check_order_of_distinct(self, inner: Expressions, node: tree.Call, values: Sequence[Value]) -> None:
        given = {alike(value.sql) for value in values}
        for item in node.order:
            if alike(inner.value(item.expression).sql) not in given:
                problem = "For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments"
                raise QueryError("EXPRESSION_NOT_IN_DISTINCT", f"{item.place}: {problem}")

    def _sort_item(self, inner: Expressions, item: tree.SortItem) -> str:
        value = inner.value(item.expression)
        check_ordered(value.type, item.place)
        return sort_text(self._projected(value).sql, item)

    def _grouping(self, node: tree.Call) -> Value:
        columns = []
        for argument in node.arguments:
            found = self.key_of(self.source.value(argument))
            if found is None:
                problem = "The arguments to GROUPING() must be expressions referenced by the GROUP BY"
                raise QueryError("INVALID_PROCEDURE_ARGUMENT", f"{node.place}: {problem}")
            columns.append(instant(found.sql.replace(f"{self.alias}.", f"{self.below}."), found.type))
        if not 1 <= len(columns) <= MAX_GROUPING_ARGUMENTS:
            raise QueryError(
                "NOT_SUPPORTED", f"{node.place}: GROUPING() takes 1 to {MAX_GROUPING_ARGUMENTS} arguments here"
            )
        if self.sets == [tuple(range(len(self.keys)))]:
            return Value("CAST(0 AS INTEGER)", types.INTEGER)
        sql = f"CAST(GROUPING({', '.join(columns)}) AS INTEGER)"
        return Value(f"{self.alias}.{self._aggregates.setdefault(sql, f'a{len(self._aggregates)}')}", types.INTEGER)

    def _projected(self, value: Value) -> Value:
        """A value over the FROM clause as a column of the lowest level; a constant stays as it is."""
        if value.constant:
            return value
        column = self._arguments.setdefault(value.sql, f"x{len(self._arguments)}")
        return Value(f"{self.below}.{column}", value.type)

    # the two lower levels

    def text(self, from_and_where: str) -> str:
        """The relation that the highest level selects from, with its alias."""
        lowest = [f"{value.sql} AS k{index}" for index, (_, value) in enumerate(self.keys)]
        lowest += [f"{sql} AS {name}" for sql, name in self._arguments.items()]
        keys = [instant(f"{self.below}.k{index}", value.type) for index, (_, value) in enumerate(self.keys)]
        middle = [f"{self._key(index, key)} AS k{index}" for index, key in enumerate(keys)]
        middle += [f"{sql} AS {name}" for sql, name in self._aggregates.items()]
        below = f"(SELECT {', '.join(lowest) or '1 AS one'} {from_and_where}) AS {self.below}"
        return f"(SELECT {', '.join(middle) or '1 AS one'} FROM {below}{self._group_by(keys)}) AS {self.alias}"

    def _key(self, index: int, key: str) -> str:
        """The key of a group; equal instants are one group, which shows the first of their zones."""
        if self.keys[index][1].type.zone != types.FROM_VALUE:
            return key
        whole = f"min({self.below}.k{index})"
        return whole if all(index in each for each in self.sets) else f"CASE WHEN GROUPING({key}) = 0 THEN {whole} END"

    def _group_by(self, keys: Sequence[str]) -> str:
        if list(self.sets) == [()]:
            return " GROUP BY ()" if not self._aggregates else ""
        if list(self.sets) == [tuple(range(len(keys)))]:
            return f" GROUP BY {', '.join(keys)}"
        sets = ", ".join(f"({', '.join(keys[index] for index in each)})" for each in self.sets)
        return f" GROUP BY GROUPING SETS ({sets})"


@dataclass(frozen=True)
class GroupedScope(Scope):
    """The names of the FROM clause as the highest level may use them: grouping keys only."""

    grouping: Grouping | None = None

    def here(self, parts: Sequence[str], place: tree.Place) -> Value | None:
        assert self.grouping is not None  # noqa: S101
        found = self.grouping.source.scope.here(parts, place)
        return None if found is None else self._key(found, ".".join(parts), place)

    def _key(self, value: Value, name: str, place: tree.Place) -> Value:
        assert self.grouping is not None  # noqa: S101
        key = self.grouping.key_of(value)
        if key is None:
            problem = f"'{name}' must be an aggregate expression or appear in GROUP BY clause"
            raise QueryError("EXPRESSION_NOT_AGGREGATE", f"{place}: {problem}")
        return key

    def of_relation(self, qualifier: Sequence[str]) -> list[Field]:
        assert self.grouping is not None  # noqa: S101
        found = self.grouping.source.scope.of_relation(qualifier)
        return [replace(each, value=self._key(each.value, each.label or "", tree.NOWHERE)) for each in found]

    def visible(self, place: tree.Place) -> list[Field]:
        """The fields of ``*``, each of which must be a key."""
        assert self.grouping is not None  # noqa: S101
        fields = self.grouping.source.scope.fields
        return [
            replace(each, value=self._key(each.value, each.label or "", place)) for each in fields if not each.hidden
        ]


def sort_text(sql: str, item: tree.SortItem) -> str:
    """One item of an ORDER BY; NULLs come last in either direction unless it says otherwise."""
    return f"{sql} {'DESC' if item.descending else 'ASC'} NULLS {'FIRST' if item.nulls_first else 'LAST'}"


def grouping_sets(
    elements: Sequence[tree.GroupingElement], *, distinct: bool
) -> tuple[list[tree.Expression], list[tuple[int, ...]]]:
    """The expressions that a GROUP BY names, and its grouping sets as indexes of them: the product of its elements."""
    expressions: list[tree.Expression] = []

    def index(node: tree.Expression) -> int:
        if node not in expressions:
            expressions.append(node)
        return expressions.index(node)

    choices: list[list[tuple[int, ...]]] = []
    for element in elements:
        sets = [tuple(map(index, each)) for each in element.sets]
        if element.kind == "rollup":
            sets = [tuple(itertools.chain(*sets[:count])) for count in range(len(sets), -1, -1)]
        elif element.kind == "cube":
            count = range(len(sets), -1, -1)
            sets = [tuple(itertools.chain(*chosen)) for size in count for chosen in itertools.combinations(sets, size)]
        choices.append(sets)
    product = [tuple(dict.fromkeys(itertools.chain(*chosen))) for chosen in itertools.product(*choices)]
    if distinct:
        product = list({frozenset(each): each for each in product}.values())
    return expressions, product
