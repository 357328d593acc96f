"""SplitShard, MergeShards and UpdateShardCount: parents are closed and keep their records, children take new ones."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.kinesis.stream import Shard, Stream, uniform_ranges
from aws_stage.kernel.engine import AwsError


def split(stream: Stream, payload: dict[str, Any], now_ms: int) -> None:
    """Answer SplitShard on a locked stream."""
    _refuse_on_demand(stream)
    shard = _open(stream, payload.get("ShardToSplit"))
    raw = payload.get("NewStartingHashKey")
    if not isinstance(raw, str) or not raw.isdecimal() or not shard.starting_hash < int(raw) <= shard.ending_hash:
        raise AwsError(
            "InvalidArgumentException",
            f"NewStartingHashKey {raw} used in SplitShard() on shard {shard.shard_id} in stream {stream.name} is not "
            f"both greater than {shard.starting_hash} and at most {shard.ending_hash}.",
        )
    _split_at(stream, shard, int(raw), now_ms)


def merge(stream: Stream, payload: dict[str, Any], now_ms: int) -> None:
    """Answer MergeShards on a locked stream."""
    _refuse_on_demand(stream)
    first = _open(stream, payload.get("ShardToMerge"))
    second = _open(stream, payload.get("AdjacentShardToMerge"))
    low, high = sorted((first, second), key=lambda shard: shard.starting_hash)
    if low.ending_hash + 1 != high.starting_hash:
        raise AwsError(
            "InvalidArgumentException",
            f"Shards {first.shard_id} and {second.shard_id} in stream {stream.name} are not an adjacent pair of shards",
        )
    _merge(stream, first, second, now_ms)


def update_count(stream: Stream, payload: dict[str, Any], now_ms: int) -> dict[str, Any]:
    """Answer UpdateShardCount on a locked stream: splits and merges until the open shards are of equal size."""
    _refuse_on_demand(stream)
    target, current = payload.get("TargetShardCount"), len(stream.open_shards)
    if payload.get("ScalingType") != "UNIFORM_SCALING" or not isinstance(target, int) or target < 1:
        raise AwsError("InvalidArgumentException", "TargetShardCount and ScalingType UNIFORM_SCALING are required")
    if target > 2 * current or 2 * target < current:
        raise AwsError(
            "InvalidArgumentException",
            f"UpdateShardCount cannot scale {current} shards to {target}: from half to double in one call.",
        )
    for starting_hash, ending_hash in uniform_ranges(target):
        for boundary in (starting_hash, ending_hash + 1):
            across = [s for s in stream.open_shards if s.starting_hash < boundary <= s.ending_hash]
            if across:
                _split_at(stream, across[0], boundary, now_ms)
        inside = [s for s in stream.open_shards if starting_hash <= s.starting_hash and s.ending_hash <= ending_hash]
        while len(inside) > 1:
            inside[:2] = [_merge(stream, inside[0], inside[1], now_ms)]
    return {
        "StreamName": stream.name,
        "CurrentShardCount": current,
        "TargetShardCount": target,
        "StreamARN": stream.arn,
    }


def _split_at(stream: Stream, shard: Shard, boundary: int, now_ms: int) -> None:
    stream.close_shard(shard, now_ms)
    stream.add_shard(now_ms, shard.starting_hash, boundary - 1, [shard])
    stream.add_shard(now_ms, boundary, shard.ending_hash, [shard])


def _merge(stream: Stream, first: Shard, second: Shard, now_ms: int) -> Shard:
    stream.close_shard(first, now_ms)
    stream.close_shard(second, now_ms)
    low = min(first.starting_hash, second.starting_hash)
    high = max(first.ending_hash, second.ending_hash)
    return stream.add_shard(now_ms, low, high, [first, second])


def _open(stream: Stream, shard_id: object) -> Shard:
    shard = stream.shard(str(shard_id))
    if shard.closed_ms is not None:
        raise AwsError("InvalidArgumentException", f"Shard {shard_id} in stream {stream.name} is closed already")
    return shard


def _refuse_on_demand(stream: Stream) -> None:
    if stream.on_demand:
        raise AwsError(
            "ValidationException",
            f"Request is invalid. Stream {stream.name} is in On-Demand mode: AWS changes its shards.",
        )
