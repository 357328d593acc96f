"""What Timestream reports to CloudWatch, in ``AWS/Timestream`` by operation, database and table.

Names and meanings: developer guide, "Timestream Metrics and Dimensions".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aws_stage.kernel.clock import Clock
from aws_stage.kernel.engine import AwsError, Call, Handler
from aws_stage.kernel.metric_sets import MetricSets

NAMESPACE = "AWS/Timestream"
PUBLISH_SECONDS = 5.0
_LARGEST_USER_STATUS = 499


class Metrics:
    """Collects values from any thread; a thread of its own publishes them."""

    def __init__(self, client: Callable[[], Any], clock: Clock) -> None:
        self._clock = clock
        self._sets = MetricSets(client, clock, NAMESPACE, PUBLISH_SECONDS)
        self.start = self._sets.start
        self.stop = self._sets.stop

    def measured(self, handler: Handler) -> Handler:
        """The handler with its latency or its error counted."""

        def call(request: Call) -> dict[str, Any]:
            with self._counted(_dimensions(request)):
                return handler(request)

        return call

    @contextmanager
    def _counted(self, dimensions: tuple[tuple[str, str], ...]) -> Iterator[None]:
        started = self._clock.monotonic()
        try:
            yield
        except AwsError as error:
            user = error.status <= _LARGEST_USER_STATUS
            self._sets.add("UserErrors" if user else "SystemErrors", "Count", dimensions, 1)
            raise
        took = (self._clock.monotonic() - started) * 1000
        self._sets.add("SuccessfulRequestLatency", "Milliseconds", dimensions, took)


def _dimensions(call: Call) -> tuple[tuple[str, str], ...]:
    """Operation, and database and table where the call names them."""
    named = {"Operation": call.operation}
    named |= {name: value for name in ("DatabaseName", "TableName") if (value := call.payload.get(name))}
    return tuple(sorted(named.items()))
