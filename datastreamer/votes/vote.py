"""The contract of a vote: what a browser posts, and what travels on the stream."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import RFC_4122, UUID

from datastreamer.errors import InvalidRecordError
from datastreamer.events.json_shape import too_much

BODY_MAX_BYTES: Final = 1024
OLDEST_MS: Final = 24 * 3_600_000
"""How long after the click a vote still counts: as long as its id is remembered, so that no copy counts again."""
AHEAD_MS: Final = 5 * 60_000
"""How far a browser's clock may be ahead."""
MAX_DEPTH: Final = 32
"""Levels of objects and lists that are read as JSON, to tell what is wrong with them: a vote has one."""
FIELDS: Final = ("vote_id", "candidate", "client_id")
FIRST_ROUND: Final = 1
"""The round of whatever names none: there were votes before there were rounds."""
LAST_ROUND: Final = 999_999
"""Rounds are kept by six digits, so that they sort as text."""

Place = tuple[str, int]
"""Where a vote counts: for which candidate, and in which round."""


@dataclass(frozen=True)
class Vote:
    """One click. ``vote_id`` is a UUIDv7 (RFC 9562) that the browser made at the click, and the same at each retry.

    ``round``: the one in which it was taken, from 1 on; a browser does not name it.
    """

    vote_id: UUID
    candidate: str
    client_id: UUID
    received_ms: int
    round: int = FIRST_ROUND

    @property
    def place(self) -> Place:
        """Where it counts, if it is its id's first copy."""
        return self.candidate, self.round

    @property
    def cast_ms(self) -> int:
        """When it was cast by the browser's clock, in milliseconds since the epoch."""
        return self.vote_id.int >> 80

    def to_document(self) -> dict[str, Any]:
        """The columns of the table ``votes`` that each vote has."""
        return {
            "vote_id": str(self.vote_id),
            "candidate": self.candidate,
            "client_id": str(self.client_id),
            "cast_at": iso(self.cast_ms),
            "received_at": iso(self.received_ms),
            "round": self.round,
        }

    def to_record(self) -> bytes:
        """The vote as a record of the stream: one JSON object."""
        return json.dumps(self.to_document(), separators=(",", ":")).encode() + b"\n"


def parse_body(body: bytes, candidates: Collection[str], now_ms: int) -> Vote:
    """The vote that a browser posted; raises InvalidRecordError with a reason that a browser can show.

    Reasons: ``too_large``, ``invalid_json``, ``not_an_object``, ``missing_field``, ``unknown_field``,
    ``invalid_vote_id``, ``invalid_client_id``, ``unknown_candidate``, ``expired``, ``from_the_future``.
    """
    if len(body) > BODY_MAX_BYTES:
        raise InvalidRecordError("too_large", f"a vote has at most {BODY_MAX_BYTES} bytes")
    document = _json_object(body)
    for field in document:
        if field not in FIELDS:
            raise InvalidRecordError("unknown_field", f"a vote has no field {field[:40]!r}")
    vote = _vote(document, candidates, now_ms)
    if now_ms - vote.cast_ms > OLDEST_MS:
        raise InvalidRecordError("expired", "the vote was cast more than 24 hours ago")
    if vote.cast_ms - now_ms > AHEAD_MS:
        raise InvalidRecordError("from_the_future", "the clock of the browser is more than 5 minutes ahead")
    return vote


def parse_record(data: bytes, candidates: Collection[str]) -> Vote:
    """The vote that a record of the stream holds; raises InvalidRecordError, as ``parse_body``.

    Its age is not judged again: it was in time when it was received.
    """
    document = _json_object(data)
    received_at = document.get("received_at")
    try:
        received = datetime.fromisoformat(received_at if isinstance(received_at, str) else "")
    except ValueError:
        raise InvalidRecordError("invalid_received_at", "received_at is not an ISO-8601 time") from None
    if received.tzinfo is None:
        raise InvalidRecordError("invalid_received_at", "received_at has no time zone")
    number = document.get("round", FIRST_ROUND)
    if type(number) is not int or not FIRST_ROUND <= number <= LAST_ROUND:
        raise InvalidRecordError("invalid_round", f"round is not a whole number from {FIRST_ROUND} to {LAST_ROUND}")
    return replace(_vote(document, candidates, round(received.timestamp() * 1000)), round=number)


def _json_object(data: bytes) -> dict[str, Any]:
    if too_much(data, depth=MAX_DEPTH):
        raise InvalidRecordError("invalid_json", f"the body has more than {MAX_DEPTH} levels of objects and lists")
    try:
        document = json.loads(data.decode("utf-8"))
    except ValueError:
        raise InvalidRecordError("invalid_json", "the body is not JSON") from None
    if not isinstance(document, dict):
        raise InvalidRecordError("not_an_object", "the body is not a JSON object")
    return document


def _vote(document: dict[str, Any], candidates: Collection[str], received_ms: int) -> Vote:
    for field in FIELDS:
        if field not in document:
            raise InvalidRecordError("missing_field", f"{field} is missing")
    candidate = document["candidate"]
    if not isinstance(candidate, str) or candidate not in candidates:
        raise InvalidRecordError("unknown_candidate", f"candidate must be one of {', '.join(sorted(candidates))}")
    vote_id, client_id = _uuid(document["vote_id"]), _uuid(document["client_id"])
    if vote_id is None or vote_id.version != 7:
        raise InvalidRecordError("invalid_vote_id", "vote_id is not a UUID of version 7")
    if client_id is None:
        raise InvalidRecordError("invalid_client_id", "client_id is not a UUID")
    return Vote(vote_id, candidate, client_id, received_ms)


def _uuid(text: Any) -> UUID | None:
    """The UUID when it is spelled canonically, else None: two spellings would be two partition keys."""
    try:
        found = UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and str(found) == text and found.variant == RFC_4122 else None


def iso(milliseconds: int) -> str:
    """Milliseconds since the epoch as the lake's rows have them: ISO-8601, UTC."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
