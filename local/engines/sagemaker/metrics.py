"""What endpoints tell CloudWatch: metrics in ``AWS/SageMaker`` by EndpointName and VariantName, as statistic sets.

Names and units: Amazon SageMaker Developer Guide, "SageMaker AI endpoint invocation metrics".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.clock import Clock

logger = logging.getLogger("datastreamer.sagemaker")

NAMESPACE = "AWS/SageMaker"
PUBLISH_SECONDS = 10.0
"""Between two PutMetricData calls; AWS publishes every minute, which is long for somebody who watches."""
_LARGEST_PUT = 1000

Key = tuple[str, str, str, str]
"""Endpoint, variant, metric and unit."""


class Metrics:
    """Collects from any thread and publishes from one of its own."""

    def __init__(self, client: Callable[[str], Any], clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._sets: dict[Key, dict[str, float]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sagemaker-metrics", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """Publish what there is, and end."""
        self._stopping.set()
        self._thread.join()

    def invoked(
        self,
        endpoint: str,
        variant: str,
        *,
        instances: int,
        status: int,
        model_seconds: float,
        overhead_seconds: float,
    ) -> None:
        """An invocation reached the model, which answered with HTTP ``status`` (0: not at all)."""
        values = (
            ("Invocations", "Count", 1.0),
            ("InvocationsPerInstance", "Count", 1.0 / max(1, instances)),
            ("Invocation4XXErrors", "Count", float(400 <= status < 500)),
            ("Invocation5XXErrors", "Count", float(status == 0 or status >= 500)),
            ("InvocationModelErrors", "Count", float(not 200 <= status < 300)),
            ("ModelLatency", "Microseconds", model_seconds * 1e6),
            ("OverheadLatency", "Microseconds", overhead_seconds * 1e6),
        )
        with self._lock:
            for metric, unit, value in values:
                found = self._sets.get((endpoint, variant, metric, unit))
                if found is None:
                    found = {"SampleCount": 0.0, "Sum": 0.0, "Minimum": value, "Maximum": value}
                    self._sets[endpoint, variant, metric, unit] = found
                found["SampleCount"] += 1
                found["Sum"] += value
                found["Minimum"] = min(found["Minimum"], value)
                found["Maximum"] = max(found["Maximum"], value)

    def _run(self) -> None:
        while not self._stopping.wait(PUBLISH_SECONDS):
            self._publish()
        self._publish()

    def _publish(self) -> None:
        with self._lock:
            sets, self._sets = self._sets, {}
        moment = self._clock.now()
        data = [
            {
                "MetricName": metric,
                "Dimensions": [
                    {"Name": "EndpointName", "Value": endpoint},
                    {"Name": "VariantName", "Value": variant},
                ],
                "Timestamp": moment,
                "StatisticValues": statistics,
                "Unit": unit,
            }
            for (endpoint, variant, metric, unit), statistics in sets.items()
        ]
        for start in range(0, len(data), _LARGEST_PUT):
            try:
                self._client("cloudwatch").put_metric_data(
                    Namespace=NAMESPACE, MetricData=data[start : start + _LARGEST_PUT]
                )
            except (ClientError, BotoCoreError) as error:
                logger.warning("metrics could not be published: %s", error)
