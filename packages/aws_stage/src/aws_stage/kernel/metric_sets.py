"""Metrics of the stage's engines: values are gathered into statistic sets, and published some seconds apart.

Publishing never stands in the way of the work: what CloudWatch does not take now is put again with what comes next.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.kernel.clock import Clock
from aws_stage.kernel.metric_backlog import Backlog
from aws_stage.kernel.periodic import Periodic

logger = logging.getLogger("aws_stage.metrics")

_LARGEST_PUT = 1000
"""Metrics of one PutMetricData call (CloudWatch API reference)."""

Dimensions = tuple[tuple[str, str], ...]


class MetricSets:
    """Gathers from any thread; a thread of its own publishes in ``namespace`` every ``seconds``."""

    def __init__(self, client: Callable[[], Any], clock: Clock, namespace: str, seconds: float) -> None:
        self._client = client
        self._clock = clock
        self._namespace = namespace
        self._lock = threading.Lock()
        self._sets: dict[tuple[str, str, Dimensions], dict[str, float]] = {}
        self._backlog: Backlog[dict[str, Any]] = Backlog(namespace)
        self._publishing = Periodic(self.publish, seconds, f"metrics-{namespace}", at_end=True)

    def start(self) -> None:
        """Begin to publish."""
        self._publishing.start()

    def stop(self) -> None:
        """Publish what is left and end."""
        self._publishing.stop()

    def add(self, metric: str, unit: str, dimensions: Dimensions, value: float) -> None:
        """Count one value."""
        with self._lock:
            found = self._sets.get((metric, unit, dimensions))
            if found is None:
                found = {"SampleCount": 0, "Sum": 0, "Minimum": value, "Maximum": value}
                self._sets[metric, unit, dimensions] = found
            found["SampleCount"] += 1
            found["Sum"] += value
            found["Minimum"] = min(found["Minimum"], value)
            found["Maximum"] = max(found["Maximum"], value)

    def publish(self) -> None:
        """Publish what was gathered since the last time."""
        with self._lock:
            sets, self._sets = self._sets, {}
        now = self._clock.now()
        data = [
            {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
                "Timestamp": now,
                "StatisticValues": statistics,
                "Unit": unit,
            }
            for (metric, unit, dimensions), statistics in sets.items()
        ]

        def send(batch: Sequence[dict[str, Any]]) -> None:
            self._client().put_metric_data(Namespace=self._namespace, MetricData=list(batch))

        try:
            self._backlog.put(data, send, _LARGEST_PUT)
        except (ClientError, BotoCoreError) as error:
            logger.warning("metrics of %s could not be published, and wait: %s", self._namespace, error)
