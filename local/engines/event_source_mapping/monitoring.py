"""What mappings tell CloudWatch, in ``AWS/Lambda``, as one statistic set a metric and interval.

Names, meanings and dimensions: Lambda developer guide, "Types of metrics for Lambda functions": IteratorAge always, the
event counts for a mapping whose MetricsConfig asks for them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.clock import Clock

logger = logging.getLogger("datastreamer.event_source_mapping")

NAMESPACE = "AWS/Lambda"
PUBLISH_SECONDS = 10.0
"""AWS publishes every minute, which is long for somebody who watches."""

Dimension = tuple[str, str]


class Metrics:
    """Collects values from any thread; a thread of its own publishes them."""

    def __init__(self, client: Callable[[], Any], clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._sets: dict[tuple[str, str, Dimension], dict[str, float]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="esm-metrics", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """Publish what is left and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def add(self, metric: str, unit: str, dimension: Dimension, value: float) -> None:
        """Count one value."""
        with self._lock:
            found = self._sets.get((metric, unit, dimension))
            if found is None:
                found = {"SampleCount": 0, "Sum": 0, "Minimum": value, "Maximum": value}
                self._sets[metric, unit, dimension] = found
            found["SampleCount"] += 1
            found["Sum"] += value
            found["Minimum"] = min(found["Minimum"], value)
            found["Maximum"] = max(found["Maximum"], value)

    def publish(self) -> None:
        """Publish what was counted since the last time; what cannot be published is dropped, with a warning."""
        with self._lock:
            sets, self._sets = self._sets, {}
        now = self._clock.now()
        data = [
            {
                "MetricName": metric,
                "Dimensions": [{"Name": dimension[0], "Value": dimension[1]}],
                "Timestamp": now,
                "StatisticValues": values,
                "Unit": unit,
            }
            for (metric, unit, dimension), values in sets.items()
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


class Monitor:
    """The metrics of one mapping; ``event_counts`` says whether it asks for the counts of events."""

    def __init__(self, metrics: Metrics, mapping: str, function: str, *, event_counts: bool) -> None:
        self._metrics = metrics
        self._mapping = ("EventSourceMappingUUID", mapping)
        self._function = ("FunctionName", function)
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
