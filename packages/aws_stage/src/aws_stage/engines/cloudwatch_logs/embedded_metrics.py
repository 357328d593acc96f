"""A log line in the Embedded Metric Format becomes the metrics that it describes.

docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

MOST_DIMENSIONS = 30
MOST_METRICS = 100
MOST_VALUES = 100


class Datum(NamedTuple):
    """Values of one metric."""

    namespace: str
    name: str
    unit: str
    dimensions: dict[str, str]
    values: list[float]
    timestamp: float


def metrics_in(message: str) -> list[Datum]:
    """The metrics of a log line; none when it is not in the format, all of it."""
    if '"_aws"' not in message or '"CloudWatchMetrics"' not in message:
        return []
    try:
        document = orjson.loads(message)
        return list(_metrics(document))
    except (ValueError, TypeError, KeyError, AttributeError):
        return []  # it is only a log line, for AWS too


def _metrics(document: Mapping[str, Any]) -> Iterator[Datum]:
    about = document["_aws"]
    timestamp = float(about["Timestamp"]) / 1000
    for directive in about["CloudWatchMetrics"]:
        if len(directive["Metrics"]) > MOST_METRICS:
            raise ValueError("too many metrics")
        for names in directive["Dimensions"]:
            if len(names) > MOST_DIMENSIONS:
                raise ValueError("too many dimensions")
            dimensions = {name: _dimension(document[name]) for name in names}
            for metric in directive["Metrics"]:
                if metric["Name"] in document:  # a metric that is described and not given is left out
                    values = _values(document[metric["Name"]])
                    unit = metric.get("Unit", "None")
                    yield Datum(directive["Namespace"], metric["Name"], unit, dimensions, values, timestamp)


def _dimension(value: object) -> str:
    if isinstance(value, bool | dict | list) or value is None:
        raise TypeError("a dimension is text")
    return str(value)


def _values(value: object) -> list[float]:
    values: list[Any] = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES or any(isinstance(one, bool) or not isinstance(one, int | float) for one in values):
        raise ValueError("a metric is a number, or up to 100")
    return [float(one) for one in values]
