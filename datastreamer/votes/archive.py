"""The archive: the final totals of each round that has ended, as a row of the lake's table ``rounds``.

A round's totals are final when no function can put a vote of it on the stream any more, and what is on the stream has
been counted: docs/adr/0269-a-round-is-archived-once-its-votes-are-counted.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from datastreamer.aws.waiting import Patience, Report, wait_for
from datastreamer.votes.aggregation import CHECKPOINT
from datastreamer.votes.casting import HELD_MS, LONGEST_SECONDS
from datastreamer.votes.rounds import Round, Rounds, totals_key
from datastreamer.votes.vote import FIRST_ROUND, iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_s3 import S3Client

PREFIX: Final = "rounds/"
"""Where the table ``rounds`` lies in the bucket of raw votes."""
UNDER_WAY_SECONDS: Final = HELD_MS / 1000 + LONGEST_SECONDS
"""How long after a round ended a function may still put a vote of it on the stream."""


class Archive:
    """The rows of ended rounds; raises ClientError or BotoCoreError, as boto3 does."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        kinesis: KinesisClient,
        s3: S3Client,
        *,
        table: str,
        stream: str,
        bucket: str,
    ) -> None:
        self._dynamodb = dynamodb
        self._kinesis = kinesis
        self._s3 = s3
        self._table = table
        self._stream = stream
        self._bucket = bucket
        self._rounds = Rounds(dynamodb, table)

    def write(self, patience: Patience, report: Report = lambda _: None) -> list[Round]:
        """Write a row for each round that has ended and has none, once its votes are counted; those rounds.

        Raises RetryableError when votes of them still wait to be counted as ``patience`` ends: nothing is written then.
        """
        ended = self._ended()
        if not ended:
            return []
        report("votes under way")
        patience.clock.sleep(UNDER_WAY_SECONDS)
        last = max(ended)

        def look() -> tuple[str, bool]:
            waiting = sum(self._waiting(last))
            return f"waiting for {waiting:,} votes to be counted", waiting == 0

        wait_for("the archive", look, patience=patience, report=report)
        return [self._write(each, ended_ms, patience.clock.wall_ms()) for each, ended_ms in self._ended(last).values()]

    def _ended(self, last: int | None = None) -> dict[int, tuple[Round, int]]:
        """The rounds up to ``last`` that have no row, each with when the next one began (ms)."""
        rounds = self._rounds.every()
        return {
            each.number: (each, after.began_ms)
            for each, after in pairwise(rounds)
            if each.archived_ms is None and after.began_ms is not None and (last is None or each.number <= last)
        }

    def _waiting(self, last: int) -> Iterator[int]:
        """By shard, the records that have not been counted and may be of a round up to ``last``."""
        found = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :checkpoint",
            ExpressionAttributeValues={":checkpoint": {"S": CHECKPOINT}},
            ConsistentRead=True,
        )
        reached = {item["sk"]["S"]: item["sequence"]["S"].lstrip("0") for page in found for item in page["Items"]}
        for page in self._kinesis.get_paginator("list_shards").paginate(StreamName=self._stream):
            for shard in page["Shards"]:
                records = self._after(shard["ShardId"], reached.get(shard["ShardId"]))
                yield sum(_may_be_of(record["Data"], last) for record in records)

    def _after(self, shard: str, sequence: str | None) -> Iterator[Any]:
        """What is on a shard now after a record, or all of it."""
        start: Any = {"ShardIteratorType": "TRIM_HORIZON"}
        if sequence is not None:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": sequence}
        iterator: str | None = self._kinesis.get_shard_iterator(StreamName=self._stream, ShardId=shard, **start)[
            "ShardIterator"
        ]
        while iterator:
            page = self._kinesis.get_records(ShardIterator=iterator)
            yield from page["Records"]
            iterator = page.get("NextShardIterator") if page["MillisBehindLatest"] else None

    def _write(self, ended: Round, ended_ms: int, now_ms: int) -> Round:
        row = {
            "round": ended.number,
            "began_at": None if ended.began_ms is None else iso(ended.began_ms),
            "ended_at": iso(ended_ms),
            "votes": sum(ended.votes.values()),
            "totals": dict(ended.votes),
        }
        self._s3.put_object(
            Bucket=self._bucket, Key=f"{PREFIX}round-{ended.number:06d}.json", Body=f"{json.dumps(row)}\n".encode()
        )
        # After the row: a round without the mark is written again, the same.
        self._dynamodb.update_item(
            TableName=self._table,
            Key=totals_key(ended.number),
            UpdateExpression="SET archived_at = :now",
            ExpressionAttributeValues={":now": {"N": str(now_ms)}},
        )
        return ended


def _may_be_of(data: bytes, last: int) -> bool:
    """Whether a record may hold a vote of a round up to ``last``: whatever does not name a later one."""
    try:
        return bool(json.loads(data).get("round", FIRST_ROUND) <= last)
    except (ValueError, AttributeError, TypeError):
        return True
