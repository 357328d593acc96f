"""Single documents.

docs.opensearch.org/latest/api-reference/document-apis/
"""

from __future__ import annotations

from typing import Any

import orjson

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.errors import SearchError, illegal, unsupported
from aws_stage.engines.opensearch.index.indices import resolved
from aws_stage.engines.opensearch.index.operations import Operation
from aws_stage.engines.opensearch.index.writing import execute
from aws_stage.engines.opensearch.query.sources import shown
from aws_stage.engines.opensearch.rest.bulk import REFRESH, check_write
from aws_stage.engines.opensearch.rest.context import Context

_SHOWN = ("_source", "_source_includes", "_source_excludes", "realtime", "preference", "refresh")


def put(context: Context) -> tuple[int, Any]:
    """``PUT /{index}/_doc/{id}``, or POST for an id that is made."""
    kind = context.parameters.get("op_type", "index")
    if kind not in ("index", "create"):
        raise illegal(f"opType must be 'create' or 'index', found: [{kind}]")
    return _write(context, kind, "op_type")


def create(context: Context) -> tuple[int, Any]:
    """``PUT /{index}/_create/{id}``."""
    return _write(context, "create")


def update(context: Context) -> tuple[int, Any]:
    """``POST /{index}/_update/{id}``."""
    if "_source" in context.parameters:
        raise unsupported("[_source] of an update")
    return _write(context, "update", "retry_on_conflict")


def delete(context: Context) -> tuple[int, Any]:
    """``DELETE /{index}/_doc/{id}``."""
    return _write(context, "delete")


def get(context: Context) -> tuple[int, Any]:
    """``GET /{index}/_doc/{id}``."""
    context.allow(*_SHOWN)
    index, row = _found(context)
    document_id = context.parts["id"]
    if row is None:
        return 404, {"_index": index, "_id": document_id, "found": False}
    version, number, text = row
    answer: dict[str, Any] = {
        "_index": index,
        "_id": document_id,
        "_version": version,
        "_seq_no": number,
        "_primary_term": 1,
        "found": True,
    }
    show = shown(source_parameters(context))
    if show is not None:
        answer["_source"] = show(text)
    return 200, answer


def source(context: Context) -> tuple[int, Any]:
    """``GET /{index}/_source/{id}``."""
    context.allow(*_SHOWN)
    index, row = _found(context)
    if row is None:
        reason = f"Document not found [{index}]/[{context.parts['id']}]"
        raise SearchError("resource_not_found_exception", reason, 404)
    show = shown(source_parameters(context))
    return 200, orjson.Fragment(row[2]) if show is None else show(row[2])


def source_parameters(context: Context) -> Any:
    """``_source`` as the parameters of a request have it."""
    given = context.parameters.get("_source")
    includes, excludes = (
        [each for each in context.parameters.get(f"_source_{name}", "").split(",") if each]
        for name in ("includes", "excludes")
    )
    if given in ("true", "false", "", None):
        if given == "false":
            return False
        return {"includes": includes, "excludes": excludes} if includes or excludes else True
    return {"includes": [*given.split(","), *includes], "excludes": excludes}


def _write(context: Context, action: str, *more: str) -> tuple[int, Any]:
    context.allow(*REFRESH, *more)
    check_write(context)
    if action != "delete":
        context.document(required=True)
    operation = Operation(action, context.parts["index"], context.parts.get("id"), context.body)
    [item] = execute(context.cluster, [operation])
    status: int = item.pop("status")
    if "error" in item:
        error = item["error"]
        return status, {"error": {"root_cause": [error], **error}, "status": status}
    return status, item


def _found(context: Context) -> tuple[str, tuple[int, int, str] | None]:
    indices = resolved(context.cluster.catalogue, context.parts["index"])
    if len(indices) != 1:
        names = [index.name for index in indices]
        raise illegal(f"alias [{context.parts['index']}] has more than one index associated with it {names}")
    [index] = indices
    text = f"SELECT _version, _seq, _source FROM {sql.name(index.table)} WHERE _id = ?"
    with context.cluster.database.reading() as connection:
        return index.name, connection.execute(text, [context.parts["id"]]).fetchone()
