"""``_mapping`` and ``_field_caps``.

docs.opensearch.org/latest/api-reference/index-apis/put-mapping/ and …/search-apis/field-caps/
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError, only
from aws_stage.engines.opensearch.index.catalogue import Index, add_columns, store
from aws_stage.engines.opensearch.index.indices import resolved
from aws_stage.engines.opensearch.index.mapping import Mapping
from aws_stage.engines.opensearch.index.patterns import pattern
from aws_stage.engines.opensearch.rest.context import Context

_NAMES = ("ignore_unavailable", "allow_no_indices", "expand_wildcards", "local")
_WAITS = ("timeout", "master_timeout", "cluster_manager_timeout", "write_index_only")
_METADATA = {
    "_id": ("_id", True, True),
    "_index": ("_index", True, True),
    "_seq_no": ("_seq_no", True, True),
    "_source": ("_source", False, False),
    "_version": ("_version", False, True),
}
"""Name to type, and whether it can be searched and aggregated in OpenSearch."""


def get(context: Context) -> tuple[int, Any]:
    """``GET /{index}/_mapping``."""
    context.allow(*_NAMES, *_WAITS)
    found = _indices(context)
    return 200, {index.name: {"mappings": index.mapping.document()} for index in found}


def put(context: Context) -> tuple[int, Any]:
    """``PUT /{index}/_mapping``: new fields, in all indices or none."""
    context.allow(*_NAMES, *_WAITS)
    added = Mapping.parse(context.document(required=True))
    with context.cluster.writing() as connection:
        changed = []
        for index in _indices(context):
            merged = index.mapping.merged(added)
            new = [field for path, field in merged.fields.items() if path not in index.mapping.fields]
            add_columns(connection, index, new)
            made = replace(index, mapping=merged)
            store(connection, made)
            changed.append(made)
        context.cluster.catalogue.change(changed)
    return 200, {"acknowledged": True}


def field_caps(context: Context) -> tuple[int, Any]:
    """``GET /{index}/_field_caps``: each field's types, and what can be done with it."""
    context.allow("fields", "include_unmapped", *_NAMES)
    only(context.document(), set(), "field_caps")
    wanted = [each for each in context.parameters.get("fields", "").split(",") if each]
    if not wanted:
        raise SearchError("action_request_validation_exception", "Validation Failed: 1: no fields specified;")
    if context.flag("include_unmapped"):
        raise SearchError("illegal_argument_exception", "[include_unmapped] is not supported by the local stage")
    indices = _indices(context)
    kinds: dict[str, dict[str, list[str]]] = {}
    for index in indices:
        for name, kind in _fields(index):
            if any(pattern(each).fullmatch(name) for each in wanted):
                kinds.setdefault(name, {}).setdefault(kind, []).append(index.name)
    fields = {name: {kind: _capability(name, kind, found) for kind in found} for name, found in kinds.items()}
    return 200, {"indices": [index.name for index in indices], "fields": fields}


def _fields(index: Index) -> list[tuple[str, str]]:
    mapped = [(each.path, each.kind) for each in index.mapping.all()]
    objects = [(path, "object") for path in index.mapping.objects if path]
    return [*mapped, *objects, *((name, kind) for name, (kind, _, _) in _METADATA.items())]


def _capability(name: str, kind: str, held: dict[str, list[str]]) -> dict[str, Any]:
    if name in _METADATA:
        _, searchable, aggregatable = _METADATA[name]
    else:
        searchable, aggregatable = kind != "object", kind not in ("object", "text")
    found: dict[str, Any] = {"type": kind, "searchable": searchable, "aggregatable": aggregatable}
    if len(held) > 1:
        found["indices"] = held[kind]
    return found


def _indices(context: Context) -> list[Index]:
    return resolved(
        context.cluster.catalogue,
        context.parts.get("index", ""),
        lenient=context.flag("ignore_unavailable"),
        empty=context.flag("allow_no_indices", default=True),
    )
