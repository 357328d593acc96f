"""Whether an alarm is in ALARM: its datapoints against its threshold, as CloudWatch judges them.

The rules are those of the CloudWatch user guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat
missing data": M breaching datapoints of the last N periods make an alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_stage.engines.cloudwatch.metric_data import Query, fetch_with, series_of
from aws_stage.engines.cloudwatch.metric_math import Series

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"

_BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


@dataclass(frozen=True)
class Verdict:
    """The state an alarm should have, and why in one sentence."""

    state: str
    reason: str


def evaluate(alarm: dict[str, Any], client: Any, now: datetime) -> Verdict | None:
    """Judge a metric alarm; None when its kind is not supported (anomaly detection)."""
    breaches = _BREACHES.get(alarm["ComparisonOperator"])
    if breaches is None or "Threshold" not in alarm:
        return None
    queries, returned, period = _queries(alarm)
    count = alarm["EvaluationPeriods"]
    current = int(now.timestamp()) // period * period
    start = datetime.fromtimestamp(current, UTC) - timedelta(seconds=period * count)
    end = datetime.fromtimestamp(current + period, UTC)
    series = series_of(queries, fetch_with(client, start, end), start, end)[returned]
    return judge(alarm, _window(series, current, period, count), breaches)


def judge(
    alarm: dict[str, Any], datapoints: Sequence[float | None], breaches: Callable[[float, float], bool]
) -> Verdict:
    """The verdict over the last periods, oldest first; None stands for a period without data."""
    wanted, threshold = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"], alarm["Threshold"]
    treatment = alarm.get("TreatMissingData") or "missing"
    present = [value for value in datapoints if value is not None]
    breaching = sum(breaches(value, threshold) for value in present)
    if treatment == "breaching":
        breaching += len(datapoints) - len(present)
    shown = ", ".join("no data" if value is None else f"{value:g}" for value in datapoints)
    against = f"of the last {len(datapoints)} datapoints [{shown}] against the threshold {threshold:g}"
    if breaching >= wanted:
        return Verdict(ALARM, f"Threshold Crossed: {breaching} {against}")
    if not present and treatment == "missing":
        return Verdict(INSUFFICIENT, f"Insufficient Data: none {against}")
    if not present and treatment == "ignore":
        return Verdict(alarm["StateValue"], alarm.get("StateReason", ""))
    return Verdict(OK, f"Threshold not crossed: {breaching} breaching {against}")


def _queries(alarm: dict[str, Any]) -> tuple[list[Query], str, int]:
    """The queries behind an alarm, the id of the one that it watches, and its period in seconds."""
    if alarm.get("Metrics"):
        queries = alarm["Metrics"]
        steps = [query["MetricStat"]["Period"] for query in queries if "MetricStat" in query]
        [returned] = [query["Id"] for query in queries if query.get("ReturnData", True)]
        return queries, returned, max(steps)
    metric = {name: alarm[name] for name in ("Namespace", "MetricName")}
    stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
    metric_stat = {"Metric": {**metric, "Dimensions": alarm["Dimensions"]}, "Period": alarm["Period"], "Stat": stat}
    return [{"Id": "watched", "MetricStat": metric_stat}], "watched", alarm["Period"]


def _window(series: Series, current: int, period: int, count: int) -> list[float | None]:
    """The last ``count`` periods: up to the one that is under way, as soon as that has data."""
    last = current if current in series else current - period
    return [series.get(last - period * back) for back in reversed(range(count))]
