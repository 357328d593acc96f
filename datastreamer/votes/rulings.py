"""Rulings: where an id counts that was sent for several candidates, or came in several rounds.

The lake has every copy of a vote as it was taken, and not their order; the stream has the order, and the counting
function reads it. It puts what it decided beside the votes, as lines of the same table with ``counted_for`` and
``counted_in``, so that a query of the lake counts the id as the totals do:
docs/adr/0259-rulings-say-for-whom-a-contested-id-counts.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from datastreamer.votes.vote import Vote

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX: Final = "votes/"
"""Where the table ``votes`` lies in the bucket of raw votes."""
COUNTS_FOR: Final = "COALESCE(MAX(counted_for), MIN_BY(candidate, received_at))"
"""Athena: the candidate that an id counts for, of the rows of that id. Without a ruling they name one candidate."""
COUNTS_IN: Final = "COALESCE(MAX(counted_in), MIN_BY(COALESCE(round, 1), received_at))"
"""Athena: the round that an id counts in, likewise. Rows of before there were rounds name none."""


class Rulings:
    """The rulings in the bucket of raw votes."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, shard: str, first: str, last: str, contested: Sequence[Vote]) -> None:
        """Put what was decided of the records ``first`` to ``last`` of a shard; nothing when nothing was contested.

        Raises ClientError or BotoCoreError, as boto3 does. Written again, the object is the same: its name holds both
        ends of the batch, and the order of a shard never changes.
        """
        if not contested:
            return
        hour = datetime.fromtimestamp(contested[0].received_ms / 1000, UTC)
        lines = [
            json.dumps({**vote.to_document(), "counted_for": vote.candidate, "counted_in": vote.round})
            for vote in contested
        ]
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{PREFIX}{hour:%Y/%m/%d/%H}/ruling-{shard}-{first}-{last}.json",
            Body="".join(f"{line}\n" for line in lines).encode(),
        )
