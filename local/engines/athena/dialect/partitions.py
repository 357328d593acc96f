"""Which partitions a query can need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from local.engines.athena.dialect.names import Column, Session, TableName
from local.engines.athena.dialect.syntax import tree


@dataclass(frozen=True)
class PartitionPredicate:
    """Called with a partition's values (None for a null one), says whether the query can need its rows.

    It never says False of a partition with a row that matters. A mapping may lack keys: what cannot be known yet does
    not exclude, so a tree of partitions can be pruned level by level. ``select`` asks for many at once, much cheaper.
    """

    keys: tuple[str, ...]

    def __call__(self, partition: Mapping[str, str | None]) -> bool:
        return bool(self.select([partition]))

    def select(self, partitions: Iterable[Mapping[str, str | None]]) -> list[Mapping[str, str | None]]:
        """Those partitions of these that the query can need, in order."""
        return list(partitions)


def partition_predicate(
    statement: tree.Statement, table: TableName, keys: Sequence[Column], session: Session
) -> PartitionPredicate:
    """See ``dialect.partition_predicate``."""
    del statement, table, session
    return PartitionPredicate(tuple(key.name for key in keys))
