"""What streams report to CloudWatch, in ``AWS/Kinesis`` by stream, as one statistic set a metric and interval.

Names and meanings: Kinesis developer guide, "Monitoring the Amazon Kinesis Data Streams Service with CloudWatch".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from local.clock import Clock

logger = logging.getLogger("datastreamer.kinesis")

NAMESPACE = "AWS/Kinesis"
PUBLISH_SECONDS = 30.0

_UNITS = {"Bytes": "Bytes", "Milliseconds": "Milliseconds"}


class Metrics:
    """Collects values from any thread; a thread of its own publishes them."""

    def __init__(self, client: Callable[[], Any], clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._sets: dict[tuple[str, str], dict[str, float]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kinesis-metrics", daemon=True)

    def add(self, stream: str, metric: str, value: float) -> None:
        """Count one value of a metric."""
        with self._lock:
            found = self._sets.get((stream, metric))
            if found is None:
                self._sets[stream, metric] = {"SampleCount": 1, "Sum": value, "Minimum": value, "Maximum": value}
                return
            found["SampleCount"] += 1
            found["Sum"] += value
            found["Minimum"] = min(found["Minimum"], value)
            found["Maximum"] = max(found["Maximum"], value)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """Publish what is left and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def publish(self) -> None:
        """Publish what was counted since the last time; what cannot be published is dropped, with a warning."""
        from botocore.exceptions import BotoCoreError, ClientError

        with self._lock:
            sets, self._sets = self._sets, {}
        now = self._clock.now()
        data = [
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "StreamName", "Value": stream}],
                "Timestamp": now,
                "StatisticValues": values,
                "Unit": next((unit for ending, unit in _UNITS.items() if metric.endswith(ending)), "Count"),
            }
            for (stream, metric), values in sets.items()
        ]
        try:
            for first in range(0, len(data), 1000):
                self._client().put_metric_data(Namespace=NAMESPACE, MetricData=data[first : first + 1000])
        except (ClientError, BotoCoreError) as error:
            logger.warning("metrics could not be published: %s", error)

    def _run(self) -> None:
        while not self._stopping.wait(PUBLISH_SECONDS):
            self.publish()
        self.publish()
