"""Making, showing and deleting indices.

docs.opensearch.org/latest/api-reference/index-apis/
"""

from __future__ import annotations

from typing import Any

from aws_stage.engines.opensearch.errors import illegal, index_not_found
from aws_stage.engines.opensearch.index import catalogue
from aws_stage.engines.opensearch.index.catalogue import Index
from aws_stage.engines.opensearch.index.indices import new_index, resolved
from aws_stage.engines.opensearch.rest.context import Context

_WAITS = ("timeout", "master_timeout", "cluster_manager_timeout", "wait_for_active_shards")
_NAMES = ("ignore_unavailable", "allow_no_indices", "expand_wildcards", "local", "include_defaults", "flat_settings")


def create(context: Context) -> tuple[int, Any]:
    """``PUT /{index}``."""
    context.allow(*_WAITS)
    name, body = context.parts["index"], context.document()
    with context.cluster.writing() as connection:
        made = catalogue.create(connection, new_index(context.cluster.catalogue, name, body, context.cluster.now_ms()))
        context.cluster.catalogue.change([made])
    return 200, {"acknowledged": True, "shards_acknowledged": True, "index": name}


def get(context: Context) -> tuple[int, Any]:
    """``GET /{index}``, or HEAD for whether it exists."""
    context.allow(*_NAMES, *_WAITS)
    if context.flag("include_defaults") or context.flag("flat_settings"):
        raise illegal("[include_defaults] and [flat_settings] are not supported by the local stage")
    found = resolved(context.cluster.catalogue, context.parts["index"], lenient=context.flag("ignore_unavailable"))
    if not found and context.method == "HEAD":
        raise index_not_found(context.parts["index"])
    return 200, {index.name: _described(index) for index in found}


def delete(context: Context) -> tuple[int, Any]:
    """``DELETE /{index}``: by its own name or a pattern, never by an alias."""
    context.allow(*_NAMES, *_WAITS)
    given = context.parts["index"]
    lenient = context.flag("ignore_unavailable")
    with context.cluster.writing() as connection:
        held = context.cluster.catalogue
        for name in given.split(","):
            if (
                "*" not in name
                and name not in held.indices
                and any(name in each.aliases for each in held.indices.values())
            ):
                raise illegal(
                    f"The provided expression [{name}] matches an alias, specify the corresponding concrete indices "
                    "instead."
                )
        found = resolved(held, given, lenient=lenient, empty=context.flag("allow_no_indices", default=True))
        for index in found:
            catalogue.drop(connection, index)
        context.cluster.catalogue.change(removed=[index.name for index in found])
    return 200, {"acknowledged": True}


def refresh(context: Context) -> tuple[int, Any]:
    """``POST /{index}/_refresh``: there is nothing to do, what is written is found at once."""
    context.allow(*_NAMES)
    lenient = context.flag("ignore_unavailable")
    found = resolved(context.cluster.catalogue, context.parts.get("index", ""), lenient=lenient)
    return 200, {"_shards": {"total": len(found), "successful": len(found), "failed": 0}}


def _described(index: Index) -> dict[str, Any]:
    settings = {
        **index.settings,
        "creation_date": str(index.created),
        "uuid": index.uuid,
        "provided_name": index.name,
        "version": {"created": "136407927"},
    }
    return {"aliases": index.aliases, "mappings": index.mapping.document(), "settings": {"index": _nested(settings)}}


def _nested(settings: dict[str, Any]) -> dict[str, Any]:
    """``{"mapping.total_fields.limit": 1}`` as objects."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        *parents, last = name.split(".")
        place = found
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return found
