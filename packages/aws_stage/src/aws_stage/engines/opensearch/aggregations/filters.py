"""Buckets that conditions make: ``filter``, ``filters`` and ``range``. They may overlap, so they share their level.

docs.opensearch.org/latest/aggregations/bucket/
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.aggregations.levels import Budget, Key, Level, Row
from aws_stage.engines.opensearch.errors import dictionary, illegal, only, parsing, unsupported
from aws_stage.engines.opensearch.query.clauses import condition

if TYPE_CHECKING:
    from aws_stage.engines.opensearch.aggregations.tree import Parser, Tree


@dataclass
class _Part:
    """One condition's bucket; ``shown`` are its members beside the count."""

    condition: str
    tree: Tree
    shown: dict[str, Any] = field(default_factory=dict)
    place: int = 0

    def compile(self, level: Level, around: str) -> None:
        both = self.condition if around == "TRUE" else f"({around}) AND ({self.condition})"
        self.place = level.column(f"count(*) FILTER (WHERE {both})")
        self.tree.compile(level, both)

    def render(self, around: Key, row: Row | None, budget: Budget) -> dict[str, Any]:
        count = 0 if row is None else row[self.place]
        return self.tree.scripted({**self.shown, "doc_count": count, **self.tree.render(around, row, budget)})


class Filter:
    """One bucket."""

    def __init__(self, parser: Parser, body: dict[str, Any], tree: Tree) -> None:
        if tree.scripts:
            raise illegal("bucket_script aggregations must be declared inside of a multi-bucket aggregation")
        self._part = _Part(condition(parser.relation, body), tree)

    def compile(self, level: Level, around: str) -> None:
        self._part.compile(level, around)

    def render(self, around: Key, row: Row | None, budget: Budget) -> dict[str, Any]:
        return self._part.render(around, row, budget)


class Several:
    """A bucket for each condition, by name or in order."""

    def __init__(self, parts: list[_Part], names: list[str] | None) -> None:
        self._parts = parts
        self._names = names

    @classmethod
    def filters(cls, parser: Parser, body: dict[str, Any], tree: Tree) -> Several:
        """A ``filters`` aggregation."""
        only(body, {"filters", "other_bucket", "other_bucket_key"}, "filters")
        if body.get("other_bucket") or "other_bucket_key" in body:
            raise unsupported("other_bucket of [filters]")
        given = body.get("filters")
        if isinstance(given, list):
            return cls([_Part(condition(parser.relation, each), tree_of(tree)) for each in given], None)
        named = dictionary(given, "filters")
        return cls([_Part(condition(parser.relation, each), tree_of(tree)) for each in named.values()], list(named))

    @classmethod
    def ranges(cls, parser: Parser, body: dict[str, Any], tree: Tree) -> Several:
        """A ``range`` aggregation of numbers."""
        only(body, {"field", "ranges", "keyed"}, "range")
        found = parser.relation.field(str(body.get("field")))
        if found is not None and not found.is_number:
            raise unsupported(f"[range] on [{found.path}], which is not a number,")
        column = parser.relation.column(found) if found is not None else "NULL"
        parts, names = [], []
        for each in body.get("ranges") or []:
            only(dictionary(each, "ranges"), {"from", "to", "key"}, "ranges")
            low, high = (None if each.get(end) is None else float(each[end]) for end in ("from", "to"))
            limits = [f"{column} >= {sql.literal(low)}"] if low is not None else []
            limits += [f"{column} < {sql.literal(high)}"] if high is not None else []
            key = each.get("key") or f"{'*' if low is None else low}-{'*' if high is None else high}"
            ends = {name: value for name, value in (("from", low), ("to", high)) if value is not None}
            names.append(key)
            text = " AND ".join(limits) or f"{column} IS NOT NULL"
            shown = ends if body.get("keyed") else {"key": key, **ends}
            parts.append(_Part(text, tree_of(tree), shown))
        if not parts:
            raise parsing("No [ranges] specified for the [range] aggregation")
        return cls(parts, names if body.get("keyed") else None)

    def compile(self, level: Level, around: str) -> None:
        for part in self._parts:
            part.compile(level, around)

    def render(self, around: Key, row: Row | None, budget: Budget) -> dict[str, Any]:
        budget.take(len(self._parts))
        made = [part.render(around, row, budget) for part in self._parts]
        return {"buckets": made if self._names is None else dict(zip(self._names, made, strict=True))}


def tree_of(tree: Tree) -> Tree:
    """A copy: each bucket's own places in the level's rows are noted in it."""
    return copy.deepcopy(tree)
