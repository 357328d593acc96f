"""PutRecord and PutRecords: check, route by hash key, append durably, answer.

Limits are those of the Kinesis API reference (PutRecords): 500 records and 10 MiB a request, 256 characters a partition
key, and the stream's own record size (1 MiB unless UpdateMaxRecordSize raised it) for data and key together.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from typing import Any

import orjson

from aws_stage.engines.kinesis.limits import ShardLimit
from aws_stage.engines.kinesis.metrics import Metrics
from aws_stage.engines.kinesis.stream import MAX_HASH_KEY, Shard, Stream, hash_of
from aws_stage.kernel.engine import AwsError

MAX_RECORDS = 500
MAX_REQUEST_BYTES = 10 * 1024 * 1024
MAX_KEY_LENGTH = 256

Record = dict[str, Any]


class Writer:
    """Appends to streams; with ``enforce_limits`` it throttles each shard as AWS does."""

    def __init__(self, metrics: Metrics, monotonic: Callable[[], float], *, enforce_limits: bool) -> None:
        self._metrics = metrics
        self._monotonic = monotonic
        self._enforce_limits = enforce_limits
        self._limits: dict[tuple[str, str], ShardLimit] = {}

    def put_record(self, stream: Stream, payload: Record, now_ms: int) -> dict[str, Any]:
        """Answer PutRecord on a locked stream."""
        size = _checked_size(stream, payload, "")
        shard = _route(stream, payload)
        if not self._admits(stream, shard, size):
            self._report(stream, [], throttled=1)
            raise AwsError("ProvisionedThroughputExceededException", _throttled(stream, shard))
        first = _append(stream, shard, [payload], [size - len(payload["PartitionKey"].encode())], now_ms)
        self._report(stream, [size], throttled=0)
        return {"ShardId": shard.shard_id, "SequenceNumber": shard.sequence_number(first), **_encryption(stream)}

    def put_records(self, stream: Stream, payload: Record, now_ms: int) -> dict[str, Any]:
        """Answer PutRecords on a locked stream; records that a shard's limit refuses are marked as failed."""
        records = payload.get("Records")
        if not isinstance(records, list) or not 1 <= len(records) <= MAX_RECORDS:
            raise AwsError(
                "ValidationException",
                "1 validation error detected: Value at 'records' failed to satisfy constraint: "
                f"Member must have length from 1 to {MAX_RECORDS}",
            )
        sizes = [_checked_size(stream, record, f"records.{i}.member.") for i, record in enumerate(records, start=1)]
        if sum(sizes) > MAX_REQUEST_BYTES:
            raise AwsError("InvalidArgumentException", "Records size exceeds 10 MB limit")
        results: list[dict[str, Any]] = [{}] * len(records)
        failed = 0
        batches: dict[str, tuple[Shard, list[int]]] = {}
        for position, record in enumerate(records):
            shard = _route(stream, record)
            if self._admits(stream, shard, sizes[position]):
                batches.setdefault(shard.shard_id, (shard, []))[1].append(position)
            else:
                failed += 1
                results[position] = {
                    "ErrorCode": "ProvisionedThroughputExceededException",
                    "ErrorMessage": _throttled(stream, shard),
                }
        throttled = failed
        for shard_id, (shard, positions) in batches.items():
            batch = [records[position] for position in positions]
            data_sizes = [sizes[p] - len(records[p]["PartitionKey"].encode()) for p in positions]
            try:
                first = _append(stream, shard, batch, data_sizes, now_ms)
            except AwsError as error:
                failed += len(positions)
                for position in positions:
                    results[position] = {"ErrorCode": "InternalFailure", "ErrorMessage": error.message}
                continue
            for ordinal, position in enumerate(positions, start=first):
                results[position] = {"SequenceNumber": shard.sequence_number(ordinal), "ShardId": shard_id}
        taken = [size for size, result in zip(sizes, results, strict=True) if "ErrorCode" not in result]
        self._report(stream, taken, throttled)
        return {"FailedRecordCount": failed, "Records": results, **_encryption(stream)}

    def _report(self, stream: Stream, taken: list[int], throttled: int) -> None:
        if taken:
            self._metrics.add(stream.name, "IncomingRecords", len(taken))
            self._metrics.add(stream.name, "IncomingBytes", sum(taken))
        self._metrics.add(stream.name, "WriteProvisionedThroughputExceeded", throttled)

    def _admits(self, stream: Stream, shard: Shard, size: int) -> bool:
        if not self._enforce_limits:
            return True
        key = (stream.arn, shard.shard_id)
        if key not in self._limits:
            self._limits[key] = ShardLimit(self._monotonic())
        return self._limits[key].admit(size, self._monotonic())


def _append(stream: Stream, shard: Shard, records: list[Record], sizes: list[int], now_ms: int) -> int:
    tail = b'","EncryptionType":"KMS"}' if stream.key_id else b'"}'

    def render(first: int, arrival_ms: int) -> tuple[list[bytes], list[int]]:
        prefix = shard.sequence_number(0)[:-27].encode()
        stamp = b'","ApproximateArrivalTimestamp":%.3f,"PartitionKey":' % (arrival_ms / 1000)
        rendered = [
            b'{"SequenceNumber":"%s%027d%s%s,"Data":"%s%s'
            % (
                prefix,
                ordinal,
                stamp,
                orjson.dumps(record["PartitionKey"]),
                record["Data"].encode(),
                tail,
            )
            for ordinal, record in enumerate(records, start=first)
        ]
        return rendered, sizes

    try:
        return stream.logs[shard.shard_id].append(now_ms, len(records), render)
    except OSError as error:
        raise AwsError("InternalFailureException", f"the record could not be written to disk: {error}", 500) from error


def _checked_size(stream: Stream, record: Record, where: str) -> int:
    """Bytes of data and partition key; raises AwsError when the record breaks a rule."""
    key, data = record.get("PartitionKey"), record.get("Data")
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value at '{where}partitionKey' failed to satisfy constraint: "
            f"Member must have length from 1 to {MAX_KEY_LENGTH}",
        )
    if not isinstance(data, str):
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value null at '{where}data' failed to satisfy constraint: "
            "Member must not be null",
        )
    try:
        size = len(binascii.a2b_base64(data, strict_mode=True)) + len(key.encode())
    except (binascii.Error, ValueError) as error:
        raise AwsError("SerializationException", f"'{where}data' is not base64") from error
    if size > stream.record_kib * 1024:
        raise AwsError(
            "InvalidArgumentException",
            f"'{where}data' and its partition key have {size} bytes; stream {stream.name} takes records of at most "
            f"{stream.record_kib} KiB (UpdateMaxRecordSize raises that to 10240).",
        )
    return size


_HASH_KEY = re.compile("0|([1-9][0-9]{0,38})")
"""The API model's pattern (HashKey): neither signs nor leading zeros nor other scripts' digits."""


def _route(stream: Stream, record: Record) -> Shard:
    explicit = record.get("ExplicitHashKey")
    if explicit is None:
        return stream.shard_for(hash_of(record["PartitionKey"]))
    if not isinstance(explicit, str) or not _HASH_KEY.fullmatch(explicit):
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{str(explicit)[:200]}' at 'explicitHashKey' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: {_HASH_KEY.pattern}",
        )
    if int(explicit) > MAX_HASH_KEY:
        raise AwsError(
            "InvalidArgumentException",
            f"Invalid ExplicitHashKey. It must be in the range [0, 2^128-1], and is {explicit}",
        )
    return stream.shard_for(int(explicit))


def _throttled(stream: Stream, shard: Shard) -> str:
    return f"Rate exceeded for shard {shard.shard_id} in stream {stream.name} under account {stream.arn.split(':')[4]}."


def _encryption(stream: Stream) -> dict[str, Any]:
    return {"EncryptionType": "KMS"} if stream.key_id else {}
