"""What the inference pipeline costs a month on AWS, estimated from its Terraform values and a workload."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from datastreamer.errors import ConfigurationError
from datastreamer.provisioning.cost import prices as p
from datastreamer.provisioning.cost.estimate import Estimate, Options
from datastreamer.provisioning.cost.stream import StreamLoad, stream_cost
from datastreamer.provisioning.cost.table import Cost, rounded

GB = 1e9
SECONDS_PER_MONTH = p.HOURS_PER_MONTH * 3600
POLLS_PER_SECOND = 1
"""How often Lambda reads a shard, and so the batches that a second has without a window: "at a base rate of once per
second" (Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams")."""
ALARMS = 12
"""Alarms that the pipeline declares without an endpoint of its own."""
FURTHER_ALARM_METRICS = 2
"""Of the alarms that watch two metrics: on failed calls, and on what the function does not read."""
ENDPOINT_ALARMS = 2
SCALING_ALARMS = 2
"""Alarms that Application Auto Scaling makes for a target that it tracks: one to grow, one to shrink."""
MAPPING_METRICS = 6
"""What metric group EventCount counts; all are billed once each has counted something."""
FUNCTION_METRICS = 6
"""What the function counts for the stack as a whole."""


@dataclass(frozen=True)
class InferenceWorkload:
    """What is sent and how long it takes. Sizes are bytes, times seconds.

    ``item_bytes`` and ``log_bytes`` (of one invocation) were measured with records of the simulated climate sensors.
    ``batch_seconds`` and ``record_seconds`` (an invocation, and each record of it) and ``call_seconds`` (of the model)
    are assumptions: a small XGBoost model. ``months`` is how long predictions have been coming, where none expires.
    """

    records_per_second: float = 100.0
    record_bytes: int = 200
    item_bytes: int = 425
    batch_seconds: float = 0.03
    record_seconds: float = 0.0005
    call_seconds: float = 0.02
    log_bytes: int = 956
    parked_reasons: int = 5
    months: int = 12

    @property
    def records_per_month(self) -> float:
        return self.records_per_second * SECONDS_PER_MONTH


ENDPOINTS: Final = {
    "instances": {"endpoint_enabled": True, "endpoint_serverless": False},
    "serverless": {"endpoint_enabled": True, "endpoint_serverless": True},
    "none": {"endpoint_enabled": False},
}
"""Ways to host the model, by the pipeline's settings for them."""


def monthly(values: Mapping[str, Any], options: Options) -> Estimate:
    """The cost of a month; see ``Monthly``."""
    workload = InferenceWorkload(
        **options.given(rate="records_per_second", record_bytes="record_bytes", months="months")
    )
    return Estimate(
        estimate_inference({**values, **ENDPOINTS[options.endpoint]}, workload),
        f"{workload.records_per_second:g} records/s of {workload.record_bytes} bytes, predictions of "
        f"{workload.months} months",
    )


def estimate_inference(values: Mapping[str, Any], workload: InferenceWorkload) -> list[Cost]:
    """The monthly cost of each part, in the order in which a record meets it.

    ``values`` are those of ``pipeline_values``. Raises ConfigurationError for a stream too small for the workload, and
    for an instance type whose price is not known here.
    """
    batches = _batches_per_second(values, workload)
    load = StreamLoad(
        workload.records_per_second, "records", workload.records_per_second, workload.record_bytes, "send less often"
    )
    return [
        stream_cost(values, load),
        _function(values, workload, batches),
        _endpoint(values, workload, batches),
        *_table(values, workload),
        _keys(values),
        _watching(values, workload, batches),
    ]


def _batches_per_second(values: Mapping[str, Any], workload: InferenceWorkload) -> float:
    """How often the function is invoked: as often as shards are read, or as batches are full, or as windows end."""
    shards: int = values["shard_count"] if values["stream_mode"] == "PROVISIONED" else 1
    window: float = values["batching_window_seconds"]
    read = shards * (1 / window if window else POLLS_PER_SECOND)
    full = workload.records_per_second / values["batch_size"]
    return float(max(full, min(read, workload.records_per_second)))


def _function(values: Mapping[str, Any], workload: InferenceWorkload, batches: float) -> Cost:
    seconds = (
        batches * SECONDS_PER_MONTH * workload.batch_seconds + workload.records_per_month * workload.record_seconds
    )
    calls = batches * SECONDS_PER_MONTH
    usd = (
        calls / 1e6 * p.LAMBDA_REQUESTS_MILLION
        + seconds * values["memory_megabytes"] / 1024 * p.LAMBDA_GB_SECOND[values["architecture"]]
    )
    each = workload.records_per_second / batches
    return Cost("Lambda", f"{calls / 1e6:,.1f} M batches of {each:,.0f}, {values['memory_megabytes']} MB", usd)


def _endpoint(values: Mapping[str, Any], workload: InferenceWorkload, batches: float) -> Cost:
    if not values["endpoint_enabled"]:
        return Cost("SageMaker", "no endpoint of the stack's own", 0.0)
    data = workload.records_per_month * workload.record_bytes / GB * p.SAGEMAKER_DATA_GB
    if values["endpoint_serverless"]:
        calls = batches * SECONDS_PER_MONTH
        gigabytes = values["serverless_memory_megabytes"] / 1024
        usd = calls * workload.call_seconds * gigabytes * p.SAGEMAKER_SERVERLESS_GB_SECOND + data
        return Cost("SageMaker, serverless", f"{calls / 1e6:,.1f} M calls, {gigabytes:g} GB", usd)
    kind, count = values["instance_type"], values["minimum_instances"]
    hourly = p.SAGEMAKER_INSTANCE_HOUR.get(kind)
    if hourly is None:
        raise ConfigurationError(
            f"the price of {kind} is not known here; known are {', '.join(p.SAGEMAKER_INSTANCE_HOUR)}. "
            "Add it to datastreamer/provisioning/cost/prices.py"
        )
    return Cost("SageMaker", f"{count} {kind}, day and night", count * p.HOURS_PER_MONTH * hourly + data)


def _table(values: Mapping[str, Any], workload: InferenceWorkload) -> list[Cost]:
    writes = workload.records_per_month * rounded(workload.item_bytes, p.DYNAMODB_WRITE_BYTES) / p.DYNAMODB_WRITE_BYTES
    days = workload.months * p.DAYS_PER_MONTH
    kept = min(days, values["ttl_days"]) if values["ttl_days"] else days
    gigabytes = workload.records_per_second * 86_400 * kept * workload.item_bytes / GB
    storage = gigabytes * (p.DYNAMODB_GB_MONTH + p.DYNAMODB_RECOVERY_GB_MONTH)
    how_long = f"of {math.ceil(kept):,} days"
    return [
        Cost("DynamoDB, writes", f"{writes / 1e6:,.0f} M units", writes / 1e6 * p.DYNAMODB_WRITES_MILLION),
        Cost("DynamoDB, storage", f"{gigabytes:,.0f} GB {how_long}, restorable", storage),
    ]


def _keys(values: Mapping[str, Any]) -> Cost:
    keys = 2 if values["stream_customer_key"] else 1
    # Kinesis asks for a data key every five minutes and shard; DynamoDB, S3 and Lambda keep theirs as long or longer.
    requests = SECONDS_PER_MONTH / 300 * (values["shard_count"] + 3)
    usd = keys * p.KMS_KEY_MONTH + requests / 10_000 * p.KMS_REQUESTS_TEN_THOUSAND
    return Cost("KMS", f"{keys} key{'s' * (keys != 1)}, {requests / 1000:,.0f} k requests", usd)


def _watching(values: Mapping[str, Any], workload: InferenceWorkload, batches: float) -> Cost:
    alarms = ALARMS
    if values["endpoint_enabled"]:
        grows = not values["endpoint_serverless"] and values["maximum_instances"] > values["minimum_instances"]
        alarms += ENDPOINT_ALARMS + (SCALING_ALARMS if grows else 0)
    metrics = MAPPING_METRICS + FUNCTION_METRICS + workload.parked_reasons
    logs = batches * SECONDS_PER_MONTH * workload.log_bytes / GB
    usd = (
        (alarms + FURTHER_ALARM_METRICS) * p.CLOUDWATCH_ALARM_MONTH
        + metrics * p.CLOUDWATCH_METRIC_MONTH
        + logs * p.CLOUDWATCH_LOGS_GB
    )
    return Cost("CloudWatch", f"{alarms} alarms, {metrics} metrics, {logs:,.1f} GB of logs", usd)
