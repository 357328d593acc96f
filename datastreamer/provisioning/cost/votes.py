"""What the votes pipeline costs a month on AWS, estimated from its Terraform values and a workload."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datastreamer.provisioning.cost import prices as p
from datastreamer.provisioning.cost.estimate import Estimate, Options
from datastreamer.provisioning.cost.stream import StreamLoad, stream_cost
from datastreamer.provisioning.cost.table import Cost, rounded

GB = 1e9
SECONDS_PER_MONTH = p.HOURS_PER_MONTH * 3600
UPDATES_PER_SECOND = 4
"""Batches that are counted, and updates that a browser gets, in a second at most: ``INTERVAL_MS`` in
datastreamer/votes/publishing.py."""
ALARMS = 23
"""Alarms that the pipeline declares."""
FURTHER_ALARM_METRICS = 4
"""Of the alarms that watch several: on undelivered updates, and on what the function or Firehose does not read."""
MAPPING_METRICS = 6
"""What metric group EventCount counts; all are billed once each has counted something."""
FUNCTION_METRICS = 8
"""What ``votes_aggregate`` and ``votes_publish`` count."""
CONNECTION_BYTES = 150
"""An item of the table of connections."""


@dataclass(frozen=True)
class VotesWorkload:
    """What voters do and how long it takes. Sizes are bytes, times seconds.

    ``vote_bytes`` and ``gzip_ratio`` were measured on 100,000 simulated votes. ``cast_seconds`` (of a vote),
    ``batch_seconds``, ``publish_seconds`` (waiting for a turn included), ``batch_write_units`` (a transaction's writes
    count twice), ``batch_read_units`` and ``log_bytes`` (of a vote) are assumptions. ``viewers`` are the browsers that
    are connected, on average.
    """

    votes_per_second: float = 1.0
    viewers: int = 100
    vote_bytes: int = 202
    gzip_ratio: float = 0.23
    cast_seconds: float = 0.015
    batch_seconds: float = 0.1
    publish_seconds: float = 0.3
    batch_write_units: int = 15
    batch_read_units: int = 10
    log_bytes: int = 700
    months: int = 12

    @property
    def votes_per_month(self) -> float:
        return self.votes_per_second * SECONDS_PER_MONTH

    @property
    def batches_per_month(self) -> float:
        """Also the updates that each browser gets."""
        return min(self.votes_per_second, UPDATES_PER_SECOND) * SECONDS_PER_MONTH


def monthly(values: Mapping[str, Any], options: Options) -> Estimate:
    """The cost of a month; see ``Monthly``."""
    workload = VotesWorkload(**options.given(rate="votes_per_second", viewers="viewers", months="months"))
    return Estimate(
        estimate_votes(values, workload),
        f"{workload.votes_per_second:g} votes/s, {workload.viewers:,} browsers that watch, a lake of "
        f"{workload.months} months, without CloudFront and WAF",
    )


def estimate_votes(values: Mapping[str, Any], workload: VotesWorkload) -> list[Cost]:
    """The monthly cost of each part, in the order in which a vote meets it.

    ``values`` are those of ``pipeline_values``. Raises ConfigurationError for a stream too small for the workload.
    """
    rate = workload.votes_per_second
    return [
        Cost(
            "API Gateway, REST",
            f"{workload.votes_per_month / 1e6:,.1f} M requests",
            workload.votes_per_month / 1e6 * p.API_REST_REQUESTS_MILLION,
        ),
        stream_cost(values, StreamLoad(rate, "votes", rate, workload.vote_bytes, "let fewer people vote at once")),
        _functions(values, workload),
        *_tables(workload),
        _socket(workload),
        *_lake(values, workload),
        Cost("KMS", "1 key", p.KMS_KEY_MONTH),
        _watching(workload),
    ]


def _functions(values: Mapping[str, Any], workload: VotesWorkload) -> Cost:
    calls = workload.votes_per_month + 2 * workload.batches_per_month
    seconds = workload.votes_per_month * workload.cast_seconds + workload.batches_per_month * workload.batch_seconds
    publishing = workload.batches_per_month * workload.publish_seconds
    small, large = values["memory_megabytes"], values["publish_memory_megabytes"]
    gigabyte_seconds = (seconds * small + publishing * large) / 1024
    usd = calls / 1e6 * p.LAMBDA_REQUESTS_MILLION + gigabyte_seconds * p.LAMBDA_GB_SECOND[values["architecture"]]
    return Cost("Lambda", f"{calls / 1e6:,.1f} M calls, {small} MB, and {large} MB to publish", usd)


def _tables(workload: VotesWorkload) -> list[Cost]:
    writes = workload.batches_per_month * workload.batch_write_units
    # Each update reads every connection; an eventually consistent read takes half a unit for each 4 KB.
    scan = math.ceil(workload.viewers * CONNECTION_BYTES / p.DYNAMODB_READ_BYTES) / 2
    reads = workload.batches_per_month * (workload.batch_read_units + scan)
    return [
        Cost("DynamoDB, writes", f"{writes / 1e6:,.1f} M units", writes / 1e6 * p.DYNAMODB_WRITES_MILLION),
        Cost("DynamoDB, reads", f"{reads / 1e6:,.1f} M units", reads / 1e6 * p.DYNAMODB_READS_MILLION),
    ]


def _socket(workload: VotesWorkload) -> Cost:
    messages = workload.batches_per_month * workload.viewers
    minutes = workload.viewers * SECONDS_PER_MONTH / 60
    usd = messages / 1e6 * p.API_SOCKET_MESSAGES_MILLION + minutes / 1e6 * p.API_SOCKET_MINUTES_MILLION
    return Cost("API Gateway, WebSocket", f"{messages / 1e6:,.1f} M messages", usd)


def _lake(values: Mapping[str, Any], workload: VotesWorkload) -> list[Cost]:
    delivered = rounded(workload.vote_bytes, p.FIREHOSE_RECORD_BYTES) * workload.votes_per_month / GB
    raw = workload.votes_per_month * workload.vote_bytes * workload.gzip_ratio / GB * workload.months
    objects = SECONDS_PER_MONTH / max(values["buffering_seconds"], 1)
    usd = raw * p.S3_STANDARD_GB_MONTH + objects / 1000 * p.S3_PUT_THOUSAND
    return [
        Cost("Firehose", f"{delivered:,.1f} GB, records rounded up to 5 KB", delivered * p.FIREHOSE_GB),
        Cost("S3, raw votes", f"{raw:,.1f} GB after {workload.months} months", usd),
    ]


def _watching(workload: VotesWorkload) -> Cost:
    metrics = MAPPING_METRICS + FUNCTION_METRICS
    logs = workload.votes_per_month * workload.log_bytes / GB
    usd = (
        (ALARMS + FURTHER_ALARM_METRICS) * p.CLOUDWATCH_ALARM_MONTH
        + metrics * p.CLOUDWATCH_METRIC_MONTH
        + p.CLOUDWATCH_DASHBOARD_MONTH
        + logs * p.CLOUDWATCH_LOGS_GB
    )
    return Cost("CloudWatch", f"{ALARMS} alarms, {metrics} metrics, 1 dashboard, {logs:,.1f} GB of logs", usd)
