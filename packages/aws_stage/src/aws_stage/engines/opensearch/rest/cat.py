"""``_cat/indices``.

docs.opensearch.org/latest/api-reference/cat/cat-indices/
"""

from __future__ import annotations

from typing import Any

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.errors import illegal
from aws_stage.engines.opensearch.index.catalogue import Index
from aws_stage.engines.opensearch.index.indices import resolved
from aws_stage.engines.opensearch.rest.context import Context

_COLUMNS = {
    "health": "health",
    "status": "status",
    "index": "index",
    "uuid": "uuid",
    "pri": "pri",
    "rep": "rep",
    "docs.count": "docs.count",
    "docs.deleted": "docs.deleted",
}
_SHORT = {"h": "health", "s": "status", "i": "index", "idx": "index", "dc": "docs.count", "dd": "docs.deleted"}


def indices(context: Context) -> tuple[int, Any]:
    """``GET /_cat/indices``: a line for each, without sizes, since all lie in one file."""
    context.allow(
        "format", "h", "v", "s", "health", "expand_wildcards", "local", "cluster_manager_timeout", "bytes", "time"
    )
    found = resolved(context.cluster.catalogue, context.parts.get("index", ""))
    with context.cluster.database.reading() as connection:
        rows = [_row(connection, index) for index in found]
    health = context.parameters.get("health")
    rows = [row for row in rows if health in (None, row["health"])]
    rows = _sorted(rows, context.parameters.get("s"))
    names = [_name(each) for each in context.parameters.get("h", ",".join(_COLUMNS)).split(",")]
    shown = [{name: row[name] for name in names} for row in rows]
    kind = context.parameters.get("format", "text")
    if kind == "json":
        return 200, shown
    if kind != "text":
        raise illegal(f"the format [{kind}] is not supported by the local stage")
    head = [dict(zip(names, names, strict=True))] if context.flag("v") else []
    table = [*head, *shown]
    widths = {name: max((len(row[name]) for row in table), default=0) for name in names}
    lines = (" ".join(row[name].ljust(widths[name]) for name in names).rstrip() + "\n" for row in table)
    return 200, "".join(lines)


def _row(connection: Any, index: Index) -> dict[str, str]:
    [count] = connection.execute(f"SELECT count(*) FROM {sql.name(index.table)}").fetchone()
    replicas = index.settings.get("number_of_replicas", "1")
    return {
        "health": "green" if replicas == "0" else "yellow",
        "status": "open",
        "index": index.name,
        "uuid": index.uuid,
        "pri": index.settings.get("number_of_shards", "1"),
        "rep": replicas,
        "docs.count": str(count),
        "docs.deleted": "0",
    }


def _sorted(rows: list[dict[str, str]], keys: str | None) -> list[dict[str, str]]:
    for each in reversed(keys.split(",") if keys else []):
        name, _, order = each.partition(":")
        column = _name(name)
        rows = sorted(
            rows,
            key=lambda row: row[column].zfill(20) if row[column].isdecimal() else row[column],
            reverse=order == "desc",
        )
    return rows


def _name(given: str) -> str:
    name = _SHORT.get(given, given)
    if name not in _COLUMNS:
        raise illegal(f"the column [{given}] is not supported by the local stage")
    return name
