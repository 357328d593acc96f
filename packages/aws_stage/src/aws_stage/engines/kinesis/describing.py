"""DescribeStream, DescribeStreamSummary, ListShards and ListStreams: what clients and Terraform see of a stream."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from aws_stage.engines.kinesis.stream import Shard, Stream
from aws_stage.kernel.engine import AwsError
from aws_stage.storage.segments.log import SegmentedLog


def describe(stream: Stream, payload: dict[str, Any]) -> dict[str, Any]:
    """Answer DescribeStream."""
    limit, after = payload.get("Limit", 100), payload.get("ExclusiveStartShardId") or ""
    shards = [shard for shard in stream.shards if shard.shard_id > after]
    description = {
        **_settings(stream),
        "Shards": [_shard(shard, stream.logs[shard.shard_id]) for shard in shards[:limit]],
        "HasMoreShards": len(shards) > limit,
    }
    return {"StreamDescription": description}


def summarise(stream: Stream) -> dict[str, Any]:
    """Answer DescribeStreamSummary."""
    summary = {
        **_settings(stream),
        "OpenShardCount": len(stream.open_shards),
        "ConsumerCount": 0,
        "MaxRecordSizeInKiB": stream.record_kib,
    }
    return {"StreamDescriptionSummary": summary}


def list_shards(stream: Stream, payload: dict[str, Any], cutoff_ms: int) -> dict[str, Any]:
    """Answer ListShards for a request that names its stream (a NextToken has been turned into such a request)."""
    limit = min(payload.get("MaxResults", 1000), 1000)
    after = payload.get("ExclusiveStartShardId") or ""
    shards = [s for s in _filtered(stream, payload.get("ShardFilter"), cutoff_ms) if s.shard_id > after]
    answer: dict[str, Any] = {"Shards": [_shard(shard, stream.logs[shard.shard_id]) for shard in shards[:limit]]}
    if len(shards) > limit:
        answer["NextToken"] = _token({**payload, "StreamName": stream.name, "After": shards[limit - 1].shard_id})
    return answer


def continued(payload: dict[str, Any]) -> dict[str, Any]:
    """The ListShards request that a NextToken continues; other requests as they are."""
    if "NextToken" not in payload:
        return payload
    try:
        request: dict[str, Any] = json.loads(base64.b64decode(str(payload["NextToken"]), validate=True))
        return {**request, "ExclusiveStartShardId": request.pop("After"), **_page_size(payload)}
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AwsError("InvalidArgumentException", "NextToken is invalid.") from error


def list_streams(streams: list[Stream], payload: dict[str, Any]) -> dict[str, Any]:
    """Answer ListStreams."""
    limit = payload.get("Limit", 100)
    after = payload.get("NextToken") or payload.get("ExclusiveStartStreamName") or ""
    following = [stream for stream in streams if stream.name > after]
    page = following[:limit]
    answer: dict[str, Any] = {
        "StreamNames": [stream.name for stream in page],
        "HasMoreStreams": len(following) > limit,
        "StreamSummaries": [
            {
                "StreamName": stream.name,
                "StreamARN": stream.arn,
                "StreamStatus": "ACTIVE",
                "StreamModeDetails": _mode(stream),
                "StreamCreationTimestamp": stream.created_ms / 1000,
            }
            for stream in page
        ],
    }
    if answer["HasMoreStreams"]:
        answer["NextToken"] = page[-1].name
    return answer


def _settings(stream: Stream) -> dict[str, Any]:
    settings = {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": _mode(stream),
        "RetentionPeriodHours": stream.retention_hours,
        "StreamCreationTimestamp": stream.created_ms / 1000,
        "EnhancedMonitoring": [{"ShardLevelMetrics": stream.metrics}],
        "EncryptionType": stream.encryption,
    }
    return {**settings, "KeyId": stream.key_id} if stream.key_id else settings


def _mode(stream: Stream) -> dict[str, str]:
    return {"StreamMode": "ON_DEMAND" if stream.on_demand else "PROVISIONED"}


def _shard(shard: Shard, log: SegmentedLog) -> dict[str, Any]:
    sequence = {"StartingSequenceNumber": shard.sequence_number(0)}
    if shard.closed_ms is not None:
        sequence["EndingSequenceNumber"] = shard.sequence_number(log.end - 1)
    description: dict[str, Any] = {
        "ShardId": shard.shard_id,
        "HashKeyRange": {"StartingHashKey": str(shard.starting_hash), "EndingHashKey": str(shard.ending_hash)},
        "SequenceNumberRange": sequence,
    }
    return description | dict(zip(("ParentShardId", "AdjacentParentShardId"), shard.parents, strict=False))


def _filtered(stream: Stream, wanted: dict[str, Any] | None, cutoff_ms: int) -> list[Shard]:
    kind = (wanted or {}).get("Type", "FROM_TRIM_HORIZON")
    shards = stream.shards
    if kind == "AT_LATEST":
        return [shard for shard in shards if shard.closed_ms is None]
    if kind == "AFTER_SHARD_ID":
        return [shard for shard in shards if shard.shard_id > str((wanted or {}).get("ShardId"))]
    if kind == "FROM_TRIM_HORIZON":
        return list(shards)
    if kind not in ("AT_TRIM_HORIZON", "AT_TIMESTAMP", "FROM_TIMESTAMP"):
        raise AwsError("InvalidArgumentException", f"ShardFilter type {kind} is unknown.")
    moment = cutoff_ms
    if kind != "AT_TRIM_HORIZON":
        timestamp = (wanted or {}).get("Timestamp")
        if not isinstance(timestamp, int | float):
            raise AwsError("InvalidArgumentException", f"ShardFilter {kind} needs a Timestamp.")
        moment = max(cutoff_ms, round(timestamp * 1000))
    lives_on = [shard for shard in shards if shard.closed_ms is None or shard.closed_ms >= moment]
    if kind == "FROM_TIMESTAMP":
        return lives_on
    first = min(shard.created_ms for shard in shards)
    return [shard for shard in lives_on if shard.created_ms <= max(moment, first)]


def _page_size(payload: dict[str, Any]) -> dict[str, Any]:
    return {"MaxResults": payload["MaxResults"]} if "MaxResults" in payload else {}


def _token(request: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(request).encode()).decode()
