"""Cutting rows into calls that an endpoint takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from datastreamer.scoring.payload import Payload

MAX_BODY_BYTES: Final = 4_194_304
"""The body of InvokeEndpoint that every endpoint takes: serverless ones 4 MB ("Invoke a serverless endpoint"), others
more. An event of Lambda's has 6 MB of base64, and so hardly more in its rows."""


def chunks(
    places: Sequence[int],
    rows: Sequence[bytes],
    payload: Payload,
    most_rows: int,
    most_bytes: int = MAX_BODY_BYTES,
) -> Iterator[list[int]]:
    """``places`` of ``rows`` in order, cut where a body would have more than ``most_rows`` rows or ``most_bytes``.

    A row that is too large on its own is a chunk on its own.
    """
    chunk: list[int] = []
    size = payload.envelope
    for place in places:
        more = len(rows[place]) + payload.separator
        if chunk and (len(chunk) == most_rows or size + more > most_bytes):
            yield chunk
            chunk, size = [], payload.envelope
        chunk.append(place)
        size += more
    if chunk:
        yield chunk
