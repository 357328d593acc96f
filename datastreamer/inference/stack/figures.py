"""What CloudWatch counted lately, asked for in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


@dataclass(frozen=True)
class Metric:
    """A metric over the last ``window``: the sum of its values, or (``Maximum``) the newest one."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"
    window: timedelta = timedelta(minutes=15)


def by_minute(
    cloudwatch: CloudWatchClient, metrics: Mapping[str, Metric], now: datetime
) -> dict[str, dict[datetime, float]]:
    """The value of each minute of each metric's window that has one, newest first.

    Keys are a letter, then letters, digits and underscores.
    """
    if not metrics:
        return {}
    # Periods of a minute begin at whole minutes; the one that is going on belongs in.
    end = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    request: dict[str, Any] = {
        "MetricDataQueries": [
            {
                "Id": key,
                "MetricStat": {
                    "Metric": {
                        "Namespace": metric.namespace,
                        "MetricName": metric.name,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions.items()],
                    },
                    "Period": 60,
                    "Stat": metric.statistic,
                },
            }
            for key, metric in metrics.items()
        ],
        "StartTime": end - max(metric.window for metric in metrics.values()),
        "EndTime": end,
        "ScanBy": "TimestampDescending",
    }
    found: dict[str, dict[datetime, float]] = {key: {} for key in metrics}
    while True:
        answer = cloudwatch.get_metric_data(**request)
        for result in answer["MetricDataResults"]:
            since = end - metrics[result["Id"]].window
            points = zip(result["Timestamps"], result["Values"], strict=True)
            found[result["Id"]] |= {moment: value for moment, value in points if moment >= since}
        if "NextToken" not in answer:
            return found
        request["NextToken"] = answer["NextToken"]


def figures(cloudwatch: CloudWatchClient, metrics: Mapping[str, Metric], now: datetime) -> dict[str, float | None]:
    """The value of each metric by its key, as ``by_minute`` takes them; None: no data."""
    found: dict[str, float | None] = {}
    for key, minutes in by_minute(cloudwatch, metrics, now).items():
        values = list(minutes.values())
        newest = metrics[key].statistic == "Maximum"
        found[key] = None if not values else values[0] if newest else sum(values)
    return found
