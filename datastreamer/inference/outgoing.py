"""Records to put on a stack's stream: checked, each with the partition key that it gets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datastreamer.aws.putting import MAX_KEY_CHARS, MAX_RECORD_BYTES
from datastreamer.errors import InvalidRecordError
from datastreamer.inference.missing import STREAM, looking_for
from datastreamer.inference.record import parse_record

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient


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
