"""What CloudWatch counted lately, asked for in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

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


def figures(cloudwatch: CloudWatchClient, metrics: Mapping[str, Metric], now: datetime) -> dict[str, float | None]:
    """The value of each metric by its key (a letter, then letters, digits and underscores); None: no data."""
    if not metrics:
        return {}
    # Periods of a minute begin at whole minutes; the one that is going on belongs in.
    end = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
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
        StartTime=end - max(metric.window for metric in metrics.values()),
        EndTime=end,
        ScanBy="TimestampDescending",
    )
    found: dict[str, float | None] = dict.fromkeys(metrics)
    for result in answer["MetricDataResults"]:
        metric = metrics[result["Id"]]
        points = [
            value
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True)
            if moment >= end - metric.window
        ]
        if points:
            found[result["Id"]] = points[0] if metric.statistic == "Maximum" else sum(points)
    return found
