"""What a mapping of a Kinesis stream may say, beyond the constraints of AWS's service model.

Rules: Lambda API reference, CreateEventSourceMapping and UpdateEventSourceMapping, and the developer guide's pages on
Kinesis. What AWS does and the local stage does not is refused, never ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.event_source_mapping.filters.event_filter import EventFilter
from aws_stage.engines.event_source_mapping.filters.event_pattern import PatternError
from aws_stage.kernel.engine import AwsError

DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
}
"""What AWS answers for a Kinesis mapping that says nothing."""

MAX_FILTERS = 5
"""Lambda's default quota ("Event filtering basics")."""
MIN_RECORD_AGE = 60

_OTHER_SOURCES = (
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "LoggingConfig",
    "ProvisionedPollerConfig",
    "Queues",
    "ScalingConfig",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
)
"""Parameters of sources other than Kinesis."""


def invalid(message: str) -> AwsError:
    """The error that Lambda answers to a value that it does not accept."""
    return AwsError("InvalidParameterValueException", message)


def check_request(request: dict[str, Any]) -> None:
    """What holds for creating and updating; raises AwsError."""
    for name in _OTHER_SOURCES:
        if request.get(name):
            raise invalid(f"{name} is not supported for event source mappings of Kinesis streams.")
    age = request.get("MaximumRecordAgeInSeconds")
    if age is not None and age != -1 and age < MIN_RECORD_AGE:
        raise invalid(f"MaximumRecordAgeInSeconds must be -1 or at least {MIN_RECORD_AGE}, not {age}.")
    metrics = (request.get("MetricsConfig") or {}).get("Metrics") or []
    if any(metric != "EventCount" for metric in metrics):
        raise invalid("MetricsConfig of a Kinesis mapping may have EventCount alone.")
    _check_filters((request.get("FilterCriteria") or {}).get("Filters") or [])


def check_start(request: dict[str, Any], now: float) -> None:
    """Where a mapping may begin; ``now`` in seconds since the epoch."""
    position, moment = request.get("StartingPosition"), request.get("StartingPositionTimestamp")
    if position is None:
        raise invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if (position == "AT_TIMESTAMP") != (moment is not None):
        raise invalid("StartingPositionTimestamp is required for StartingPosition AT_TIMESTAMP, and only for it.")
    if moment is not None and moment > now:
        raise invalid("StartingPositionTimestamp cannot be in the future.")


def check_stream(client: Any, arn: str) -> None:
    """The stream must exist, and be read without enhanced fan-out."""
    if "/consumer/" in arn:
        raise invalid("The local stage has no enhanced fan-out: name the stream, not one of its consumers.")
    try:
        client.describe_stream_summary(StreamARN=arn)
    except ClientError as error:
        raise invalid(f"Stream not found: {arn}") from error


def check_destination(client: Callable[[str], Any], config: dict[str, Any]) -> None:
    """An on-failure destination must be a standard queue, a topic or a bucket that exists."""
    if (config.get("OnSuccess") or {}).get("Destination"):
        raise invalid("OnSuccess is not supported for event source mappings.")
    arn = (config.get("OnFailure") or {}).get("Destination")
    if not arn:
        return
    parts = arn.split(":")
    service, name = parts[2] if len(parts) > 5 else "", parts[-1]
    if service not in ("sqs", "sns", "s3") or name.endswith(".fifo"):
        raise invalid(
            f"The on-failure destination {arn} is not a standard SQS queue, a standard SNS topic or a bucket."
        )
    try:
        if service == "sqs":
            client("sqs").get_queue_url(QueueName=name)
        elif service == "sns":
            client("sns").get_topic_attributes(TopicArn=arn)
        else:
            client("s3").head_bucket(Bucket=name)
    except (ClientError, BotoCoreError) as error:
        raise invalid(f"The on-failure destination {arn} cannot be reached: {error}") from error


def _check_filters(filters: list[dict[str, Any]]) -> None:
    if len(filters) > MAX_FILTERS:
        raise invalid(f"A mapping may have at most {MAX_FILTERS} filters, not {len(filters)}.")
    try:
        EventFilter.of(item["Pattern"] for item in filters if item.get("Pattern") is not None)
    except PatternError as error:
        raise invalid(f"Invalid filter pattern definition: {error}") from error
