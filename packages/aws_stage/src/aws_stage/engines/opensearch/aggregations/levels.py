"""The queries behind a tree of aggregations: one for each kind of bucket, grouped by the buckets around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError
from aws_stage.engines.opensearch.query.relation import Relation

Key = tuple[Any, ...]
Row = tuple[Any, ...]


@dataclass
class Level:
    """Documents that ``where`` finds, grouped by ``keys``; ``columns`` are what is computed of each group.

    ``limit``: only that many groups of each bucket around, by ``order``.
    """

    relation: Relation
    where: str
    keys: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    children: list[Level] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    limit: int | None = None
    groups: dict[Key, dict[Any, Row]] = field(default_factory=dict)

    def column(self, expression: str) -> int:
        """The place of an expression in the rows; one that is there already is not computed twice."""
        if expression not in self.columns:
            self.columns.append(expression)
        return self.columns.index(expression)

    def child(self, key: str, condition: str) -> Level:
        """Those documents of each group that ``condition`` finds, grouped by ``key`` as well; those without are out."""
        made = Level(self.relation, f"({self.where}) AND ({condition}) AND ({key}) IS NOT NULL", [*self.keys, key])
        self.children.append(made)
        return made

    @property
    def around(self) -> Sequence[str]:
        """The keys of the buckets around this level's."""
        return self.keys[:-1]

    def run(self, connection: Any) -> None:
        """Compute this level and those below it."""
        if not self.keys and not self.columns:
            self.groups[()] = {None: ()}
            for child in self.children:
                child.run(connection)
            return
        names = [f"k{number}" for number in range(len(self.keys))]
        selected = [f"{key} AS {name}" for key, name in zip(self.keys, names, strict=True)] + self.columns
        text = f"SELECT {', '.join(selected) or 'count(*)'} FROM {self.relation.source()} WHERE {self.where}"
        if self.keys:
            text += f" GROUP BY {', '.join(names)}"
        if self.limit is not None:
            partition = f"PARTITION BY {', '.join(names[:-1])} " if self.around else ""
            text += f" QUALIFY row_number() OVER ({partition}ORDER BY {', '.join([*self.order, names[-1]])})"
            text += f" <= {self.limit}"
        width = len(names)
        for row in connection.execute(text).fetchall():
            if width:
                self.groups.setdefault(row[: width - 1], {})[row[width - 1]] = row[width:]
            else:
                self.groups[()] = {None: row}
        for child in self.children:
            child.run(connection)

    def own(self, around: Key) -> dict[Any, Row]:
        """The groups within the bucket around them that has these keys: own key to row."""
        return self.groups.get(around, {})


class Budget:
    """``search.max_buckets``: what one search may make."""

    MOST = 65_535

    def __init__(self) -> None:
        self._made = 0

    def take(self, buckets: int) -> None:
        """Raises SearchError when it is too many."""
        self._made += buckets
        if self._made > self.MOST:
            reason = (
                f"Trying to create too many buckets. Must be less than or equal to: [{self.MOST}] but was "
                f"[{self._made}]. This limit can be set by changing the [search.max_buckets] cluster level setting."
            )
            members = {"max_buckets": self.MOST}
            raise SearchError("too_many_buckets_exception", reason, 503, members=members, phase=True)
