"""The settings of a stream that calls change: retention, encryption, metrics, mode, record size, tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.engines.kinesis.stream import DEFAULT_RETENTION_HOURS, SHARD_METRICS, Stream
from aws_stage.kernel.engine import AwsError

MAX_RETENTION_HOURS = 8760
"""365 days (Kinesis API reference, IncreaseStreamRetentionPeriod)."""

MAX_TAGS = 50
MANAGED_KEY = "alias/aws/kinesis"

Payload = dict[str, Any]


def increase_retention(stream: Stream, payload: Payload) -> None:
    """Answer IncreaseStreamRetentionPeriod; the same period again is accepted, as AWS does."""
    hours = _hours(payload)
    if hours < stream.retention_hours:
        raise AwsError(
            "InvalidArgumentException",
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be shorter than existing "
            f"retention period ({stream.retention_hours} hours). Use DecreaseRetentionPeriod API.",
        )
    stream.retention_hours = hours


def decrease_retention(stream: Stream, payload: Payload) -> None:
    """Answer DecreaseStreamRetentionPeriod; the same period again is accepted, as AWS does."""
    hours = _hours(payload)
    if hours > stream.retention_hours:
        raise AwsError(
            "InvalidArgumentException",
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be longer than existing "
            f"retention period ({stream.retention_hours} hours). Use IncreaseRetentionPeriod API.",
        )
    stream.retention_hours = hours


def start_encryption(stream: Stream, payload: Payload, kms: Callable[[], Any]) -> None:
    """Answer StartStreamEncryption; ``kms`` gives a client, asked whether the key can be used."""
    key_id = payload.get("KeyId")
    if payload.get("EncryptionType") != "KMS" or not isinstance(key_id, str) or not key_id:
        raise AwsError("InvalidArgumentException", "EncryptionType KMS and a KeyId are required.")
    if not key_id.endswith(MANAGED_KEY):
        _check_key(key_id, kms())
    stream.key_id = key_id


def stop_encryption(stream: Stream) -> None:
    """Answer StopStreamEncryption."""
    stream.key_id = None


def enable_monitoring(stream: Stream, payload: Payload) -> dict[str, Any]:
    """Answer EnableEnhancedMonitoring."""
    wanted = _metrics(payload)
    return _change_metrics(stream, [m for m in SHARD_METRICS if m in stream.metrics or m in wanted])


def disable_monitoring(stream: Stream, payload: Payload) -> dict[str, Any]:
    """Answer DisableEnhancedMonitoring."""
    unwanted = _metrics(payload)
    return _change_metrics(stream, [metric for metric in stream.metrics if metric not in unwanted])


def update_mode(stream: Stream, payload: Payload) -> None:
    """Answer UpdateStreamMode."""
    stream.on_demand = is_on_demand(payload)


def is_on_demand(payload: Payload) -> bool:
    """What ``StreamModeDetails`` asks for; provisioned when it is not there."""
    mode = (payload.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED")
    if mode not in ("PROVISIONED", "ON_DEMAND"):
        raise AwsError("ValidationException", f"StreamMode must be PROVISIONED or ON_DEMAND, not {mode}")
    return bool(mode == "ON_DEMAND")


def record_kib(size: object) -> int:
    """A valid ``MaxRecordSizeInKiB`` (1024 to 10240: Kinesis API reference, UpdateMaxRecordSize)."""
    if not isinstance(size, int) or not 1024 <= size <= 10240:
        raise AwsError("ValidationException", f"MaxRecordSizeInKiB must be from 1024 to 10240, not {size}")
    return size


def add_tags(stream: Stream, tags: object) -> None:
    """Answer AddTagsToStream and TagResource."""
    if not isinstance(tags, dict) or not all(isinstance(v, str) for v in tags.values()):
        raise AwsError("ValidationException", "Tags must be a map of strings")
    merged = {**stream.tags, **tags}
    if len(merged) > MAX_TAGS:
        raise AwsError("LimitExceededException", f"A stream has at most {MAX_TAGS} tags.")
    stream.tags = merged


def remove_tags(stream: Stream, keys: object) -> None:
    """Answer RemoveTagsFromStream and UntagResource."""
    if not isinstance(keys, list):
        raise AwsError("ValidationException", "TagKeys must be a list")
    stream.tags = {key: value for key, value in stream.tags.items() if key not in keys}


def list_tags(stream: Stream, payload: Payload) -> dict[str, Any]:
    """Answer ListTagsForStream."""
    limit, after = payload.get("Limit", MAX_TAGS), payload.get("ExclusiveStartTagKey") or ""
    following = [(key, value) for key, value in sorted(stream.tags.items()) if key > after]
    return {
        "Tags": [{"Key": key, "Value": value} for key, value in following[:limit]],
        "HasMoreTags": len(following) > limit,
    }


def _hours(payload: Payload) -> int:
    hours = payload.get("RetentionPeriodHours")
    if not isinstance(hours, int) or not DEFAULT_RETENTION_HOURS <= hours <= MAX_RETENTION_HOURS:
        raise AwsError(
            "InvalidArgumentException",
            f"RetentionPeriodHours must be from {DEFAULT_RETENTION_HOURS} to {MAX_RETENTION_HOURS}, not {hours}",
        )
    return hours


def _metrics(payload: Payload) -> set[str]:
    wanted = set(payload.get("ShardLevelMetrics") or [])
    unknown = wanted - {*SHARD_METRICS, "ALL"}
    if unknown or not wanted:
        raise AwsError("ValidationException", f"ShardLevelMetrics must be of {', '.join(SHARD_METRICS)} or ALL")
    return set(SHARD_METRICS) if "ALL" in wanted else wanted


def _change_metrics(stream: Stream, metrics: list[str]) -> dict[str, Any]:
    before, stream.metrics = stream.metrics, metrics
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": before,
        "DesiredShardLevelMetrics": metrics,
    }


def _check_key(key_id: str, kms: Any) -> None:
    from botocore.exceptions import ClientError

    try:
        state = kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]
    except ClientError as error:
        raise AwsError("KMSNotFoundException", f"KMS key {key_id} was not found: {error}") from error
    if state != "Enabled":
        code = "KMSDisabledException" if state == "Disabled" else "KMSInvalidStateException"
        raise AwsError(code, f"KMS key {key_id} is {state}")
