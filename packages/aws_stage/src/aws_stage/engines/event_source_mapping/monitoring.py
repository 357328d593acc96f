"""What mappings tell CloudWatch, in ``AWS/Lambda``.

Names, meanings and dimensions: Lambda developer guide, "Types of metrics for Lambda functions": IteratorAge always, the
event counts for a mapping whose MetricsConfig asks for them.
"""

from __future__ import annotations

from aws_stage.kernel.metric_sets import MetricSets

NAMESPACE = "AWS/Lambda"
PUBLISH_SECONDS = 10.0
"""AWS publishes every minute, which is long for somebody who watches."""


class Monitor:
    """The metrics of one mapping; ``event_counts`` says whether it asks for the counts of events."""

    def __init__(self, metrics: MetricSets, mapping: str, function: str, *, event_counts: bool) -> None:
        self._metrics = metrics
        self._mapping = (("EventSourceMappingUUID", mapping),)
        self._function = (("FunctionName", function),)
        self._event_counts = event_counts

    def age(self, seconds: float) -> None:
        """How old the last record of a batch is when it is sent."""
        self._metrics.add("IteratorAge", "Milliseconds", self._function, max(0.0, seconds * 1000))

    def polled(self, events: int) -> None:
        """Events were read."""
        self._count("PolledEventCount", events)

    def filtered(self, events: int) -> None:
        """Events did not match the filters."""
        self._count("FilteredOutEventCount", events)

    def invoked(self, events: int) -> None:
        """The function was invoked with events, for the first time or again."""
        self._count("InvokedEventCount", events)

    def failed(self, events: int) -> None:
        """Events were not processed by an attempt to invoke the function with them."""
        self._count("FailedInvokeEventCount", events)

    def dropped(self, events: int) -> None:
        """Events were given up and no destination took them."""
        self._count("DroppedEventCount", events)

    def delivered(self, events: int) -> None:
        """The on-failure destination took events."""
        self._count("OnFailureDestinationDeliveredEventCount", events)

    def undeliverable(self) -> None:
        """The on-failure destination did not take a batch."""
        self._metrics.add("DestinationDeliveryFailures", "Count", self._function, 1)

    def _count(self, metric: str, events: int) -> None:
        if self._event_counts and (events or metric == "PolledEventCount"):
            self._metrics.add(metric, "Count", self._mapping, events)
