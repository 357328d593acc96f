"""The orders table: each vote that counts, kept as one item for each batch and each minute of casting.

``pk``: the minute in which the votes were cast, as minutes since the epoch; ``sk``: shard and first sequence number of
the batch. ``vote_ids`` and ``client_ids``: binary, 16 bytes for each vote, in the same order as the list
``candidates``. ``expires_at``: epoch seconds. An older vote is refused at the door, so an id is remembered as long as a
copy of its vote can still arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from datastreamer.votes.vote import AHEAD_MS, OLDEST_MS, Vote

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ID_BYTES: Final = 16
SPARE_MS: Final = 3_600_000
"""How much longer an id is kept than its vote may come: for deliveries that were held up on the stream."""
MOST_REMEMBERED: Final = 1_000_000
"""Ids kept in memory, about 100 bytes each; above it the memory starts anew from the table."""


def order_item(minute: int, shard: str, first_sequence: str, votes: Sequence[Vote]) -> dict[str, Any]:
    """The item of the votes that one batch has of one minute."""
    expires_ms = (minute + 1) * 60_000 + OLDEST_MS + AHEAD_MS + SPARE_MS
    return {
        "pk": {"S": str(minute)},
        "sk": {"S": f"{shard}#{first_sequence}"},
        "vote_ids": {"B": b"".join(vote.vote_id.bytes for vote in votes)},
        "client_ids": {"B": b"".join(vote.client_id.bytes for vote in votes)},
        "candidates": {"L": [{"S": vote.candidate} for vote in votes]},
        "expires_at": {"N": str(expires_ms // 1000)},
    }


def votes_of(item: Mapping[str, Any]) -> Iterator[tuple[UUID, str, UUID]]:
    """Id, candidate and client of each vote that an item holds."""
    candidates = [entry["S"] for entry in item["candidates"]["L"]]
    return zip(_ids(item["vote_ids"]["B"]), candidates, _ids(item["client_ids"]["B"]), strict=True)


class CountedVotes:
    """The ids that have been counted, read from the table by the minute and remembered between batches.

    What is remembered holds as long as nobody else has counted votes of the shard meanwhile; the shard's checkpoint
    tells. A vote and all its copies have one partition key, so they are on one shard, or on that shard's children.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._minutes: dict[int, set[UUID]] = {}
        self._as_of: dict[str, str | None] = {}

    def of(self, shard: str, checkpoint: str | None, minutes: Iterable[int]) -> set[UUID]:
        """Every id counted so far that was cast in one of ``minutes``; ``checkpoint`` is the shard's present one."""
        if shard not in self._as_of or self._as_of[shard] != checkpoint:
            self._minutes.clear()
            self._as_of.clear()
        self._as_of[shard] = checkpoint
        if sum(map(len, self._minutes.values())) > MOST_REMEMBERED:
            self._minutes.clear()
        counted: set[UUID] = set()
        for minute in set(minutes):
            if minute not in self._minutes:
                self._minutes[minute] = set(self._read(minute))
            counted |= self._minutes[minute]
        return counted

    def add(self, shard: str, checkpoint: str, minutes: Mapping[int, Sequence[Vote]]) -> None:
        """Remember what was just counted, up to the new ``checkpoint``."""
        self._as_of[shard] = checkpoint
        for minute, votes in minutes.items():
            self._minutes[minute].update(vote.vote_id for vote in votes)

    def _read(self, minute: int) -> Iterator[UUID]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :minute",
            ExpressionAttributeValues={":minute": {"S": str(minute)}},
            ProjectionExpression="vote_ids",
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                yield from _ids(item["vote_ids"]["B"])


def _ids(content: bytes) -> Iterator[UUID]:
    return (UUID(bytes=content[start : start + ID_BYTES]) for start in range(0, len(content), ID_BYTES))
