"""Casting a vote: judged, then put on the stream, which keeps it whatever happens after."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.errors import RetryableError
from datastreamer.votes.vote import Vote, parse_body

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient


class Ballot:
    """The way onto the stream."""

    def __init__(self, client: KinesisClient, stream: str, candidates: Collection[str]) -> None:
        self._client = client
        self._stream = stream
        self._candidates = candidates

    def cast(self, body: bytes, now_ms: int) -> Vote:
        """Put the posted vote on the stream and return it.

        Raises InvalidRecordError when it is no vote, RetryableError when the stream does not take it: it may be sent
        again under the same id, and counts once even if the stream had taken it after all.
        """
        vote = parse_body(body, self._candidates, now_ms)
        try:
            # Each copy of a vote comes to one shard, so that one consumer sees them all.
            self._client.put_record(StreamName=self._stream, Data=vote.to_record(), PartitionKey=str(vote.vote_id))
        except (ClientError, BotoCoreError) as error:
            raise RetryableError(f"stream {self._stream}: {error}") from error
        return vote
