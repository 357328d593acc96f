"""Which partitions a query can need, by its own conditions on the partition keys, evaluated as the query would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from trino_on_duckdb import runtime, types
from trino_on_duckdb.conditions import Reading, readings
from trino_on_duckdb.context import Context
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.expressions import Expressions
from trino_on_duckdb.names import Column, Session, TableName
from trino_on_duckdb.queries import render_query
from trino_on_duckdb.scopes import Field, Scope
from trino_on_duckdb.syntax import tree
from trino_on_duckdb.tables import tables_in
from trino_on_duckdb.values import Value

Partition = Mapping[str, str | None]


@dataclass(frozen=True)
class Condition:
    """A condition on partition keys: DuckDB's text over ``p.k0``, ``p.k1``, …, and the keys it names."""

    sql: str
    keys: frozenset[str]


@dataclass(frozen=True)
class PartitionPredicate:
    """Called with a partition's values (None for a null one), says whether the query can need its rows.

    It never says False of a partition with a row that matters. A mapping may lack keys: what cannot be known yet does
    not exclude, so a tree of partitions can be pruned level by level. ``select`` asks for many at once, much cheaper.
    ``alternatives`` has one list of conditions for each place where the query reads the table; a partition is needed if
    all conditions of one of them hold.
    """

    keys: tuple[Column, ...]
    alternatives: tuple[tuple[Condition, ...], ...]
    _equal: Mapping[str, frozenset[str] | None] = field(default_factory=dict)

    def __call__(self, partition: Partition) -> bool:
        return bool(self.select([partition]))

    def select(self, partitions: Iterable[Partition]) -> list[Partition]:
        """Those partitions of these that the query can need, in order."""
        listed = list(partitions)
        if not listed or any(not conditions for conditions in self.alternatives):
            return listed
        with duckdb.connect() as connection:
            if any("athena_" in each.sql for conditions in self.alternatives for each in conditions):
                runtime.prepare(connection)
            else:
                runtime.configure(connection)
            kept = [index for group in self._alike(listed) for index in self._kept(connection, listed, group)]
        return [listed[index] for index in sorted(kept)]

    def equal_values(self, key: str) -> set[str] | None:
        """The texts that ``=`` and ``IN`` conditions allow for a key; None when some reading has no such condition."""
        found = self._equal.get(key.lower())
        return None if found is None else set(found)

    def _alike(self, partitions: Sequence[Partition]) -> list[list[int]]:
        """Indexes of partitions that give the same keys."""
        groups: dict[frozenset[str], list[int]] = {}
        for index, partition in enumerate(partitions):
            groups.setdefault(frozenset(partition), []).append(index)
        return list(groups.values())

    def _kept(
        self, connection: duckdb.DuckDBPyConnection, partitions: Sequence[Partition], group: list[int]
    ) -> list[int]:
        given = frozenset(partitions[group[0]])
        usable = [[each for each in conditions if each.keys <= given] for conditions in self.alternatives]
        if any(not conditions for conditions in usable):
            return group
        columns = {key: [partitions[index][key] for index in group] for key in given}
        try:
            return self._where(connection, group, columns, usable)
        except duckdb.Error:
            # a condition fails on some value: without it more partitions are kept, and the query itself will tell
            checked = [
                [each for each in conditions if self._works(connection, group, columns, each)] for conditions in usable
            ]
            return group if any(not each for each in checked) else self._where(connection, group, columns, checked)

    def _works(
        self,
        connection: duckdb.DuckDBPyConnection,
        group: list[int],
        columns: Mapping[str, Sequence[str | None]],
        condition: Condition,
    ) -> bool:
        try:
            self._where(connection, group, columns, [[condition]])
        except duckdb.Error:
            return False
        return True

    def _where(
        self,
        connection: duckdb.DuckDBPyConnection,
        group: list[int],
        columns: Mapping[str, Sequence[str | None]],
        alternatives: Sequence[Sequence[Condition]],
    ) -> list[int]:
        raw = ["unnest(CAST(? AS BIGINT[])) AS i"]
        typed, odd = ["i"], []
        parameters: list[object] = [group]
        for number, key in enumerate(self.keys):
            if key.name not in columns:
                continue
            raw.append(f"unnest(CAST(? AS VARCHAR[])) AS r{number}")
            parameters.append(list(columns[key.name]))
            kind = types.duckdb_type(types.parse_type(key.type))
            typed.append(f"TRY_CAST(r{number} AS {kind}) AS k{number}")
            typed.append(f"(r{number} IS NOT NULL AND TRY_CAST(r{number} AS {kind}) IS NULL) AS odd{number}")
            odd.append(f"p.odd{number}")
        wanted = " OR ".join("(" + " AND ".join(each.sql for each in conditions) + ")" for conditions in alternatives)
        sql = (
            f"SELECT p.i FROM (SELECT {', '.join(typed)} FROM (SELECT {', '.join(raw)})) AS p "
            f"WHERE {' OR '.join([*odd, wanted])}"
        )
        return [row[0] for row in connection.execute(sql, parameters).fetchall()]


def partition_predicate(
    statement: tree.Statement, table: TableName, keys: Sequence[Column], session: Session
) -> PartitionPredicate:
    """See ``dialect.partition_predicate``."""
    lowered = tuple(Column(key.name.lower(), key.type) for key in keys)
    found = readings(statement, table, session)
    if not found and table in tables_in(statement, session):
        found = [Reading((), ())]
    alternatives = tuple(tuple(_conditions(reading, lowered, session)) for reading in found)
    equal: dict[str, frozenset[str] | None] = {}
    for key in lowered:
        texts = [_allowed(reading, key.name) for reading in found]
        known = [each for each in texts if each is not None]
        equal[key.name] = frozenset().union(*known) if known and len(known) == len(texts) else None
    return PartitionPredicate(lowered, alternatives, equal)


@dataclass(frozen=True)
class _KeyScope(Scope):
    """The partition keys as names; remembers which were used."""

    used: set[str] = field(default_factory=set)

    def find(self, parts: Sequence[str], place: tree.Place) -> Value | None:
        found = super().find(parts, place)
        if found is not None:
            self.used.add(parts[-1])
        return found


def _conditions(reading: Reading, keys: Sequence[Column], session: Session) -> list[Condition]:
    found = []
    for condition in reading.conditions:
        scope = _KeyScope(_fields(reading, keys))
        level = Expressions(Context({}, session, render_query), scope, "a partition condition")
        sql = _weakened(condition, level)
        if sql is not None and scope.used:
            found.append(Condition(sql, frozenset(scope.used)))
    return found


def _fields(reading: Reading, keys: Sequence[Column]) -> tuple[Field, ...]:
    return tuple(
        Field(key.name, Value(f"p.k{number}", types.parse_type(key.type)), reading.qualifier)
        for number, key in enumerate(keys)
    )


def _weakened(node: tree.Expression, level: Expressions) -> str | None:
    """A condition on keys alone that is true wherever the given one is; None when there is none to be had."""
    if isinstance(node, tree.Logical):
        terms = [_weakened(term, level) for term in node.terms]
        known = [term for term in terms if term is not None]
        if not known or (node.operator == "or" and len(known) < len(terms)):
            return None
        return "(" + f" {node.operator.upper()} ".join(known) + ")"
    try:
        value = level.condition(node)
    except QueryError:
        return None
    # a subquery is not evaluated twice, and chance must not decide here
    return None if value.volatile or "SELECT" in value.sql else f"({value.sql} IS TRUE)"


def _allowed(reading: Reading, key: str) -> frozenset[str] | None:
    """The texts that a reading's conditions allow for a key by equality."""
    found: frozenset[str] | None = None
    for condition in reading.conditions:
        texts = _equal_texts(condition, key, reading.qualifier)
        if texts is not None:
            found = texts if found is None else found & texts
    return found


def _equal_texts(node: tree.Expression, key: str, qualifier: tuple[str, ...]) -> frozenset[str] | None:
    match node:
        case tree.Comparison(operator="=", left=left, right=right):
            for one, other in ((left, right), (right, left)):
                if _is_key(one, key, qualifier):
                    return _literals([other])
        case tree.InList(operand=operand, items=items) if _is_key(operand, key, qualifier):
            return _literals(items)
        case tree.Logical(operator=operator, terms=terms):
            texts = [_equal_texts(term, key, qualifier) for term in terms]
            known = [each for each in texts if each is not None]
            if operator == "or":
                return frozenset().union(*known) if known and len(known) == len(texts) else None
            return frozenset.intersection(*known) if known else None
        case _:
            pass
    return None


def _is_key(node: tree.Expression, key: str, qualifier: tuple[str, ...]) -> bool:
    match node:
        case tree.Identifier(value=value):
            return value.lower() == key
        case tree.Dereference(base=tree.Identifier(value=base), field=named):
            return named.value.lower() == key and qualifier[-1:] == (base.lower(),)
        case _:
            return False


def _literals(nodes: Sequence[tree.Expression]) -> frozenset[str] | None:
    texts = [str(node.value) for node in nodes if isinstance(node, tree.String | tree.Integer)]
    return frozenset(texts) if len(texts) == len(nodes) else None
