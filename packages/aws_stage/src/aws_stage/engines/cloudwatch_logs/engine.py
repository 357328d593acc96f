"""What CloudWatch Logs does with the text of events; groups, streams and events themselves are ministack's.

ministack takes a JSON pattern for "everything", compares terms without regard to case, keeps metric filters and does
nothing with them, and leaves out the parts of an Insights query that it does not know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.engines.cloudwatch_logs.embedded_metrics import metrics_in
from aws_stage.engines.cloudwatch_logs.insights import unknown_part
from aws_stage.engines.cloudwatch_logs.patterns import PatternError, compile_pattern, selected
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage

Event = dict[str, Any]


class CloudWatchLogs:
    """Checks what a call asks before ministack keeps or answers it, and makes metrics of events as they come."""

    name = "cloudwatch_logs"
    owns: frozenset[str] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.operations: Mapping[tuple[str, str], Handler] = {
            ("logs", "FilterLogEvents"): self._with_pattern,
            ("logs", "PutMetricFilter"): self._with_pattern,
            ("logs", "PutSubscriptionFilter"): self._with_pattern,
            ("logs", "StartQuery"): self._start_query,
        }

    def start(self) -> None:
        """Nothing runs by itself."""

    def stop(self) -> None:
        """Nothing runs by itself."""

    def _with_pattern(self, call: Call) -> dict[str, Any]:
        try:
            compile_pattern(call.payload.get("filterPattern") or "")
        except PatternError as error:
            raise AwsError("InvalidParameterException", f"Invalid filter pattern: {error}") from error
        return self._stage.forward(call)

    def _start_query(self, call: Call) -> dict[str, Any]:
        part = unknown_part(call.payload.get("queryString", ""))
        if part is not None:
            raise AwsError(
                "MalformedQueryException",
                f"The local stage does not run {part!r} of a Logs Insights query. It runs fields, filter (= and like "
                "on @fields), sort @timestamp and limit.",
            )
        return self._stage.forward(call)


def matches(pattern: str | None, message: str | None) -> bool:
    """Whether a message matches a pattern that was accepted."""
    return compile_pattern(pattern or "")(message or "")


def count(record: Callable[..., None], metric_filter: Mapping[str, Any], events: list[Event]) -> None:
    """Give ``record(namespace, name, value, unit, dimensions)`` what a metric filter finds in events of its group."""
    found = compile_pattern(metric_filter.get("filterPattern") or "")
    matched = [event["message"] for event in events if found(event.get("message") or "")]
    for transformation in metric_filter["metricTransformations"]:
        raw = str(transformation["metricValue"])
        values = [selected(message, raw) if raw.startswith("$") else float(raw) for message in matched]
        if not matched and transformation.get("defaultValue") is not None:
            values = [float(transformation["defaultValue"])]
        for value in values:
            if value is not None:
                name, namespace = transformation["metricName"], transformation["metricNamespace"]
                record(namespace, name, value, transformation.get("unit", "None"), {})


def publish(store: Callable[..., None], events: list[Event]) -> None:
    """Give ``store``, ministack's ``_store_datum``, the metrics that events describe."""
    for datum in [datum for event in events for datum in metrics_in(event["message"])]:
        counts = {value: datum.values.count(value) for value in datum.values}
        store(
            datum.namespace,
            datum.name,
            datum.dimensions,
            datum.timestamp or time.time(),
            datum.unit,
            None,
            list(counts),
            [float(count) for count in counts.values()],
            None,
        )
