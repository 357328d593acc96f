"""What the function reports to CloudWatch: counts as metrics in its log, and a line for what is not scored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from datastreamer.scoring.batch import BatchReport
from datastreamer.scoring.calls import CallCounts
from datastreamer.taxi.prediction import Prediction


@dataclass(frozen=True)
class Reporter:
    """Writes to standard output, in CloudWatch's embedded metric format; counts are of ``stage``."""

    logger: Logger
    metrics: Metrics
    stage: str

    def report_calls(self, counted: CallCounts) -> None:
        """Report calls while their batch is under way."""
        self._count("EndpointCalls", counted.made)
        self._count("EndpointCallsFailed", counted.failures)
        self._flush_counts()
        for kind, count in counted.failed.items():
            self._count("EndpointCallsFailed", count)
            self.metrics.add_dimension("Kind", kind)
            self._flush_counts()

    def report_batch(
        self, report: BatchReport, delivered: Sequence[Prediction], counted: CallCounts, request_id: str
    ) -> None:
        """Report a batch, the predictions that were ``delivered`` of it, and its calls that were not reported yet."""
        if report.parked or report.failed or report.problem:
            self.logger.warning(
                "some trips are not scored" if report.parked or report.failed else "the thresholds have a problem",
                extra={"function_request_id": request_id, **report.summary()},
            )
        self.report_calls(counted)
        self._count("Scored", len(delivered))
        self._count("Outliers", sum(prediction.outlier for prediction in delivered))
        self._count("Parked", len(report.parked))
        self._count("Waiting", len(report.failed))
        self._flush_counts()
        for reason, count in report.parked_by_reason.items():
            self._count("Parked", count)
            self.metrics.add_dimension("Reason", reason)
            self._flush_counts()
        self._report_model(delivered)

    def _report_model(self, delivered: Sequence[Prediction]) -> None:
        """How the model does: as a whole, and each version by itself, which is how a bad one is found out."""
        if not delivered:
            return
        self._judge(delivered)
        # Without a dimension for those who watch the endpoint, and by stage where an account has several.
        self.metrics.add_dimensions(Stage=self.stage)
        self.metrics.flush_metrics()
        versions: dict[str, list[Prediction]] = defaultdict(list)
        for prediction in delivered:
            versions[prediction.model_version].append(prediction)
        for version, predictions in versions.items():
            self._judge(predictions)
            self.metrics.add_dimension("ModelVersion", version)
            self.metrics.flush_metrics()

    def _judge(self, predictions: Sequence[Prediction]) -> None:
        rate = sum(prediction.outlier for prediction in predictions) / len(predictions)
        self.metrics.add_metric("OutlierRate", MetricUnit.NoUnit, rate)
        residuals = median(abs(prediction.residual) for prediction in predictions)
        self.metrics.add_metric("MedianResidual", MetricUnit.NoUnit, residuals)

    def _count(self, name: str, count: int) -> None:
        self.metrics.add_metric(name, MetricUnit.Count, count)

    def _flush_counts(self) -> None:
        self.metrics.add_dimension("Stage", self.stage)
        self.metrics.flush_metrics()
