"""Errors of a domain, in OpenSearch's shape: ``{"error": {"root_cause": […], "type": …, "reason": …}, "status": …}``"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class SearchError(Exception):
    """One error. ``members`` are what it has beside type and reason; ``cause`` is what it was caused by.

    ``phase``: it comes from the shards, so that a search wraps it.
    """

    def __init__(
        self,
        kind: str,
        reason: str,
        status: int = 400,
        *,
        members: Mapping[str, Any] | None = None,
        cause: SearchError | None = None,
        phase: bool = False,
    ) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason
        self.status = status
        self.members = dict(members or {})
        self.cause = cause
        self.phase = phase

    def described(self) -> dict[str, Any]:
        """Type, reason and cause, as an item of a bulk answer has them."""
        found: dict[str, Any] = {"type": self.kind, "reason": self.reason, **self.members}
        if self.cause is not None:
            found["caused_by"] = self.cause.described()
        return found

    def document(self) -> dict[str, Any]:
        """The body of an answer."""
        root = {"type": self.kind, "reason": self.reason, **self.members}
        if not self.phase:
            return {"error": {"root_cause": [root], **self.described()}, "status": self.status}
        shard = {"shard": 0, "index": "_na_", "node": "_na_", "reason": self.described()}
        wrapped = {
            "root_cause": [root],
            "type": "search_phase_execution_exception",
            "reason": "all shards failed",
            "phase": "query",
            "grouped": True,
            "failed_shards": [shard],
            "caused_by": self.described(),
        }
        return {"error": wrapped, "status": self.status}


def illegal(reason: str, *, phase: bool = False) -> SearchError:
    """A value that OpenSearch does not accept."""
    return SearchError("illegal_argument_exception", reason, phase=phase)


def parsing(reason: str) -> SearchError:
    """A body that OpenSearch cannot read."""
    return SearchError("parsing_exception", reason)


def unsupported(what: str) -> SearchError:
    """A thing that OpenSearch does and this engine does not."""
    return illegal(f"{what} is not supported by the local stage. docs/local-stage.md lists what it supports.")


def number_format(text: object, *, phase: bool = False) -> SearchError:
    """A text that is not a number where one is due."""
    return SearchError("number_format_exception", f'For input string: "{text}"', phase=phase)


def index_not_found(name: str) -> SearchError:
    """There is no such index."""
    members = {"index": name, "resource.id": name, "resource.type": "index_or_alias", "index_uuid": "_na_"}
    return SearchError("index_not_found_exception", f"no such index [{name}]", 404, members=members)


def only(given: Mapping[str, Any], allowed: frozenset[str] | set[str], where: str) -> None:
    """Raise for a key of ``given`` that is not ``allowed``: nothing that a request says is ignored."""
    for key in given:
        if key not in allowed:
            raise parsing(f"[{where}] unknown field [{key}], or one that the local stage does not support")


def dictionary(value: Any, where: str) -> dict[str, Any]:
    """``value``; raises unless it is an object."""
    if not isinstance(value, dict):
        raise parsing(f"[{where}] expects an object, not {type(value).__name__}")
    return value
