"""One write: what is to be done with which document, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_stage.engines.opensearch.errors import SearchError

CREATED, OK, NOT_FOUND, CONFLICT = 201, 200, 404, 409
_SHARDS = {"total": 1, "successful": 1, "failed": 0}


@dataclass
class Operation:
    """``action`` is ``index``, ``create``, ``update`` or ``delete``; ``source`` is the document as it was sent, of an
    update its instructions. Without an ``id`` one is made."""

    action: str
    index: str
    id: str | None
    source: bytes = b""
    error: SearchError | None = None


def done(index: str, document_id: str, result: str, version: int, number: int) -> dict[str, Any]:
    """The item of a write that worked."""
    status = {"created": CREATED, "not_found": NOT_FOUND}.get(result, OK)
    return {
        "_index": index,
        "_id": document_id,
        "_version": version,
        "result": result,
        "_shards": _SHARDS,
        "_seq_no": number,
        "_primary_term": 1,
        "status": status,
    }


def failed(index: str, document_id: str | None, error: SearchError) -> dict[str, Any]:
    """The item of a write that did not."""
    item: dict[str, Any] = {"_index": index, "status": error.status, "error": error.described()}
    if document_id is not None:
        item["_id"] = document_id
    return item


def conflict(index: str, document_id: str, version: int) -> SearchError:
    """The document to create is there."""
    reason = f"[{document_id}]: version conflict, document already exists (current version [{version}])"
    return SearchError("version_conflict_engine_exception", reason, CONFLICT, members={"index": index})


def missing(index: str, document_id: str) -> SearchError:
    """The document to update is not there."""
    reason = f"[{document_id}]: document missing"
    return SearchError("document_missing_exception", reason, NOT_FOUND, members={"index": index})
