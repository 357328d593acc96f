"""Putting records on a stream: which partition key they get, and requests that bring every record home."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.errors import InvalidRecordError, RetryableError
from datastreamer.inference.missing import STREAM, looking_for
from datastreamer.inference.record import parse_record
from datastreamer.inference.wording import counted

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

MAX_RECORDS: Final = 500
"""Records of one PutRecords (API reference)."""
MAX_REQUEST_BYTES: Final = 5 * 1024 * 1024
"""Data and partition keys of one PutRecords. AWS takes 10 MiB; half of it is as fast and a retry costs less."""
MAX_RECORD_BYTES: Final = 1024 * 1024
"""Data and partition key of one record, unless UpdateMaxRecordSize raised it (developer guide, "Large records")."""
MAX_KEY_CHARS: Final = 256
ATTEMPTS: Final = 12


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to put. ``line`` is the number of the line it came from."""

    key: str
    data: bytes
    line: int = 1

    @property
    def size(self) -> int:
        return len(self.data) + len(self.key.encode())


def partition_key(identifier: str) -> str:
    """The record's id; its hash where the id is longer than a partition key may be (256 characters).

    Either way all records of one id go to one shard, in order.
    """
    return identifier if len(identifier) <= MAX_KEY_CHARS else hashlib.sha256(identifier.encode()).hexdigest()


def outgoing(data: bytes, *, line: int = 1, raw: bool = False, key: str | None = None) -> Outgoing:
    """A record of ``data``, checked against the record contract unless ``raw``.

    The key is ``key``, else the record's id, else (a raw record without one) the hash of the data.
    Raises InvalidRecordError.
    """
    try:
        found = parse_record(data)
        key = key or partition_key(found.id)
    except InvalidRecordError:
        if not raw:
            raise
        key = key or hashlib.sha256(data).hexdigest()
    record = Outgoing(key, data, line)
    if not 0 < len(key) <= MAX_KEY_CHARS:
        raise InvalidRecordError("invalid_partition_key", f"a partition key has 1 to {MAX_KEY_CHARS} characters")
    if record.size > MAX_RECORD_BYTES:
        raise InvalidRecordError(
            "record_too_large", f"{record.size:,} bytes with its key; a stream takes {MAX_RECORD_BYTES:,}"
        )
    return record


def put_record(kinesis: KinesisClient, stream: str, record: Outgoing) -> tuple[str, str]:
    """-> shard id, sequence number. Raises ConfigurationError when there is no such stream."""
    with looking_for(STREAM, stream, kinesis):
        stored = kinesis.put_record(StreamName=stream, Data=record.data, PartitionKey=record.key)
    return stored.get("ShardId", ""), stored.get("SequenceNumber", "")


def batches(records: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """``records`` in their order, in lists that one request takes."""
    batch: list[Outgoing] = []
    size = 0
    for record in records:
        if batch and (len(batch) == MAX_RECORDS or size + record.size > MAX_REQUEST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += record.size
    if batch:
        yield batch


@dataclass
class Batch:
    """One request's records on their way. ``retried`` counts records sent again, ``waiting`` those not yet stored."""

    waiting: list[Outgoing]
    stored: int = 0
    retried: int = 0
    shards: set[str] = field(default_factory=set)


def put_batch(kinesis: KinesisClient, stream: str, batch: Batch, backoff: Backoff, clock: Clock) -> None:
    """Put every record of ``batch``; what Kinesis refuses for now is put again, the rest is not.

    Raises RetryableError when some are refused still after 12 attempts; ``batch`` tells which.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            batch.retried += len(batch.waiting)
            clock.sleep(backoff.delay(attempt))
        with looking_for(STREAM, stream, kinesis):
            answer = kinesis.put_records(
                StreamName=stream,
                Records=[{"Data": record.data, "PartitionKey": record.key} for record in batch.waiting],
            )
        # A dry run's answer holds nothing: then every record counts as put.
        results = answer.get("Records") or [{} for _ in batch.waiting]
        refused = [
            (record, result) for record, result in zip(batch.waiting, results, strict=True) if "ErrorCode" in result
        ]
        batch.shards |= {result["ShardId"] for result in results if result.get("ShardId")}
        batch.stored += len(batch.waiting) - len(refused)
        batch.waiting = [record for record, _ in refused]
        if not refused:
            return
    code, message = refused[0][1]["ErrorCode"], refused[0][1].get("ErrorMessage", "")
    raise RetryableError(
        f"stream {stream} refuses {counted(len(batch.waiting), 'record')} after {ATTEMPTS} attempts: {code}: "
        f"{message.rstrip('.')}. Has it enough shards? One takes 1,000 records and 1 MB a second"
    )
