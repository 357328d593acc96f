"""GetShardIterator and GetRecords.

An iterator is a position that the client carries, so it stays good over a restart of the stage. Limits are those of
the Kinesis API reference (GetRecords): 10,000 records and 10 MiB an answer; an iterator lives five minutes.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from aws_stage.engines.kinesis.metrics import Metrics
from aws_stage.engines.kinesis.stream import Shard, Stream
from aws_stage.kernel.engine import AwsError

MAX_RECORDS = 10_000
MAX_BYTES = 10 * 1024 * 1024
ITERATOR_MS = 5 * 60 * 1000


@dataclass(frozen=True)
class Position:
    """Where an iterator stands: the ordinal of the next record. ``created_ms`` tells a stream from its namesake."""

    stream: str
    created_ms: int
    shard_id: str
    ordinal: int
    issued_ms: int

    def token(self) -> str:
        """As the client carries it."""
        body = json.dumps(asdict(self)).encode()
        return base64.b64encode(zlib.crc32(body).to_bytes(4, "big") + body).decode()

    @classmethod
    def from_token(cls, token: object) -> Position:
        """Raises AwsError when no GetShardIterator or GetRecords of a stage gave this token."""
        try:
            raw = base64.b64decode(str(token), validate=True)
        except (binascii.Error, ValueError) as error:
            raise AwsError("InvalidArgumentException", "Invalid ShardIterator.") from error
        if zlib.crc32(raw[4:]).to_bytes(4, "big") != raw[:4]:
            raise AwsError("InvalidArgumentException", "Invalid ShardIterator.")
        return cls(**json.loads(raw[4:]))


def iterator_at(stream: Stream, payload: dict[str, Any], now_ms: int, cutoff_ms: int) -> dict[str, Any]:
    """Answer GetShardIterator on a locked stream; records that arrived before ``cutoff_ms`` are expired."""
    shard = stream.shard(str(payload.get("ShardId")))
    log = stream.logs[shard.shard_id]
    kind = payload.get("ShardIteratorType")
    if kind == "TRIM_HORIZON":
        ordinal = log.first_at(cutoff_ms)
    elif kind == "LATEST":
        ordinal = log.end
    elif kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        sequence_number = payload.get("StartingSequenceNumber")
        if not isinstance(sequence_number, str):
            raise AwsError("InvalidArgumentException", f"Must either specify {kind} with a StartingSequenceNumber.")
        ordinal = shard.ordinal_of(sequence_number) + (kind == "AFTER_SEQUENCE_NUMBER")
    elif kind == "AT_TIMESTAMP":
        ordinal = log.first_at(max(cutoff_ms, _milliseconds(payload.get("Timestamp"), now_ms)))
    else:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{kind}' at 'shardIteratorType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, "
            "AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
        )
    return {"ShardIterator": Position(stream.name, stream.created_ms, shard.shard_id, ordinal, now_ms).token()}


def records_at(
    stream: Stream, position: Position, payload: dict[str, Any], now_ms: int, cutoff_ms: int, *, metrics: Metrics
) -> dict[str, Any]:
    """Answer GetRecords on a locked stream."""
    limit = payload.get("Limit", MAX_RECORDS)
    if not isinstance(limit, int) or not 1 <= limit <= MAX_RECORDS:
        raise AwsError("InvalidArgumentException", f"Limit must be from 1 to {MAX_RECORDS}, not {limit}")
    if now_ms - position.issued_ms > ITERATOR_MS:
        raise AwsError(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created {(now_ms - position.issued_ms) // 1000} s ago; one lives "
            f"{ITERATOR_MS // 1000} s.",
        )
    if stream.created_ms != position.created_ms:
        raise AwsError("ResourceNotFoundException", f"the iterator is of an earlier stream named {stream.name}")
    shard = stream.shard(position.shard_id)
    log = stream.logs[shard.shard_id]
    start = log.kept_from(max(position.ordinal, log.first_at(cutoff_ms)))
    records = log.read(start, limit, MAX_BYTES)
    following = start + len(records)
    next_arrival = log.arrival_of(following)
    age = now_ms - (log.arrival_of(following - 1) or now_ms) if records else 0
    metrics.add(stream.name, "GetRecords.IteratorAgeMilliseconds", max(0, age))
    metrics.add(stream.name, "GetRecords.Records", len(records))
    answer: dict[str, Any] = {
        "Records": [orjson.Fragment(record) for record in records],
        # 0 says that nothing follows, so what follows is behind by something, whatever its clock said.
        "MillisBehindLatest": 0 if next_arrival is None else max(1, now_ms - next_arrival),
    }
    if shard.closed_ms is not None and following >= log.end:
        answer["ChildShards"] = _children(stream, shard)
    else:
        moved = Position(stream.name, stream.created_ms, shard.shard_id, following, now_ms)
        answer["NextShardIterator"] = moved.token()
    return answer


def _children(stream: Stream, shard: Shard) -> list[dict[str, Any]]:
    return [
        {
            "ShardId": child.shard_id,
            "ParentShards": child.parents,
            "HashKeyRange": {"StartingHashKey": str(child.starting_hash), "EndingHashKey": str(child.ending_hash)},
        }
        for child in stream.shards
        if shard.shard_id in child.parents
    ]


def _milliseconds(timestamp: object, now_ms: int) -> int:
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | float):
        raise AwsError("InvalidArgumentException", "AT_TIMESTAMP needs a Timestamp in seconds since the epoch.")
    moment = round(timestamp * 1000)
    if moment > now_ms:
        raise AwsError("InvalidArgumentException", "The timestamp of AT_TIMESTAMP cannot be in the future.")
    return moment
