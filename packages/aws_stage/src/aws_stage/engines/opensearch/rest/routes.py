"""Which paths there are, and who answers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError
from aws_stage.engines.opensearch.rest import (
    aliases,
    cat,
    documents,
    info,
    ism,
    mappings,
    page,
    saved_objects,
    searches,
)
from aws_stage.engines.opensearch.rest import indices as made
from aws_stage.engines.opensearch.rest import templates as kept
from aws_stage.engines.opensearch.rest.bulk import bulk
from aws_stage.engines.opensearch.rest.context import Context

Answer = tuple[int, Any]
Handler = Callable[[Context], Answer]

ROUTES: dict[str, dict[str, Handler]] = {
    "/": {"GET": info.root, "HEAD": info.root},
    "/_cluster/health": {"GET": info.health},
    "/_cluster/health/{index}": {"GET": info.health},
    "/_cat/indices": {"GET": cat.indices},
    "/_cat/indices/{index}": {"GET": cat.indices},
    "/_bulk": {"POST": bulk, "PUT": bulk},
    "/{index}/_bulk": {"POST": bulk, "PUT": bulk},
    "/_search": {"GET": searches.search, "POST": searches.search},
    "/{index}/_search": {"GET": searches.search, "POST": searches.search},
    "/_msearch": {"GET": searches.several, "POST": searches.several},
    "/{index}/_msearch": {"GET": searches.several, "POST": searches.several},
    "/_count": {"GET": searches.count, "POST": searches.count},
    "/{index}/_count": {"GET": searches.count, "POST": searches.count},
    "/_refresh": {"GET": made.refresh, "POST": made.refresh},
    "/{index}/_refresh": {"GET": made.refresh, "POST": made.refresh},
    "/_field_caps": {"GET": mappings.field_caps, "POST": mappings.field_caps},
    "/{index}/_field_caps": {"GET": mappings.field_caps, "POST": mappings.field_caps},
    "/_mapping": {"GET": mappings.get},
    "/{index}/_mapping": {"GET": mappings.get, "PUT": mappings.put, "POST": mappings.put},
    "/_aliases": {"POST": aliases.change},
    "/_alias": {"GET": aliases.get},
    "/_alias/{alias}": {"GET": aliases.get, "HEAD": aliases.get},
    "/{index}/_alias": {"GET": aliases.get},
    "/{index}/_alias/{alias}": {"GET": aliases.get, "HEAD": aliases.get, "PUT": aliases.put, "DELETE": aliases.remove},
    "/_index_template": {"GET": kept.get},
    "/_index_template/{name}": {
        "GET": kept.get,
        "HEAD": kept.get,
        "PUT": kept.put,
        "POST": kept.put,
        "DELETE": kept.remove,
    },
    "/_plugins/_ism/policies": {"GET": ism.listed},
    "/_plugins/_ism/policies/{policy}": {"GET": ism.get, "HEAD": ism.get, "PUT": ism.put, "DELETE": ism.remove},
    "/_plugins/_ism/explain": {"GET": ism.explain},
    "/_plugins/_ism/explain/{index}": {"GET": ism.explain},
    "/_plugins/_ism/add/{index}": {"POST": ism.add},
    "/_plugins/_ism/change_policy/{index}": {"POST": ism.change},
    "/_plugins/_ism/remove/{index}": {"POST": ism.detach},
    "/_dashboards": {"GET": page.page},
    "/_dashboards/app/dashboards": {"GET": page.page},
    "/_dashboards/{file}": {"GET": page.part},
    "/_dashboards/api/saved_objects/_import": {"POST": saved_objects.take},
    "/_dashboards/api/saved_objects/_export": {"POST": saved_objects.export},
    "/_dashboards/api/saved_objects/_find": {"GET": saved_objects.find},
    "/_dashboards/api/saved_objects/{type}/{id}": {"GET": saved_objects.get, "DELETE": saved_objects.remove},
    "/{index}/_doc": {"POST": documents.put},
    "/{index}/_doc/{id}": {
        "GET": documents.get,
        "HEAD": documents.get,
        "PUT": documents.put,
        "POST": documents.put,
        "DELETE": documents.delete,
    },
    "/{index}/_create/{id}": {"PUT": documents.create, "POST": documents.create},
    "/{index}/_source/{id}": {"GET": documents.source, "HEAD": documents.source},
    "/{index}/_update/{id}": {"POST": documents.update},
    "/{index}": {"GET": made.get, "HEAD": made.get, "PUT": made.create, "DELETE": made.delete},
}

_SPLIT = [(route, route.strip("/").split("/")) for route in ROUTES]


def handler_of(method: str, segments: list[str], context: Context) -> tuple[Handler, dict[str, str]]:
    """Who answers, and what the path says; raises SearchError when nobody does."""
    for route, pattern in _SPLIT:
        parts = _matched(pattern, segments)
        if parts is None:
            continue
        handler = ROUTES[route].get(method)
        if handler is None:
            allowed = sorted(ROUTES[route])
            reason = f"Incorrect HTTP method for uri [{context.path}] and method [{method}], allowed: {allowed}"
            raise SearchError("illegal_argument_exception", reason, 405)
        return handler, parts
    reason = (
        f"no handler found for uri [{context.path}] and method [{method}], or one that the local stage does not have. "
        "docs/local-stage.md lists what it supports."
    )
    raise SearchError("illegal_argument_exception", reason)


def _matched(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    parts = {}
    for wanted, found in zip(pattern, segments, strict=True):
        if not wanted.startswith("{"):
            if wanted != found:
                return None
        elif not found or (wanted == "{index}" and found.startswith("_") and found != "_all"):
            return None
        else:
            parts[wanted[1:-1]] = found
    return parts
