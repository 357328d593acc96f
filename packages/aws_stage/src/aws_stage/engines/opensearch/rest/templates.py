"""``_index_template``.

docs.opensearch.org/latest/im-plugin/index-templates/
"""

from __future__ import annotations

from typing import Any

import orjson

from aws_stage.engines.opensearch.errors import SearchError, illegal
from aws_stage.engines.opensearch.index.patterns import pattern
from aws_stage.engines.opensearch.index.templates import check_template
from aws_stage.engines.opensearch.rest.context import Context

_WAITS = ("timeout", "master_timeout", "cluster_manager_timeout")


def put(context: Context) -> tuple[int, Any]:
    """``PUT /_index_template/{name}``."""
    context.allow("create", "cause", *_WAITS)
    name, cluster = context.parts["name"], context.cluster
    body = context.document(required=True)
    with cluster.writing() as connection:
        held = cluster.catalogue.templates
        if context.flag("create") and name in held:
            raise illegal(f"index template [{name}] already exists")
        template = check_template(name, body, held)
        connection.execute("INSERT OR REPLACE INTO templates VALUES (?, ?)", [name, orjson.dumps(template).decode()])
        cluster.catalogue.change_templates({**held, name: template})
    return 200, {"acknowledged": True}


def get(context: Context) -> tuple[int, Any]:
    """``GET /_index_template/{name}``, or HEAD for whether it exists."""
    context.allow("local", "flat_settings", *_WAITS)
    wanted = context.parts.get("name", "*")
    found = {
        name: body for name, body in context.cluster.catalogue.templates.items() if pattern(wanted).fullmatch(name)
    }
    if not found and "*" not in wanted:
        raise _missing(wanted)
    return 200, {"index_templates": [{"name": name, "index_template": body} for name, body in sorted(found.items())]}


def remove(context: Context) -> tuple[int, Any]:
    """``DELETE /_index_template/{name}``."""
    context.allow(*_WAITS)
    wanted, cluster = context.parts["name"], context.cluster
    with cluster.writing() as connection:
        held = cluster.catalogue.templates
        gone = [name for name in held if pattern(wanted).fullmatch(name)]
        if not gone and "*" not in wanted:
            raise _missing(wanted)
        for name in gone:
            connection.execute("DELETE FROM templates WHERE name = ?", [name])
        cluster.catalogue.change_templates({name: body for name, body in held.items() if name not in gone})
    return 200, {"acknowledged": True}


def _missing(name: str) -> SearchError:
    reason = f"index template matching [{name}] not found"
    return SearchError("resource_not_found_exception", reason, 404)
