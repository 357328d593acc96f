"""Votes to test with."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from datastreamer.votes.vote import Vote

NOW_MS = 1_763_630_000_000
CANDIDATES = ("kinoko", "takenoko")
CLIENT = UUID("5b0f7a39-9d5b-4f0a-8c9a-0d4f2f6f1a11")


def uuid7(milliseconds: int, number: int) -> UUID:
    """The UUIDv7 of a moment; ``number`` tells two of one moment apart."""
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62 | number)


def vote(
    number: int, candidate: str = "kinoko", *, cast_ms: int = NOW_MS, received_ms: int | None = None, in_round: int = 1
) -> Vote:
    return Vote(uuid7(cast_ms, number), candidate, CLIENT, cast_ms if received_ms is None else received_ms, in_round)


def body(**changes: Any) -> bytes:
    """What a browser posts; a change to ``None`` leaves the field out."""
    document = {"vote_id": str(uuid7(NOW_MS, 1)), "candidate": "kinoko", "client_id": str(CLIENT), **changes}
    return json.dumps({name: value for name, value in document.items() if value is not None}).encode()
