"""What the function reports to CloudWatch: counts as metrics in its log, and a line for what is not scored."""

from __future__ import annotations

from dataclasses import dataclass

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric

from datastreamer.scoring.batch import BatchReport
from datastreamer.scoring.calls import CallCounts


@dataclass(frozen=True)
class Reporter:
    """Writes to standard output, in CloudWatch's embedded metric format."""

    logger: Logger
    metrics: Metrics

    def report_calls(self, counted: CallCounts) -> None:
        """Report calls while their batch is under way."""
        self._add(counted)
        self.metrics.flush_metrics()
        self._kinds(counted)

    def report_batch(self, report: BatchReport, counted: CallCounts, request_id: str, *, replaying: bool) -> None:
        """Report a batch, and its calls that were not reported yet.

        Replayed and rescored records were counted when they were parked or first scored.
        """
        if report.parked or report.failed or report.problem:
            self.logger.warning(
                "some records are not scored" if report.parked or report.failed else "some predictions name no model",
                extra={"function_request_id": request_id, **report.summary()},
            )
        self._count("RecordsScored", 0 if replaying else report.settled)
        self._count("RecordsParked", 0 if replaying else len(report.parked))
        self._count("RecordsFailed", len(report.failed))
        self._count("EndpointRetries", report.retries)
        if report.unnamed:
            self._count("PredictionsWithoutModel", report.unnamed)
        self._add(counted)
        self.metrics.flush_metrics()
        self._kinds(counted)
        for reason, count in {} if replaying else report.parked_by_reason.items():
            self._count_by("RecordsParked", "Reason", reason, count)

    def _add(self, counted: CallCounts) -> None:
        self._count("EndpointCalls", counted.made)
        self._count("EndpointCallsFailed", counted.failures)

    def _kinds(self, counted: CallCounts) -> None:
        for kind, count in counted.failed.items():
            self._count_by("EndpointCallsFailed", "Kind", kind, count)

    def _count(self, name: str, count: int) -> None:
        self.metrics.add_metric(name, MetricUnit.Count, count)

    def _count_by(self, name: str, dimension: str, value: str, count: int) -> None:
        with single_metric(name, MetricUnit.Count, count, namespace=self.metrics.namespace) as metric:
            metric.add_dimension("service", self.metrics.service)
            metric.add_dimension(dimension, value)
