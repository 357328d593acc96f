"""The orders table: each vote that counts, kept as one item for each batch and each minute of casting.

``pk``: the minute in which the votes were cast, as minutes since the epoch; ``sk``: shard and first sequence number of
the batch. ``vote_ids`` and ``client_ids``: binary, 16 bytes for each vote, in the same order as the lists
``candidates`` and ``rounds``. ``expires_at``: epoch seconds. An older vote is refused at the door, so an id is
remembered as long as a copy of its vote can still arrive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from datastreamer.votes.tally import minute_of
from datastreamer.votes.vote import AHEAD_MS, FIRST_ROUND, OLDEST_MS, Place, Vote

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
        "sk": {"S": _sort_key(shard, first_sequence)},
        "vote_ids": {"B": b"".join(vote.vote_id.bytes for vote in votes)},
        "client_ids": {"B": b"".join(vote.client_id.bytes for vote in votes)},
        "candidates": {"L": [{"S": vote.candidate} for vote in votes]},
        "rounds": {"L": [{"N": str(vote.round)} for vote in votes]},
        "expires_at": {"N": str(expires_ms // 1000)},
    }


def votes_of(item: Mapping[str, Any]) -> Iterator[tuple[UUID, str, UUID]]:
    """Id, candidate and client of each vote that an item holds."""
    candidates = (entry["S"] for entry in item["candidates"]["L"])
    return zip(_ids(item["vote_ids"]["B"]), candidates, _ids(item["client_ids"]["B"]), strict=True)


class CountedVotes:
    """The ids that have been counted, read from the table by the minute and remembered between batches.

    Each shard has a memory of its own. A vote and all its copies have one partition key, so they are on one shard, or
    on that shard's children, which are read only when all of it is counted: a minute is read whole when a shard first
    asks for it, and after that only what was added for the shard. Its checkpoint tells when somebody else did that.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._shards: dict[str, _Memory] = {}

    def among(self, votes: Sequence[Vote], shard: str, checkpoint: str | None) -> dict[UUID, Place]:
        """Those of ``votes`` whose ids have been counted, and where; ``checkpoint`` is the shard's present one.

        Raises ClientError or BotoCoreError, as boto3 does.
        """
        if (
            sum(len(known.counted) for each in self._shards.values() for known in each.minutes.values())
            > MOST_REMEMBERED
        ):
            self._shards.clear()
        memory = self._shards.setdefault(shard, _Memory())
        if memory.as_of != checkpoint:
            for known in memory.minutes.values():
                known.complete = False
            memory.as_of = checkpoint
        for minute in {minute_of(vote) for vote in votes}:
            known = memory.minutes.setdefault(minute, _Minute(f"{shard}#"))
            if not known.complete:
                self._read(minute, shard, known)
        found = ((vote.vote_id, memory.minutes[minute_of(vote)].counted.get(vote.vote_id)) for vote in votes)
        return {vote_id: place for vote_id, place in found if place is not None}

    def add(self, shard: str, first: str, checkpoint: str, minutes: Mapping[int, Sequence[Vote]]) -> None:
        """Remember what was just counted, from record ``first`` up to the new ``checkpoint``."""
        memory = self._shards[shard]
        memory.as_of = checkpoint
        for minute, votes in minutes.items():
            known = memory.minutes[minute]
            known.counted.update((vote.vote_id, _one(*vote.place)) for vote in votes)
            known.last = _sort_key(shard, first)

    def _read(self, minute: int, shard: str, known: _Minute) -> None:
        condition, values = "pk = :minute", {":minute": {"S": str(minute)}}
        if known.read:
            # Above the last item, which ends in a digit, and below any other shard's.
            condition += " AND sk BETWEEN :after AND :end"
            values |= {":after": {"S": f"{known.last}!"}, ":end": {"S": f"{shard}#~"}}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ProjectionExpression="sk, vote_ids, candidates, rounds",
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                known.counted.update(zip(_ids(item["vote_ids"]["B"]), _places(item), strict=True))
                if item["sk"]["S"].startswith(f"{shard}#"):
                    known.last = max(known.last, item["sk"]["S"])
        known.read = known.complete = True


@dataclass
class _Minute:
    """What is known of one minute: ids and where they count; the last item of the shard that was read or written."""

    last: str
    counted: dict[UUID, Place] = field(default_factory=dict)
    read: bool = False
    complete: bool = False


@dataclass
class _Memory:
    """What is known for one shard, as of one checkpoint of it."""

    as_of: str | None = None
    minutes: dict[int, _Minute] = field(default_factory=dict)


def _sort_key(shard: str, first_sequence: str) -> str:
    return f"{shard}#{first_sequence}"


def _places(item: Mapping[str, Any]) -> Iterator[Place]:
    candidates = [entry["S"] for entry in item["candidates"]["L"]]
    # Items of before there were rounds name none.
    rounds = [int(entry["N"]) for entry in item["rounds"]["L"]] if "rounds" in item else [FIRST_ROUND] * len(candidates)
    return map(_one, candidates, rounds)


@cache
def _one(candidate: str, number: int) -> Place:
    """The place, the same object for each vote that counts there."""
    return candidate, number


def _ids(content: bytes) -> Iterator[UUID]:
    return (UUID(bytes=content[start : start + ID_BYTES]) for start in range(0, len(content), ID_BYTES))
