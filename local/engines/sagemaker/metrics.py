"""What endpoints tell CloudWatch: metrics in ``AWS/SageMaker`` by EndpointName and VariantName, as statistic sets.

Names and units: Amazon SageMaker Developer Guide, "SageMaker AI endpoint invocation metrics".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.clock import Clock
from local.metric_sets import MetricSets

NAMESPACE = "AWS/SageMaker"
PUBLISH_SECONDS = 10.0
"""Between two PutMetricData calls; AWS publishes every minute, which is long for somebody who watches."""


class Metrics:
    """Collects from any thread and publishes from one of its own."""

    def __init__(self, client: Callable[[str], Any], clock: Clock) -> None:
        self._sets = MetricSets(lambda: client("cloudwatch"), clock, NAMESPACE, PUBLISH_SECONDS)
        self.start = self._sets.start
        self.stop = self._sets.stop

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
        dimensions = (("EndpointName", endpoint), ("VariantName", variant))
        for metric, unit, value in values:
            self._sets.add(metric, unit, dimensions, value)
