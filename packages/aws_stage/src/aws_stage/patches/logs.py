"""CloudWatch Logs: filter patterns match what they say, metric filters count, and a query is answered or refused.

ministack takes a JSON pattern for "everything", compares terms without regard to case, keeps metric filters and does
nothing with them, and leaves out the parts of an Insights query that it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.patches.log_patterns import PatternError, compile_pattern, selected
from aws_stage.patches.replace import replace

Handler = Callable[[dict[str, Any]], Any]


def apply() -> None:
    from ministack.services import cloudwatch, cloudwatch_logs

    replace(cloudwatch_logs, "_compile_filter_pattern", compile_pattern)
    replace(cloudwatch_logs, "_subscription_pattern_matches", _matches)
    for name in ("_filter_log_events", "_put_metric_filter", "_put_subscription_filter"):
        _refusing_wrong_patterns(cloudwatch_logs, name)

    def fan_out(group: str, stream: str, events: list[dict[str, Any]]) -> Any:
        for (owner, _), metric_filter in cloudwatch_logs._metric_filters.items():
            if owner == group:
                _count(cloudwatch.record_metric, metric_filter, events)
        return original_fan_out(group, stream, events)

    original_fan_out = replace(cloudwatch_logs, "_fanout_to_subscription_filters", fan_out)

    def start_query(data: dict[str, Any]) -> Any:
        for part in cloudwatch_logs._split_insights_pipes(data.get("queryString", "")):
            if not _is_known(cloudwatch_logs, part.strip()):
                return cloudwatch_logs.error_response_json(
                    "MalformedQueryException",
                    f"The local stage does not run {part.strip()!r} of a Logs Insights query. It runs fields, filter "
                    "(= and like on @fields), sort @timestamp and limit.",
                    400,
                )
        return original_query(data)

    original_query = replace(cloudwatch_logs, "_start_query", start_query)


def _matches(pattern: str | None, message: str | None) -> bool:
    return compile_pattern(pattern or "")(message or "")


def _refusing_wrong_patterns(cloudwatch_logs: Any, name: str) -> None:
    def handler(data: dict[str, Any]) -> Any:
        try:
            compile_pattern(data.get("filterPattern") or "")
        except PatternError as error:
            return cloudwatch_logs.error_response_json(
                "InvalidParameterException", f"Invalid filter pattern: {error}", 400
            )
        return original(data)

    original: Handler = replace(cloudwatch_logs, name, handler)


def _count(record: Callable[..., None], metric_filter: Mapping[str, Any], events: list[dict[str, Any]]) -> None:
    matches = compile_pattern(metric_filter.get("filterPattern") or "")
    matched = [event["message"] for event in events if matches(event.get("message") or "")]
    for transformation in metric_filter["metricTransformations"]:
        raw = str(transformation["metricValue"])
        values = [selected(message, raw) if raw.startswith("$") else float(raw) for message in matched]
        if not matched and transformation.get("defaultValue") is not None:
            values = [float(transformation["defaultValue"])]
        for value in values:
            if value is not None:
                name, namespace = transformation["metricName"], transformation["metricNamespace"]
                record(namespace, name, value, transformation.get("unit", "None"), {})


def _is_known(cloudwatch_logs: Any, part: str) -> bool:
    command = part.partition(" ")[0].lower()
    if command == "filter":
        return cloudwatch_logs._compile_insights_filter(part) is not None
    if command == "sort":
        return cloudwatch_logs._parse_insights_sort(part) is not None
    if command == "fields":
        return all(name.strip().lstrip("@").isidentifier() for name in part.partition(" ")[2].split(","))
    return command == "limit" and part.partition(" ")[2].strip().isdecimal()
