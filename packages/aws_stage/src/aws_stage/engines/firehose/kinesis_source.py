"""Reads every shard of a Kinesis data stream, following reshards."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.firehose.records import Checkpoints, Record
from aws_stage.kernel.clock import Clock

logger = logging.getLogger("aws_stage.firehose")

IDLE_DELAYS = (0.2, 0.3, 0.5, 0.7, 1.0)
"""Seconds between reads of a shard that had nothing to give, growing."""
READ_BYTES = 4 * 1024 * 1024
"""What one GetRecords aims at: enough to be cheap, little enough not to hold the stage's event loop for long."""
ROUND_BYTES = 4 * READ_BYTES
"""What one round over all shards stops at; the shards that were left out come first in the next."""
MAX_RECORDS = 10_000
SHARD_LIST_INTERVAL = 30.0
_PARENTS = ("ParentShardId", "AdjacentParentShardId")
_FIRST = "@"
"""Marks a checkpoint at the first record of a shard, of which none is delivered yet; alone, at its oldest record."""


@dataclass
class _Shard:
    id: str
    parents: tuple[str, ...]
    position: str | None
    first: str | None = None
    since: float | None = None
    iterator: str | None = None
    ended: bool = False
    limit: int = 1000
    idle: int = 0
    due: float = 0.0
    behind: float = field(default=0.0)


class KinesisSource:
    """One reader of one stream.

    ``checkpoints`` hold the shards' delivered positions; a shard without one starts at ``start``: at the moment
    (seconds since the epoch) at which the delivery stream was created, or with None at ``TRIM_HORIZON``. A moment is
    trusted only until a shard's first record is read, and not for a shard that comes later: ``began`` is told the
    checkpoints to keep then, for the clock may be set before the stream is read anew. A shard is read only after its
    parents have been read to their ends, so that a partition key's records stay in order. ``throttled`` is called when
    Kinesis refuses a read for its rate.
    """

    def __init__(
        self,
        client: Any,
        clock: Clock,
        stream_arn: str,
        checkpoints: Checkpoints,
        start: float | None,
        *,
        began: Callable[[Checkpoints], None] = lambda _: None,
        throttled: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._arn = stream_arn
        self._checkpoints = dict(checkpoints)
        self._start = start
        self._began = began
        self._throttled = throttled
        self._shards: dict[str, _Shard] = {}
        self._listed = float("-inf")
        self._followed = False

    def read(self, *, at_once: bool = False) -> list[Record]:
        """One GetRecords of every shard that is due.

        Raises botocore's errors when nothing could be read; what other shards gave before an error is not lost by it.
        """
        now = self._clock.monotonic()
        if now - self._listed >= SHARD_LIST_INTERVAL:
            self._list_shards(now)
        records: list[Record] = []
        for shard in sorted(self._shards.values(), key=lambda shard: shard.due):
            if sum(len(record.data) for record in records) >= ROUND_BYTES:
                break
            if not shard.ended and (at_once or shard.due <= now) and self._parents_ended(shard):
                try:
                    records += self._read_shard(shard, now)
                except (ClientError, BotoCoreError) as error:
                    if not records:
                        raise
                    logger.warning("%s: %s", shard.id, error)
                    break
        if any(shard.ended for shard in self._shards.values()) and not self._open_shards():
            self._listed = float("-inf")
        return records

    def delay(self) -> float | None:
        """Until the first shard is due."""
        now = self._clock.monotonic()
        due = [shard.due for shard in self._open_shards()]
        return max(0.0, min(due, default=now + IDLE_DELAYS[-1]) - now)

    def delivered(self, checkpoints: Checkpoints) -> None:
        """Nothing to do: Kinesis forgets by itself."""

    def behind(self) -> float | None:
        return max((shard.behind for shard in self._open_shards()), default=0.0)

    def _open_shards(self) -> list[_Shard]:
        return [shard for shard in self._shards.values() if not shard.ended and self._parents_ended(shard)]

    def _parents_ended(self, shard: _Shard) -> bool:
        return all(self._shards[parent].ended for parent in shard.parents if parent in self._shards)

    def _list_shards(self, now: float) -> None:
        request: dict[str, Any] = {"StreamARN": self._arn}
        listed: dict[str, tuple[str, ...]] = {}
        while True:
            page = self._client.list_shards(**request)
            for item in page["Shards"]:
                listed[item["ShardId"]] = tuple(item[name] for name in _PARENTS if name in item)
            if "NextToken" not in page:
                break
            request = {"NextToken": page["NextToken"]}
        for shard_id in self._shards.keys() - listed.keys():
            del self._shards[shard_id]
        added = sorted(listed.keys() - self._shards.keys())
        if self._start is not None and self._followed:
            later = {shard_id: _FIRST for shard_id in added if shard_id not in self._checkpoints}
            if later:
                self._began(later)
                self._checkpoints |= later
        for shard_id in added:
            self._shards[shard_id] = self._shard(shard_id, listed[shard_id])
        self._listed, self._followed = now, True

    def _shard(self, shard_id: str, parents: tuple[str, ...]) -> _Shard:
        kept = self._checkpoints.get(shard_id)
        if kept is not None and kept.startswith(_FIRST):
            return _Shard(shard_id, parents, None, first=kept.removeprefix(_FIRST))
        return _Shard(shard_id, parents, kept)

    def _read_shard(self, shard: _Shard, now: float) -> list[Record]:
        try:
            if shard.iterator is None:
                shard.iterator = self._client.get_shard_iterator(**self._iterator_request(shard))["ShardIterator"]
            moment = self._clock.now().timestamp()
            answer = self._client.get_records(ShardIterator=shard.iterator, Limit=shard.limit)
        except ClientError as error:
            return self._recover(shard, error, now)
        records = [
            Record(
                item["Data"],
                item["ApproximateArrivalTimestamp"].timestamp(),
                shard.id,
                item["SequenceNumber"],
                item["PartitionKey"],
            )
            for item in answer["Records"]
        ]
        if records and self._start is not None and shard.position is None and shard.first is None:
            self._began({shard.id: _FIRST + records[0].position})
            shard.first = records[0].position
        shard.iterator = answer.get("NextShardIterator")
        shard.since = moment
        shard.behind = answer.get("MillisBehindLatest", 0) / 1000
        if shard.iterator is None:
            shard.ended = True
            self._listed = float("-inf")
        if records:
            shard.position = records[-1].position
            size = sum(len(record.data) for record in records)
            shard.limit = min(MAX_RECORDS, max(1, READ_BYTES * len(records) // max(1, size)))
            shard.idle, shard.due = 0, now
        else:
            shard.due = now + IDLE_DELAYS[min(shard.idle, len(IDLE_DELAYS) - 1)]
            shard.idle += 1
        return records

    def _iterator_request(self, shard: _Shard) -> dict[str, Any]:
        request: dict[str, Any] = {"StreamARN": self._arn, "ShardId": shard.id}
        if shard.position is not None:
            return {**request, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": shard.position}
        if self._start is None or shard.first == "":
            return {**request, "ShardIteratorType": "TRIM_HORIZON"}
        if shard.first is not None:
            return {**request, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": shard.first}
        # Kinesis refuses a moment that is still to come, as it is for a clock that was set back since. Everything up to
        # the last reading has been read, by the clock of then.
        present = math.floor(self._clock.now().timestamp() * 1000) / 1000
        moment = min(self._start, present, self._start if shard.since is None else shard.since)
        return {**request, "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": moment}

    def _recover(self, shard: _Shard, error: ClientError, now: float) -> list[Record]:
        """Go on after an error that reading again, or a newer list of shards, cures; raise any other."""
        code = error.response["Error"]["Code"]
        shard.iterator = None
        shard.due = now + IDLE_DELAYS[0]
        if code == "ResourceNotFoundException":
            self._list_shards(now)
            return []
        if code == "InvalidArgumentException" and (place := shard.position or shard.first) is not None:
            logger.warning("%s: %s is not of this shard: the stream was made anew", shard.id, place)
            shard.position = shard.first = None
            self._start = None
            return []
        if code == "ProvisionedThroughputExceededException":
            self._throttled()
            return []
        if code == "ExpiredIteratorException":
            return []
        raise error
