"""What streams report to CloudWatch, in ``AWS/Kinesis`` by stream, as one statistic set a metric and interval.

Names and meanings: Kinesis developer guide, "Monitoring the Amazon Kinesis Data Streams Service with CloudWatch".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.kernel.clock import Clock
from aws_stage.kernel.metric_sets import MetricSets

NAMESPACE = "AWS/Kinesis"
PUBLISH_SECONDS = 5.0

_UNITS = {"Bytes": "Bytes", "Milliseconds": "Milliseconds"}


class Metrics:
    """Collects values from any thread; a thread of its own publishes them."""

    def __init__(self, client: Callable[[], Any], clock: Clock) -> None:
        self._sets = MetricSets(client, clock, NAMESPACE, PUBLISH_SECONDS)
        self.start = self._sets.start
        self.stop = self._sets.stop

    def add(self, stream: str, metric: str, value: float) -> None:
        """Count one value of a metric."""
        unit = next((unit for ending, unit in _UNITS.items() if metric.endswith(ending)), "Count")
        self._sets.add(metric, unit, (("StreamName", stream),), value)
