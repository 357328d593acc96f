"""taxi_score: asks the fare model about a batch of live trips, and puts the predictions on the delivery stream."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from datastreamer.aws.clock import Clock
from datastreamer.errors import UsageError
from datastreamer.scoring.batch import BatchScorer
from datastreamer.scoring.calls import Calls
from datastreamer.scoring.pacing import Budget
from datastreamer.taxi.prediction import Prediction
from datastreamer.taxi.scoring.connections import connect
from datastreamer.taxi.scoring.contract import Unscored
from datastreamer.taxi.scoring.delivering import DeliveryStream
from datastreamer.taxi.scoring.reporter import Reporter
from datastreamer.taxi.scoring.settings import Settings

_warm: list[tuple[BatchScorer[Unscored, Prediction], DeliveryStream, Reporter]] = []


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Score the event's Kinesis records; the sequence numbers to deliver again are in ``batchItemFailures``."""
    budget = Budget.of(context.get_remaining_time_in_millis() / 1000)
    if not _warm:
        settings = Settings.from_env(os.environ)
        reporter = Reporter(Logger(service=settings.function_name), Metrics(), settings.stage)
        _warm.append((*connect(settings, budget, Clock()), reporter))
    scorer, store, reporter = _warm[0]
    if "Records" not in event:
        raise UsageError("the event has no Records: this function takes events of a Kinesis event source mapping")
    store.delivered.clear()
    calls = Calls(scorer.clock, reporter.report_calls)
    report = scorer.process(event["Records"], budget, calls=calls)
    reporter.report_batch(report, store.delivered, calls.take(), context.aws_request_id)
    batch = BatchProcessor(EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)
    with batch(event["Records"], handler=lambda record: report.settle(record.event_id)):
        batch.process()
    return {**batch.response()}
