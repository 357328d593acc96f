"""Buckets of values: ``terms``. Exact, where OpenSearch takes the best of each shard.

docs.opensearch.org/latest/aggregations/bucket/terms/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_stage.engines.opensearch.aggregations.levels import Budget, Key, Level, Row
from aws_stage.engines.opensearch.errors import dictionary, illegal, only, unsupported
from aws_stage.engines.opensearch.query.sorting import no_fielddata

if TYPE_CHECKING:
    from aws_stage.engines.opensearch.aggregations.tree import Parser, Tree

DEFAULT_SIZE = 10


class Terms:
    """The groups that the level keeps are the buckets, in the order of the level's query."""

    def __init__(self, parser: Parser, body: dict[str, Any], tree: Tree) -> None:
        only(body, {"field", "size", "order", "min_doc_count", "shard_size"}, "terms")
        self._tree = tree
        self._size = int(body.get("size", DEFAULT_SIZE))
        self._least = int(body.get("min_doc_count", 1))
        if self._size <= 0:
            raise illegal(f"[size] must be greater than 0. Found [{self._size}] in [terms]")
        if self._least < 1:
            raise unsupported("min_doc_count 0 of [terms]")
        self._field = parser.relation.field(str(body.get("field")))
        if self._field is not None and not self._field.is_aggregatable:
            raise no_fielddata(self._field.path)
        self._column = parser.relation.column(self._field) if self._field is not None else None
        self._order = self._ordered(body.get("order", {"_count": "desc"}))
        self._level: Level | None = None
        self._count = self._total = 0

    def compile(self, level: Level, around: str) -> None:
        if self._column is None:
            return
        made = level.child(self._column, around)
        key = f"k{len(made.keys) - 1}"
        made.order = [f"{key if text is None else text} {direction}" for text, direction in self._order]
        made.limit = self._size
        self._count = made.column("count(*)")
        partition = f"PARTITION BY {', '.join(f'k{number}' for number in range(len(made.keys) - 1))}"
        self._total = made.column(f"sum(count(*)) OVER ({partition if made.around else ''})")
        self._rank = made.column(
            f"row_number() OVER ({partition if made.around else ''} ORDER BY {', '.join([*made.order, key])})"
        )
        self._tree.compile(made, "TRUE")
        self._level = made

    def render(self, around: Key, _row: Row | None, budget: Budget) -> dict[str, Any]:
        groups = {} if self._level is None else self._level.own(around)
        ranked = sorted(groups.items(), key=lambda each: each[1][self._rank])
        kept = [(key, row) for key, row in ranked if row[self._count] >= self._least]
        budget.take(len(kept))
        total = int(ranked[0][1][self._total]) if ranked else 0
        buckets = []
        for key, row in kept:
            below = self._tree.render((*around, key), row, budget)
            buckets.append(self._tree.scripted({**self._shown(key), "doc_count": row[self._count], **below}))
        other = total - sum(row[self._count] for _, row in kept)
        return {"doc_count_error_upper_bound": 0, "sum_other_doc_count": other, "buckets": buckets}

    def _shown(self, key: Any) -> dict[str, Any]:
        kind = self._field.kind if self._field is not None else "keyword"
        if kind == "boolean":
            return {"key": int(key), "key_as_string": "true" if key else "false"}
        if kind == "date" and self._field is not None:
            return {"key": key, "key_as_string": self._field.date_format.write(key)}
        return {"key": key}

    def _ordered(self, given: Any) -> list[tuple[str | None, str]]:
        """Expressions with their directions; None is the key itself."""
        orders = given if isinstance(given, list) else [given]
        found = []
        for each in orders:
            [(path, direction)] = dictionary(each, "order").items() if len(each) == 1 else [("", "")]
            if str(direction).lower() not in ("asc", "desc"):
                raise illegal(f"Unknown terms order [{each}]")
            found.append((self._expression(path), f"{str(direction).upper()} NULLS LAST"))
        return found

    def _expression(self, path: str) -> str | None:
        if path == "_count":
            return "count(*)"
        if path == "_key":
            return None
        name, _, part = path.partition(".")
        metric = self._tree.metric(path)
        if metric is None:
            metric = self._tree.metric(name)
        else:
            part = ""
        if metric is None:
            raise illegal(
                f"Invalid aggregation order path [{path}]. The provided aggregation [{name}] either does not exist, "
                "or is a pipeline aggregation and cannot be used to sort the buckets.",
                phase=True,
            )
        return metric.order_expression(part)
