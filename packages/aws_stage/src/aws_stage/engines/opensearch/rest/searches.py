"""``_search``, ``_msearch`` and ``_count``.

docs.opensearch.org/latest/api-reference/search-apis/
"""

from __future__ import annotations

import time
from typing import Any

import orjson

from aws_stage.engines.opensearch.errors import SearchError, illegal, unsupported
from aws_stage.engines.opensearch.index.catalogue import Index
from aws_stage.engines.opensearch.index.indices import resolved
from aws_stage.engines.opensearch.rest.context import Context
from aws_stage.engines.opensearch.rest.documents import source_parameters
from aws_stage.engines.opensearch.search import count as counted
from aws_stage.engines.opensearch.search import search as searched

_NAMES = ("ignore_unavailable", "allow_no_indices", "expand_wildcards", "ignore_throttled")
_NO_EFFECT = (
    "preference", "request_cache", "batched_reduce_size", "ccs_minimize_roundtrips", "timeout",
    "max_concurrent_shard_requests", "pre_filter_shard_size", "cancel_after_time_interval",
)  # fmt: skip
"""Where and how the shards are searched, of which there is one."""
_BODY = ("size", "from", "sort", "track_total_hits", "version", "seq_no_primary_term", "_source", "_source_includes",
         "_source_excludes")  # fmt: skip


def search(context: Context) -> tuple[int, Any]:
    """``POST /{index}/_search``."""
    context.allow(*_NAMES, *_NO_EFFECT, *_BODY, "rest_total_hits_as_int", "search_type")
    _check_type(context.parameters.get("search_type"))
    body = {**context.document(), **_from_parameters(context)}
    indices = indices_of(context, context.parts.get("index", ""), context.parameters)
    return 200, _answer(context, indices, body, as_number=context.flag("rest_total_hits_as_int"))


def several(context: Context) -> tuple[int, Any]:
    """``POST /_msearch``: an error is the answer of its own search alone."""
    context.allow("max_concurrent_searches", "rest_total_hits_as_int", "search_type", *_NO_EFFECT)
    _check_type(context.parameters.get("search_type"))
    context.check_content_type()
    started = time.perf_counter()
    if not context.body.endswith(b"\n"):
        raise illegal("The msearch request must be terminated by a newline [\\n]")
    lines = context.body.split(b"\n")[:-1]
    if not lines or len(lines) % 2:
        raise SearchError("action_request_validation_exception", "Validation Failed: 1: no requests added;")
    responses = []
    for head, body in zip(lines[::2], lines[1::2], strict=True):
        try:
            responses.append({**_one(context, head, body), "status": 200})
        except SearchError as error:
            responses.append(error.document())
    return 200, {"took": round(1000 * (time.perf_counter() - started)), "responses": responses}


def count(context: Context) -> tuple[int, Any]:
    """``POST /{index}/_count``."""
    context.allow(*_NAMES, "preference")
    indices = indices_of(context, context.parts.get("index", ""), context.parameters)
    found = counted(context.cluster, indices, context.document())
    return 200, {"count": found, "_shards": _shards(indices)}


def indices_of(context: Context, names: str, options: dict[str, Any]) -> list[Index]:
    """The indices that a search names, with what it says of those that there are not."""
    wildcards = str(options.get("expand_wildcards", "open"))
    if not {*wildcards.split(",")} <= {"open", "all", "closed", "hidden"}:
        raise unsupported(f"expand_wildcards [{wildcards}]")
    lenient = str(options.get("ignore_unavailable", "false")).lower() == "true"
    empty = str(options.get("allow_no_indices", "true")).lower() != "false"
    return resolved(context.cluster.catalogue, names, lenient=lenient, empty=empty)


def _one(context: Context, head: bytes, body: bytes) -> dict[str, Any]:
    try:
        options, query = (orjson.loads(line or b"{}") for line in (head, body))
    except orjson.JSONDecodeError as error:
        raise SearchError("json_parse_exception", f"the line is no JSON: {error}") from error
    if not isinstance(options, dict) or not isinstance(query, dict):
        raise SearchError("parsing_exception", "each line of a msearch is an object")
    for name in options:
        if name not in ("index", "search_type", *_NAMES, *_NO_EFFECT):
            raise illegal(f"key [{name}] is not supported in the metadata section")
    _check_type(options.get("search_type"))
    names = options.get("index", context.parts.get("index", ""))
    indices = indices_of(context, ",".join(names) if isinstance(names, list) else str(names), options)
    return _answer(context, indices, query, as_number=context.flag("rest_total_hits_as_int"))


def _answer(context: Context, indices: list[Index], body: dict[str, Any], *, as_number: bool) -> dict[str, Any]:
    started = time.perf_counter()
    if as_number:
        body = {**body, "track_total_hits": True}
    found = searched(context.cluster, indices, body)
    if as_number:
        found["hits"]["total"] = found["hits"]["total"]["value"]
    took = round(1000 * (time.perf_counter() - started))
    return {"took": took, "timed_out": False, "_shards": _shards(indices), **found}


def _shards(indices: list[Index]) -> dict[str, int]:
    return {"total": len(indices), "successful": len(indices), "skipped": 0, "failed": 0}


def _check_type(kind: Any) -> None:
    if kind not in (None, "query_then_fetch"):
        raise unsupported(f"search_type [{kind}]")


def _from_parameters(context: Context) -> dict[str, Any]:
    """What a request may say of its body in its parameters."""
    given = context.parameters
    body: dict[str, Any] = {}
    for name in ("size", "from"):
        if name in given:
            if not given[name].lstrip("-").isdecimal():
                raise illegal(f"Failed to parse int parameter [{name}] with value [{given[name]}]")
            body[name] = int(given[name])
    if "sort" in given:
        pairs = (each.partition(":") for each in given["sort"].split(","))
        body["sort"] = [{name: order or "asc"} for name, _, order in pairs]
    for name in ("version", "seq_no_primary_term"):
        if name in given:
            body[name] = context.flag(name)
    if "track_total_hits" in given:
        text = given["track_total_hits"]
        body["track_total_hits"] = int(text) if text.isdecimal() else context.flag("track_total_hits")
    if given.keys() & {"_source", "_source_includes", "_source_excludes"}:
        body["_source"] = source_parameters(context)
    return body
