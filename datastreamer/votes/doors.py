"""Which requests may be for a vote: those of the site's own pages, and of programs that are not browsers.

A page of another site can let its visitors' browsers post without asking first, as long as the body is not JSON by its
content type, and can open a WebSocket anywhere (Fetch standard, "CORS-safelisted request-header"; RFC 6455, section
10.2). A browser names the page's origin in both, and no page can change that. A program that is not a browser names
what it likes, and has no visitors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from datastreamer.errors import InvalidRecordError

FOREIGN: Final = "foreign_origin"
NOT_JSON: Final = "unsupported_media_type"


def check_origin(event: Mapping[str, Any], allowed: str) -> None:
    """Raise InvalidRecordError (``foreign_origin``) when an event of API Gateway is of a page of another origin."""
    if any(origin != allowed for origin in _values(event, "origin")):
        raise InvalidRecordError(FOREIGN, "only the pages of the vote's own site may vote and listen")


def check_json(event: Mapping[str, Any]) -> None:
    """Raise InvalidRecordError (``unsupported_media_type``) when a request does not say that its body is JSON."""
    kinds = {value.partition(";")[0].strip().lower() for value in _values(event, "content-type")}
    if kinds != {"application/json"}:
        raise InvalidRecordError(NOT_JSON, "the Content-Type of a vote is application/json")


def _values(event: Mapping[str, Any], name: str) -> list[str]:
    """Every value of a header, however its name is written."""
    headers: Mapping[str, list[str]] = event.get("multiValueHeaders") or {
        key: [value] for key, value in (event.get("headers") or {}).items()
    }
    return [value for key, values in headers.items() if key.lower() == name for value in values]
