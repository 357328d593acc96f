"""inference_score: scores a batch of Kinesis records by an endpoint, into the predictions table.

An event may say ``"replay": true``: records that were parked once are then not parked again, and the answer also has
``failures``, one ``{"eventID", "reason", "detail"}`` for each record that is not stored now.
"""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from datastreamer.aws.clock import Clock
from datastreamer.errors import UsageError
from datastreamer.inference.processing.connections import connect
from datastreamer.inference.processing.item import Item
from datastreamer.inference.processing.reporter import Reporter
from datastreamer.inference.processing.settings import Settings
from datastreamer.scoring.batch import BatchScorer
from datastreamer.scoring.calls import Calls
from datastreamer.scoring.pacing import Budget

_warm: list[tuple[BatchScorer[Item, Item], Reporter]] = []


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Score the event's Kinesis records; the sequence numbers to deliver again are in ``batchItemFailures``."""
    budget = Budget.of(context.get_remaining_time_in_millis() / 1000)
    if not _warm:
        _warm.append((connect(Settings.from_env(os.environ), budget, Clock()), Reporter(Logger(), Metrics())))
    scorer, reporter = _warm[0]
    if "Records" not in event:
        raise UsageError("the event has no Records: this function takes events of a Kinesis event source mapping")
    replaying = event.get("replay") is True
    calls = Calls(scorer.clock, reporter.report_calls)
    report = scorer.process(event["Records"], budget, park=not replaying, calls=calls)
    reporter.report_batch(report, calls.take(), context.aws_request_id, replaying=replaying)
    batch = BatchProcessor(EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)
    with batch(event["Records"], handler=lambda record: report.settle(record.event_id)):
        batch.process()
    return {**batch.response(), "failures": report.failures()} if replaying else {**batch.response()}
