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

        def bounds(column: str) -> tuple[Any, Any]:
            text = f"SELECT min({column}), max({column}) FROM {relation.source()} WHERE {where}"
            low, high = connection.execute(text).fetchone()
            return low, high

        shown: dict[str, Any] = {}
        total = _total(connection, relation, where, body.get("track_total_hits", WINDOW))
        if total is not None:
            shown["total"] = total
        found = hits.found(connection)
        shown |= {"max_score": hits.score if found and hits.is_scored else None, "hits": found}
        answer: dict[str, Any] = {"hits": shown}
        if aggregations:
            parser = Parser(relation, where, bounds, BUCKETS)
            answer["aggregations"] = computed(parser, dictionary(aggregations, "aggs"), connection)
    return answer


def _total(connection: Any, relation: Relation, where: str, tracked: Any) -> dict[str, Any] | None:
    if tracked is False:
        return None
    if tracked is not True and (isinstance(tracked, bool) or not isinstance(tracked, int) or tracked < 0):
        raise illegal(f"[track_total_hits] parameter must be positive or equals to -1, got {tracked}")
    [found] = connection.execute(f"SELECT count(*) FROM {relation.source()} WHERE {where}").fetchone()
    if tracked is not True and found > tracked:
        return {"value": tracked, "relation": "gte"}
    return {"value": found, "relation": "eq"}


def _number(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise illegal(f"[{name}] parameter cannot be negative, found [{value}]")
    return value
