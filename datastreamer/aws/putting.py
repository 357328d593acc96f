"""Putting records on a Kinesis stream: what one PutRecords takes, and what its answer says of each record.

How fast to put, in which order and for how long is the caller's affair; ``put_all`` puts a batch until it is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.errors import RetryableError
from datastreamer.wording import counted

MAX_RECORDS: Final = 500
"""Records of one PutRecords (API reference)."""
MAX_REQUEST_BYTES: Final = 5 * 1024 * 1024
"""Data and partition keys of one PutRecords. AWS takes 10 MiB; half of it is as fast and a retry costs less."""
MAX_RECORD_BYTES: Final = 1024 * 1024
"""Data and partition key of one record, unless UpdateMaxRecordSize raised it (developer guide, "Large records")."""
MAX_KEY_CHARS: Final = 256
ATTEMPTS: Final = 12


class Outgoing(Protocol):
    """A record to put; ``size`` is the bytes of its data and its partition key."""

    @property
    def key(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def size(self) -> int: ...


Record = TypeVar("Record", bound=Outgoing)


class Stored(NamedTuple, Generic[Record]):
    """A record that Kinesis stored, and where."""

    record: Record
    shard_id: str
    sequence_number: str


class Refused(NamedTuple, Generic[Record]):
    """A record that Kinesis did not store, and why."""

    record: Record
    code: str
    message: str


class Answer(NamedTuple, Generic[Record]):
    """What became of each record of a request."""

    stored: list[Stored[Record]]
    refused: list[Refused[Record]]


class PutRecordsClient(Protocol):
    """The part of boto3's Kinesis client that puts records."""

    def put_records(self, *, StreamName: str, Records: Any) -> Mapping[str, Any]: ...  # noqa: N803  boto3's names


def put(client: PutRecordsClient, stream: str, records: Sequence[Record]) -> Answer[Record] | None:
    """Put ``records`` by one request; None when its answer does not say of each record what became of it.

    Raises what boto3 raises.
    """
    entries = [{"Data": record.data, "PartitionKey": record.key} for record in records]
    results = client.put_records(StreamName=stream, Records=entries)["Records"]
    if len(results) != len(records):
        return None
    stored: list[Stored[Record]] = []
    refused: list[Refused[Record]] = []
    for record, result in zip(records, results, strict=True):
        if result.get("ErrorCode"):
            refused.append(Refused(record, result["ErrorCode"], result.get("ErrorMessage", "")))
        else:
            stored.append(Stored(record, result["ShardId"], result["SequenceNumber"]))
    return Answer(stored, refused)


def batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """``records`` in their order, in lists that one request takes."""
    batch: list[Record] = []
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
class Batch(Generic[Record]):
    """One request's records on their way. ``retried`` counts records sent again, ``waiting`` those not yet stored."""

    waiting: list[Record]
    stored: int = 0
    retried: int = 0
    shards: set[str] = field(default_factory=set)


def put_all(client: PutRecordsClient, stream: str, batch: Batch[Record], backoff: Backoff, clock: Clock) -> None:
    """Put every record of ``batch``; what Kinesis refuses for now is put again, the rest is not.

    Raises RetryableError when some are refused still after 12 attempts, or when Kinesis does not say which were stored;
    ``batch`` tells which are waiting.
    """
    refused: list[Refused[Record]] = []
    for attempt in range(ATTEMPTS):
        if attempt:
            batch.retried += len(batch.waiting)
            clock.sleep(backoff.delay(attempt))
        answer = put(client, stream, batch.waiting)
        if answer is None:
            raise RetryableError(f"stream {stream} does not say which of {len(batch.waiting):,} records it stored")
        refused = answer.refused
        batch.shards |= {each.shard_id for each in answer.stored if each.shard_id}
        batch.stored += len(answer.stored)
        batch.waiting = [each.record for each in refused]
        if not refused:
            return
    raise RetryableError(
        f"stream {stream} refuses {counted(len(refused), 'record')} after {ATTEMPTS} attempts: {refused[0].code}: "
        f"{refused[0].message.rstrip('.')}. Has it enough shards? One takes 1,000 records and 1 MB a second"
    )
