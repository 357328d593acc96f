"""A tree of aggregations: read from a request, computed level by level, written as the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from aws_stage.engines.opensearch.aggregations.levels import Budget, Key, Level, Row
from aws_stage.engines.opensearch.aggregations.metrics import KINDS, Metric
from aws_stage.engines.opensearch.aggregations.pipelines import BucketScript
from aws_stage.engines.opensearch.errors import SearchError, dictionary, illegal, parsing
from aws_stage.engines.opensearch.query.relation import Relation

DEEPEST = 20


class Aggregation(Protocol):
    """One aggregation that is computed from documents."""

    def compile(self, level: Level, condition: str) -> None:
        """Have ``level``, the buckets around it, compute what is needed of those documents that ``condition`` finds."""
        ...

    def render(self, around: Key, row: Row | None, budget: Budget) -> dict[str, Any]:
        """The answer within the bucket that has the keys ``around``; ``row`` is None where it has no documents."""
        ...


@dataclass
class Tree:
    """What stands beside each other under one bucket, in the order of the request."""

    parts: dict[str, Aggregation] = field(default_factory=dict)
    scripts: dict[str, BucketScript] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    def compile(self, level: Level, condition: str) -> None:
        """Have ``level`` compute it."""
        for part in self.parts.values():
            part.compile(level, condition)

    def render(self, around: Key, row: Row | None, budget: Budget) -> dict[str, Any]:
        """The answers by name."""
        found = {name: part.render(around, row, budget) for name, part in self.parts.items()}
        for name, meta in self.meta.items():
            found[name] = {"meta": meta, **found[name]}
        return found

    def scripted(self, bucket: dict[str, Any]) -> dict[str, Any]:
        """A bucket with what its scripts make of it."""
        for name, script in self.scripts.items():
            value = script.value(bucket)
            if value is not None:
                bucket[name] = value
        return bucket

    def metric(self, name: str) -> Metric | None:
        """The metric of that name, if it is one."""
        found = self.parts.get(name)
        return found if isinstance(found, Metric) else None


class Parser:
    """``bounds``: the least and the greatest value of a column among the documents of the search. ``buckets``: what
    makes buckets, by the name that a request has for it."""

    def __init__(
        self,
        relation: Relation,
        where: str,
        bounds: Callable[[str], tuple[Any, Any]],
        buckets: Mapping[str, Callable[[Parser, dict[str, Any], Tree], Aggregation]],
    ) -> None:
        self.relation = relation
        self.where = where
        self.bounds = bounds
        self._buckets = buckets

    def tree(self, given: Any, depth: int = 0) -> Tree:
        """The aggregations of a request, or of one bucket; raises SearchError for what the stage does not do."""
        if depth > DEEPEST:
            raise illegal(f"Aggregations are nested more than {DEEPEST} deep")
        tree = Tree()
        for name, body in dictionary(given, "aggs").items():
            if not name or any(each in name for each in "[]>"):
                raise parsing(f"Invalid aggregation name [{name}]. Aggregation names cannot contain '[', ']', and '>'")
            kind, options, below, meta = _split(name, dictionary(body, name))
            if meta is not None:
                tree.meta[name] = meta
            if kind == "bucket_script":
                if depth == 0 or below:
                    reason = f"bucket_script aggregation [{name}] must be declared inside of another aggregation"
                    raise SearchError("action_request_validation_exception", f"Validation Failed: 1: {reason};")
                tree.scripts[name] = BucketScript.parse(name, options)
            elif kind in KINDS:
                if below:
                    raise SearchError(
                        "aggregation_initialization_exception",
                        f"Aggregator [{name}] of type [{kind}] cannot accept sub-aggregations",
                        500,
                    )
                tree.parts[name] = Metric.parse(self.relation, kind, options)
            elif kind in self._buckets:
                tree.parts[name] = self._buckets[kind](self, options, self.tree(below, depth + 1))
            else:
                raise parsing(f"Unknown aggregation type [{kind}], or one that the local stage does not support")
        return tree


def computed(parser: Parser, given: Mapping[str, Any], connection: Any) -> dict[str, Any]:
    """The ``aggregations`` of an answer."""
    tree = parser.tree(given)
    level = Level(parser.relation, parser.where)
    tree.compile(level, "TRUE")
    level.run(connection)
    return tree.render((), level.own(())[None], Budget())


def _split(name: str, body: dict[str, Any]) -> tuple[str, dict[str, Any], Any, Any]:
    """Kind, options, what is below and the caller's own notes."""
    if "aggs" in body and "aggregations" in body:
        raise parsing(f"Found two sub aggregation definitions under [{name}]")
    below = body.get("aggs", body.get("aggregations")) or {}
    kinds = [key for key in body if key not in ("aggs", "aggregations", "meta")]
    if len(kinds) != 1:
        raise parsing(
            f"Found two aggregation type definitions in [{name}]: [{kinds[0]}] and [{kinds[1]}]"
            if kinds
            else f"Missing definition for aggregation [{name}]"
        )
    return kinds[0], dictionary(body[kinds[0]], kinds[0]), below, body.get("meta")
