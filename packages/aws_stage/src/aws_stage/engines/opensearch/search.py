"""One search: which documents, which of them are shown, and what is computed of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_stage.engines.opensearch.aggregations.buckets import BUCKETS
from aws_stage.engines.opensearch.aggregations.tree import Parser, computed
from aws_stage.engines.opensearch.errors import dictionary, illegal, only, unsupported
from aws_stage.engines.opensearch.index.catalogue import Index
from aws_stage.engines.opensearch.index.cluster import Cluster
from aws_stage.engines.opensearch.query.clauses import condition
from aws_stage.engines.opensearch.query.hits import Hits
from aws_stage.engines.opensearch.query.relation import Relation

WINDOW = 10_000
"""``index.max_result_window``, and up to where hits are counted unless more is asked for."""

KEYS = frozenset(
    {
        "query", "aggs", "aggregations", "sort", "from", "size", "search_after", "_source", "track_total_hits",
        "docvalue_fields", "stored_fields", "script_fields", "version", "seq_no_primary_term", "timeout",
        "track_scores", "explain",
    }
)  # fmt: skip


def count(cluster: Cluster, indices: Sequence[Index], body: dict[str, Any]) -> int:
    """How many documents a query finds."""
    only(body, {"query"}, "count")
    relation = Relation(indices, cluster.clock.now())
    where = condition(relation, body.get("query") or {"match_all": {}})
    with cluster.database.reading() as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {relation.source()} WHERE {where}").fetchone()[0]
    return found


def search(cluster: Cluster, indices: Sequence[Index], body: dict[str, Any]) -> dict[str, Any]:
    """``hits`` and ``aggregations`` of an answer; raises SearchError."""
    only(body, KEYS, "search")
    for name in ("track_scores", "explain"):
        if body.get(name):
            raise unsupported(f"[{name}]")
    if body.get("script_fields"):
        raise unsupported("[script_fields]")
    size, start = _number(body, "size", 10), _number(body, "from", 0)
    if size + start > WINDOW:
        raise illegal(
            f"Result window is too large, from + size must be less than or equal to: [{WINDOW}] but was "
            f"[{size + start}]. See the scroll api for a more efficient way to request large data sets. This limit can "
            "be set by changing the [index.max_result_window] index level setting.",
            phase=True,
        )
    aggregations = body.get("aggs", body.get("aggregations"))
    relation = Relation(indices, cluster.clock.now())
    query = body.get("query")
    where = "TRUE" if query is None else condition(relation, query)
    hits = Hits(relation, where, body, size, start)
    with cluster.database.reading() as connection:
        counted = _Counted(connection, relation, where)
        answer: dict[str, Any] = {"hits": {}}
        if aggregations:
            parser = Parser(relation, where, counted.bounds, BUCKETS)
            answer["aggregations"] = computed(parser, dictionary(aggregations, "aggs"), connection)
        found = hits.found(connection)
        if size and len(found) < size and (found or not start) and "search_after" not in body:
            counted.documents = start + len(found)
        total = _total(counted, body.get("track_total_hits", WINDOW))
        answer["hits"] = {
            **({} if total is None else {"total": total}),
            "max_score": hits.score if found and hits.is_scored else None,
            "hits": found,
        }
    return answer


class _Counted:
    """What a search knows of its documents as a whole; asked of the database only where nothing else has told."""

    def __init__(self, connection: Any, relation: Relation, where: str) -> None:
        self._connection = connection
        self._relation = relation
        self._where = where
        self.documents: int | None = None

    def bounds(self, column: str) -> tuple[Any, Any]:
        """The least and the greatest value of a column."""
        self.documents, low, high = self._row(f"count(*), min({column}), max({column})")
        return low, high

    def total(self) -> int:
        """How many there are."""
        if self.documents is None:
            [self.documents] = self._row("count(*)")
        assert self.documents is not None  # noqa: S101  a count is never null
        return self.documents

    def _row(self, selected: str) -> Any:
        text = f"SELECT {selected} FROM {self._relation.source()} WHERE {self._where}"
        return self._connection.execute(text).fetchone()


def _total(counted: _Counted, tracked: Any) -> dict[str, Any] | None:
    if tracked is False:
        return None
    if tracked is not True and (isinstance(tracked, bool) or not isinstance(tracked, int) or tracked < 0):
        raise illegal(f"[track_total_hits] parameter must be positive or equals to -1, got {tracked}")
    found = counted.total()
    if tracked is not True and found > tracked:
        return {"value": tracked, "relation": "gte"}
    return {"value": found, "relation": "eq"}


def _number(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise illegal(f"[{name}] parameter cannot be negative, found [{value}]")
    return value
