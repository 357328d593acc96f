"""Lists of resources: filtered, sorted and cut into pages as SageMaker's List operations do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from aws_stage.kernel.paging import page

_LARGEST_PAGE = 100
_DEFAULT_PAGE = 10


def listed(
    documents: Iterable[Mapping[str, Any]], request: Mapping[str, Any], kind: str, fields: tuple[str, ...]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The summaries of one page, and ``{"NextToken": …}`` when there are more.

    ``kind`` is the prefix of the name's field (``Model``); ``fields`` are those of a summary. Newest first unless told.
    """
    found = [document for document in documents if _matches(document, request, kind)]
    key = {"Name": f"{kind}Name", "Status": f"{kind}Status"}.get(request.get("SortBy") or "", "CreationTime")
    found.sort(key=lambda document: document[key], reverse=request.get("SortOrder") != "Ascending")
    chosen, more = page(found, request.get("NextToken"), request.get("MaxResults") or _DEFAULT_PAGE, _LARGEST_PAGE)
    return [{field: document[field] for field in fields if field in document} for document in chosen], more


def _matches(document: Mapping[str, Any], request: Mapping[str, Any], kind: str) -> bool:
    wanted = (request.get("NameContains") or "").lower()
    status = request.get("StatusEquals")
    return (
        wanted in document[f"{kind}Name"].lower()
        and status in (None, document.get(f"{kind}Status"))
        and within(document["CreationTime"], request.get("CreationTimeAfter"), request.get("CreationTimeBefore"))
        and within(
            document.get("LastModifiedTime", 0.0),
            request.get("LastModifiedTimeAfter"),
            request.get("LastModifiedTimeBefore"),
        )
    )


def within(moment: float, after: float | None, before: float | None) -> bool:
    """Whether a time lies between two, either of which may be open."""
    return (-math.inf if after is None else after) <= moment <= (math.inf if before is None else before)
