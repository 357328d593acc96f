"""``_bulk``: lines of actions and documents.

docs.opensearch.org/latest/api-reference/document-apis/bulk/
"""

from __future__ import annotations

import time
from typing import Any

import orjson

from aws_stage.engines.opensearch.errors import SearchError, illegal
from aws_stage.engines.opensearch.index.operations import Operation
from aws_stage.engines.opensearch.index.writing import execute
from aws_stage.engines.opensearch.rest.context import Context

_ACTIONS = frozenset({"index", "create", "update", "delete"})
_OPTIONS = frozenset({"_index", "_id", "retry_on_conflict", "require_alias"})
REFRESH = ("refresh", "timeout", "wait_for_active_shards", "require_alias")
"""Parameters of writes. What is written is found at once, so that refreshing changes nothing."""


def bulk(context: Context) -> tuple[int, Any]:
    """``POST /_bulk``."""
    context.allow(*REFRESH, "_source")
    check_write(context)
    context.check_content_type()
    started = time.perf_counter()
    operations = parsed(context.body, context.parts.get("index"))
    done = execute(context.cluster, operations)
    items = [{operation.action: item} for operation, item in zip(operations, done, strict=True)]
    return 200, {
        "took": round(1000 * (time.perf_counter() - started)),
        "errors": any("error" in item for item in done),
        "items": items,
    }


def check_write(context: Context) -> None:
    """Raise for parameters with values that the stage does not have."""
    refresh = context.parameters.get("refresh", "false")
    if refresh not in ("", "true", "false", "wait_for"):
        raise illegal(f"Unknown value for refresh: [{refresh}].")
    if context.flag("require_alias"):
        raise illegal("[require_alias] is not supported by the local stage")


def parsed(body: bytes, default_index: str | None) -> list[Operation]:
    """The operations; raises SearchError where the lines themselves are wrong. Documents are read later, one by one."""
    if not body.strip():
        raise SearchError("parse_exception", "request body is required")
    if not body.endswith(b"\n"):
        raise illegal("The bulk request must be terminated by a newline [\\n]")
    lines = iter(body.split(b"\n"))
    operations = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        action, options = _action(line, number)
        index = options.get("_index", default_index)
        if not index:
            raise SearchError("action_request_validation_exception", f"Validation Failed: {number}: index is missing;")
        document_id = options.get("_id")
        operation = Operation(action, str(index), None if document_id is None else str(document_id))
        if document_id == "" or (document_id is None and action in ("update", "delete")):
            why = "if _id is specified it must not be empty" if document_id == "" else "id is missing"
            operation.error = illegal(why)
        if action != "delete":
            source = next(lines, b"").strip()
            if not source:
                raise illegal("The bulk request must be terminated by a newline [\\n]")
            operation.source = source
        operations.append(operation)
    if not operations:
        raise SearchError("action_request_validation_exception", "Validation Failed: 1: no requests added;")
    return operations


def _action(line: bytes, number: int) -> tuple[str, dict[str, Any]]:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise illegal(f"Malformed action/metadata line [{number}], which is no JSON: {error}") from error
    if not isinstance(document, dict) or len(document) != 1:
        raise illegal(f"Malformed action/metadata line [{number}], expected one of [create, delete, index, update]")
    [(action, options)] = document.items()
    if action not in _ACTIONS or not isinstance(options, dict):
        raise illegal(
            f"Malformed action/metadata line [{number}], expected field [create], [delete], [index] or [update] but "
            f"found [{action}]"
        )
    for name in options:
        if name not in _OPTIONS or (name == "require_alias" and options[name]):
            raise illegal(
                f"Action/metadata line [{number}] contains an unknown parameter [{name}], or one that the local stage "
                "does not support"
            )
    return action, options
