"""inference_score: scores a batch of Kinesis records by an endpoint, into the predictions table.

An event may say ``"replay": true``: records that were parked once are then not parked again, and the answer also has
``failures``, one ``{"eventID", "reason", "detail"}`` for each record that is not stored now.
"""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from datastreamer.errors import UsageError
from datastreamer.inference.processing.batch import BatchReport, Processor
from datastreamer.inference.processing.connections import connect
from datastreamer.inference.processing.pacing import Budget, Clock
from datastreamer.inference.processing.settings import Settings

_warm: list[tuple[Processor, Logger, Metrics]] = []


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Score the event's Kinesis records; the sequence numbers to deliver again are in ``batchItemFailures``."""
    budget = Budget.of(context.get_remaining_time_in_millis() / 1000)
    if not _warm:
        _warm.append((connect(Settings.from_env(os.environ), budget, Clock()), Logger(), Metrics()))
    processor, logger, metrics = _warm[0]
    if "Records" not in event:
        raise UsageError("the event has no Records: this function takes events of a Kinesis event source mapping")
    replaying = event.get("replay") is True
    report = processor.process(event["Records"], budget, park=not replaying)
    _tell(report, logger, metrics, context.aws_request_id, replaying=replaying)
    batch = BatchProcessor(EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)
    with batch(event["Records"], handler=lambda record: report.settle(record.event_id)):
        batch.process()
    return {**batch.response(), "failures": report.failures()} if replaying else {**batch.response()}


def _tell(report: BatchReport, logger: Logger, metrics: Metrics, request_id: str, *, replaying: bool) -> None:
    if report.parked or report.failed:
        logger.warning("some records are not scored", extra={"function_request_id": request_id, **report.summary()})
    metrics.add_metric("RecordsScored", MetricUnit.Count, report.stored)
    metrics.add_metric("RecordsParked", MetricUnit.Count, 0 if replaying else len(report.parked))
    metrics.add_metric("RecordsFailed", MetricUnit.Count, len(report.failed))
    metrics.add_metric("EndpointRetries", MetricUnit.Count, report.retries)
    metrics.flush_metrics()
    for reason, count in {} if replaying else report.parked_by_reason.items():
        with single_metric("RecordsParked", MetricUnit.Count, count, namespace=metrics.namespace) as metric:
            metric.add_dimension("service", metrics.service)
            metric.add_dimension("Reason", reason)
