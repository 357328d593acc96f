"""Reads one shard, from a kept position or from where the mapping starts."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.event_source_mapping.invocation import StageCalls
from aws_stage.engines.event_source_mapping.records import Record
from aws_stage.kernel.clock import Clock

logger = logging.getLogger("aws_stage.event_source_mapping")

MAX_RECORDS = 10_000


class ReadError(Exception):
    """The shard could not be read now; ``str`` is AWS's error code and message."""


@dataclass(frozen=True)
class Start:
    """Where a shard without a kept position begins: at ``timestamp`` (seconds since the epoch), or with None at the
    oldest record."""

    timestamp: float | None = None


@dataclass(frozen=True)
class Kept:
    """Where a shard goes on: after a record that is processed, or at the first one that is not; with neither, at the
    oldest record, since the shard is younger than the mapping."""

    after: str | None = None
    at: str | None = None


@dataclass(frozen=True)
class Reading:
    """``behind`` says whether more was there already; ``ended`` that no record will ever follow."""

    records: list[Record]
    behind: bool
    ended: bool


class ShardReader:
    """Not safe between threads."""

    def __init__(
        self,
        client: Any,
        calls: StageCalls,
        shard: Mapping[str, str],
        start: Start,
        kept: Kept | None = None,
        *,
        clock: Clock,
    ) -> None:
        """``shard`` is ``StreamARN`` and ``ShardId``."""
        self._client = client
        self._clock = clock
        self._calls = calls
        self._shard = shard
        self._start = start
        self._kept = kept
        self._iterator: str | None = None
        self._ordinal = 0

    def read(self) -> Reading:
        """What comes next; raises ReadError, and HTTPError when the stage does not answer."""
        if self._iterator is None:
            self._iterator = self._new_iterator()
        status, answer = self._calls.get_records(self._iterator, MAX_RECORDS)
        if status != 200:
            self._iterator = None
            if answer.get("__type") == "ExpiredIteratorException":
                return Reading([], behind=True, ended=False)
            raise ReadError(f"{answer.get('__type')}: {answer.get('message')}")
        items = answer["Records"]
        records = [
            Record(
                ordinal,
                item["SequenceNumber"],
                item["PartitionKey"],
                item["Data"],
                item["ApproximateArrivalTimestamp"],
            )
            for ordinal, item in enumerate(items, self._ordinal)
        ]
        if records:
            self._ordinal += len(records)
            self._kept = Kept(after=records[-1].sequence_number)
        self._iterator = answer.get("NextShardIterator")
        return Reading(records, behind=answer["MillisBehindLatest"] > 0, ended=self._iterator is None)

    def _new_iterator(self) -> str:
        try:
            iterator: str = self._client.get_shard_iterator(**self._shard, **self._place())["ShardIterator"]
        except ClientError as error:
            details = error.response["Error"]
            raise ReadError(f"{details['Code']}: {details.get('Message', '')}") from error
        return iterator

    def _place(self) -> dict[str, Any]:
        if self._kept is not None and self._kept.after is not None:
            return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": self._kept.after}
        if self._kept is not None and self._kept.at is not None:
            return {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": self._kept.at}
        if self._kept is None and self._start.timestamp is not None:
            # Kinesis refuses a moment that is still to come, as it is for a clock that was set back since.
            present = math.floor(self._clock.now().timestamp() * 1000) / 1000
            return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": min(self._start.timestamp, present)}
        return {"ShardIteratorType": "TRIM_HORIZON"}
