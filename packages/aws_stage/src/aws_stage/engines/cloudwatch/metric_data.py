"""GetMetricData: the metrics that queries name, and the expressions over them, by period."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aws_stage.engines.cloudwatch.metric_math import ExpressionError, Series, evaluate, identifiers
from aws_stage.kernel.engine import AwsError

MAX_QUERIES = 500
"""CloudWatch API reference, GetMetricData."""

_BASIC = frozenset({"SampleCount", "Sum", "Average", "Minimum", "Maximum"})

Query = dict[str, Any]
Fetch = Callable[[dict[str, Any]], Series]


def fetch_with(client: Any, start: datetime, end: datetime) -> Fetch:
    """Reads a MetricStat from ``start`` until before ``end`` through GetMetricStatistics."""

    def fetch(stat: dict[str, Any]) -> Series:
        name = stat["Stat"]
        wanted = {"Statistics": [name]} if name in _BASIC else {"ExtendedStatistics": [name]}
        points = client.get_metric_statistics(
            Namespace=stat["Metric"]["Namespace"],
            MetricName=stat["Metric"]["MetricName"],
            Dimensions=stat["Metric"].get("Dimensions", []),
            StartTime=start,
            EndTime=end,
            Period=stat["Period"],
            **wanted,
        )["Datapoints"]
        values = [(point, point.get(name, point.get("ExtendedStatistics", {}).get(name))) for point in points]
        return {round(point["Timestamp"].timestamp()): value for point, value in values if value is not None}

    return fetch


def series_of(queries: list[Query], fetch: Fetch, start: datetime, end: datetime) -> dict[str, Series]:
    """The series of every query, by id, expressions included.

    Raises ExpressionError for an expression that cannot be evaluated and AwsError for queries that contradict.
    """
    found: dict[str, Series] = {}
    waiting = {query["Id"]: query for query in queries}
    if len(waiting) < len(queries):
        raise AwsError("ValidationError", "The ids of the queries are not unique.")
    for name, query in waiting.items():
        if "MetricStat" in query:
            found[name] = fetch(query["MetricStat"])
    pending = [query for query in queries if "MetricStat" not in query]
    while pending:
        ready = [q for q in pending if not identifiers(q["Expression"]) & ({p["Id"] for p in pending} - {q["Id"]})]
        if not ready:
            raise AwsError("ValidationError", "The expressions of the queries refer to each other in a circle.")
        for query in ready:
            value = evaluate(query["Expression"], found, _periods(query, queries, start, end))
            if not isinstance(value, dict):
                raise ExpressionError("the result of the expression is not one metric")
            found[query["Id"]] = value
        pending = [query for query in pending if query not in ready]
    return found


def get_metric_data(payload: dict[str, Any], client: Any) -> dict[str, Any]:
    """Answer GetMetricData, newest first unless ``ScanBy`` says otherwise."""
    queries, start, end = payload.get("MetricDataQueries") or [], payload.get("StartTime"), payload.get("EndTime")
    if not isinstance(start, int | float) or not isinstance(end, int | float) or start >= end:
        raise AwsError("ValidationError", "The parameter EndTime must be greater than the parameter StartTime.")
    if not 1 <= len(queries) <= MAX_QUERIES:
        raise AwsError("ValidationError", f"MetricDataQueries must have from 1 to {MAX_QUERIES} queries.")
    first, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    try:
        found = series_of(queries, fetch_with(client, first, last), first, last)
    except ExpressionError as error:
        raise AwsError("ValidationError", f"Error in expression: {error}.") from error
    newest_first = payload.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    results = []
    for query in queries:
        if query.get("ReturnData", True):
            points = sorted(found[query["Id"]].items(), reverse=newest_first)
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label") or _label(query),
                    "Timestamps": [moment for moment, _ in points],
                    "Values": [value for _, value in points],
                    "StatusCode": "Complete",
                }
            )
    return {"MetricDataResults": results, "Messages": []}


def _label(query: Query) -> str:
    return str(query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else query["Id"])


def _periods(query: Query, queries: list[Query], start: datetime, end: datetime) -> range:
    steps = [other["MetricStat"]["Period"] for other in queries if "MetricStat" in other]
    step = query.get("Period") or min(steps, default=300)
    first = int(start.timestamp()) // step * step
    return range(first, int(end.timestamp()), step)
