"""Casting a vote: judged, then put on the stream, which keeps it whatever happens after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.errors import InvalidRecordError, RetryableError
from datastreamer.votes.rounds import CLOSED, Round, Rounds
from datastreamer.votes.vote import Vote, parse_body

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient


HELD_MS: Final = 1_000
"""How long a function goes by the round as it read it: a change is seen by each function within a second."""
LONGEST_SECONDS: Final = 10
"""How long the function may take over one vote: its timeout (terraform/pipelines/votes/functions.tf)."""
CLOSED_REASON: Final = "closed"


class HeldRound:
    """The current round, read at most once a second, whatever comes."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self._read_ms = 0
        self._round: Round | None = None

    def at(self, now_ms: int) -> Round:
        """The round as it was read within the last second. Raises ClientError or BotoCoreError, as boto3 does."""
        if self._round is None or not 0 <= now_ms - self._read_ms < HELD_MS:
            self._round = None  # a round that is older than that is not used, also when it cannot be read
            self._round, self._read_ms = self._rounds.current(), now_ms
        return self._round


class Ballot:
    """The way onto the stream."""

    def __init__(self, client: KinesisClient, stream: str, candidates: Collection[str], held: HeldRound) -> None:
        self._client = client
        self._stream = stream
        self._candidates = candidates
        self._held = held

    def cast(self, body: bytes, now_ms: int) -> Vote:
        """Put the posted vote on the stream and return it.

        Raises InvalidRecordError when it is no vote, or the round is closed; RetryableError when the round cannot be
        read or the stream does not take it: it may be sent again under the same id, and counts once even if the stream
        had taken it after all.
        """
        vote = parse_body(body, self._candidates, now_ms)
        try:
            current = self._held.at(now_ms)
        except (ClientError, BotoCoreError) as error:
            raise RetryableError(f"the round: {error}") from error
        if current.state == CLOSED:
            raise InvalidRecordError(CLOSED_REASON, f"round {current.number} is closed, and takes no votes")
        vote = replace(vote, round=current.number)
        try:
            # Each copy of a vote comes to one shard, so that one consumer sees them all.
            self._client.put_record(StreamName=self._stream, Data=vote.to_record(), PartitionKey=str(vote.vote_id))
        except (ClientError, BotoCoreError) as error:
            raise RetryableError(f"stream {self._stream}: {error}") from error
        return vote
