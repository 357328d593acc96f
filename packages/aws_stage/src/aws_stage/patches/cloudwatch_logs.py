"""CloudWatch Logs: ministack matches by the engine's patterns, and events become metrics where they describe some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_stage.engines.cloudwatch_logs.engine import count, matches, publish
from aws_stage.engines.cloudwatch_logs.patterns import compile_pattern
from aws_stage.patches.replace import replace, wrap

Event = dict[str, Any]


def apply() -> None:
    from ministack.services import cloudwatch, cloudwatch_logs

    replace(cloudwatch_logs, "_compile_filter_pattern", compile_pattern)
    replace(cloudwatch_logs, "_subscription_pattern_matches", matches)

    def fan_out(fan_out: Callable[..., Any], group: str, stream: str, events: list[Event]) -> Any:
        for (owner, _), metric_filter in cloudwatch_logs._metric_filters.items():
            if owner == group:
                count(cloudwatch.record_metric, metric_filter, events)
        return fan_out(group, stream, events)

    wrap(cloudwatch_logs, "_fanout_to_subscription_filters", fan_out)

    def append(append: Callable[..., None], stream: dict[str, Any], events: list[Event]) -> None:
        append(stream, events)
        publish(cloudwatch._store_datum, events)

    wrap(cloudwatch_logs, "_append_log_events", append)
