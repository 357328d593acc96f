"""What endpoints tell CloudWatch: metrics in ``AWS/SageMaker`` by EndpointName and VariantName.

Names and units: Amazon SageMaker Developer Guide, "SageMaker AI endpoint invocation metrics". They come a second time
with EndpointConfigName, so that an alarm can watch the new fleet alone ("Auto-Rollback Configuration and Monitoring").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.kernel.clock import Clock
from aws_stage.kernel.metric_sets import MetricSets

NAMESPACE = "AWS/SageMaker"
PUBLISH_SECONDS = 10.0
"""Between two PutMetricData calls; AWS publishes every minute, which is long for somebody who watches."""


class Metrics:
    """Takes invocations from any thread."""

    def __init__(self, client: Callable[[str], Any], clock: Clock) -> None:
        self._sets = MetricSets(lambda: client("cloudwatch"), clock, NAMESPACE, PUBLISH_SECONDS)

    def start(self) -> None:
        """Begin to publish."""
        self._sets.start()

    def stop(self) -> None:
        """Publish what there is, and end."""
        self._sets.stop()

    def invoked(
        self,
        endpoint: str,
        variant: str,
        *,
        config: str,
        instances: int,
        status: int,
        model_seconds: float,
        overhead_seconds: float,
    ) -> None:
        """An invocation reached the model, which answered with HTTP ``status`` (0: not at all)."""
        both = (("EndpointName", endpoint), ("VariantName", variant))
        of_one_fleet = (*both, ("EndpointConfigName", config))
        for metric, unit, value in (
            ("Invocations", "Count", 1.0),
            ("InvocationsPerInstance", "Count", 1.0 / max(1, instances)),
            ("Invocation4XXErrors", "Count", float(400 <= status < 500)),
            ("Invocation5XXErrors", "Count", float(status == 0 or status >= 500)),
            ("InvocationModelErrors", "Count", float(not 200 <= status < 300)),
            ("ModelLatency", "Microseconds", model_seconds * 1e6),
            ("OverheadLatency", "Microseconds", overhead_seconds * 1e6),
        ):
            for dimensions in (both, of_one_fleet):
                self._sets.add(metric, unit, dimensions, value)
