"""What a stream is: its settings and its shards, as documents in the engine's store and as objects in memory."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from dataclasses import asdict, dataclass, field
from typing import Any

from aws_stage.kernel.engine import AwsError
from aws_stage.storage.segments.log import SegmentedLog

MAX_HASH_KEY = 2**128 - 1
DEFAULT_RETENTION_HOURS = 24
DEFAULT_RECORD_KIB = 1024
ON_DEMAND_SHARDS = 4
"""A new on-demand stream has 4 shards: 4 MB/s (Kinesis developer guide, "Quotas and limits")."""

SHARD_METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)

_SEQUENCE = re.compile(r"49(\d{15})(\d{12})(\d{27})")


@dataclass
class Shard:
    """A range of hash keys. ``closed_ms``: when a reshard closed it, None while it takes records."""

    index: int
    created_ms: int
    starting_hash: int
    ending_hash: int
    parents: list[str] = field(default_factory=list)
    closed_ms: int | None = None

    @property
    def shard_id(self) -> str:
        return f"shardId-{self.index:012d}"

    def sequence_number(self, ordinal: int) -> str:
        """56 digits as on AWS; grows with the ordinal within a shard, and from a parent to its children."""
        return f"49{self.created_ms:015d}{self.index:012d}{ordinal:027d}"

    def ordinal_of(self, sequence_number: str) -> int:
        """The inverse; raises AwsError for a number that this shard never gave."""
        match = _SEQUENCE.fullmatch(sequence_number)
        if match is None or int(match[1]) != self.created_ms or int(match[2]) != self.index:
            raise AwsError(
                "InvalidArgumentException",
                f"StartingSequenceNumber {sequence_number} used in GetShardIterator on shard {self.shard_id} is "
                "invalid because it did not come from this shard.",
            )
        return int(match[3])


@dataclass
class Stream:
    """A stream. ``key_id`` is set while it is encrypted. Times are ms since the epoch."""

    name: str
    arn: str
    created_ms: int
    on_demand: bool
    retention_hours: int = DEFAULT_RETENTION_HOURS
    record_kib: int = DEFAULT_RECORD_KIB
    key_id: str | None = None
    metrics: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    shards: list[Shard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logs: dict[str, SegmentedLog] = {}
        self.trim_due = float("-inf")
        self._route()

    @property
    def encryption(self) -> str:
        return "KMS" if self.key_id else "NONE"

    @property
    def open_shards(self) -> list[Shard]:
        """The shards that take records, by hash range."""
        return self._open

    def shard_for(self, hash_key: int) -> Shard:
        """The open shard whose range holds ``hash_key``."""
        return self._open[bisect_right(self._starts, hash_key) - 1]

    def shard(self, shard_id: str) -> Shard:
        """The shard, open or closed; raises AwsError when there is none."""
        for shard in self.shards:
            if shard.shard_id == shard_id:
                return shard
        raise AwsError(
            "ResourceNotFoundException",
            f"Shard {shard_id} in stream {self.name} under account {self.arn.split(':')[4]} does not exist",
        )

    def add_shard(self, now_ms: int, starting_hash: int, ending_hash: int, parents: list[Shard]) -> Shard:
        """Open a shard for a range; its creation is later than that of its parents, so sequence numbers grow."""
        index = max((shard.index for shard in self.shards), default=-1) + 1
        created = max([now_ms, *(parent.created_ms + 1 for parent in parents)])
        shard = Shard(index, created, starting_hash, ending_hash, [parent.shard_id for parent in parents])
        self.shards.append(shard)
        self._route()
        return shard

    def close_shard(self, shard: Shard, now_ms: int) -> None:
        """The shard takes no more records; what it has is read until retention ends."""
        shard.closed_ms = now_ms
        self._route()

    def forget_shard(self, shard: Shard) -> None:
        """Drop a closed shard of which retention has left nothing."""
        self.shards.remove(shard)
        self._route()

    def to_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Stream:
        shards = [Shard(**shard) for shard in document["shards"]]
        return cls(**{**document, "shards": shards})

    def _route(self) -> None:
        self._open = sorted((s for s in self.shards if s.closed_ms is None), key=lambda shard: shard.starting_hash)
        self._starts = [shard.starting_hash for shard in self._open]


def uniform_ranges(count: int) -> list[tuple[int, int]]:
    """``count`` adjacent ranges that cover every hash key."""
    width = (MAX_HASH_KEY + 1) // count
    starts = [position * width for position in range(count)]
    return list(zip(starts, [*(start - 1 for start in starts[1:]), MAX_HASH_KEY], strict=True))


def hash_of(partition_key: str) -> int:
    """The hash key of a partition key: its MD5 as an integer."""
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest())
