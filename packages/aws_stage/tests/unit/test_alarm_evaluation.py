"""Whether an alarm is in ALARM."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from aws_stage.engines.cloudwatch.alarms import evaluate, judge
from aws_stage.engines.cloudwatch.engine import CloudWatchEngine
from botocore.exceptions import ClientError

NOTHING: list[float | None] = [None, None, None]


def _alarm(**settings: Any) -> dict[str, Any]:
    return {
        "AlarmName": "a",
        "Namespace": "N",
        "MetricName": "m",
        "Dimensions": [],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "StateValue": "OK",
        **settings,
    }


@pytest.mark.parametrize(
    ("datapoints", "settings", "state"),
    [
        ([11, 12, 13], {}, "ALARM"),
        ([11, 10, 13], {}, "OK"),
        ([11, 10, 13], {"DatapointsToAlarm": 2}, "ALARM"),
        ([11, None, None], {"DatapointsToAlarm": 1}, "ALARM"),
        ([11, None, 13], {}, "OK"),
        ([11, None, 13], {"TreatMissingData": "breaching"}, "ALARM"),
        ([1, None, None], {"TreatMissingData": "breaching", "DatapointsToAlarm": 2}, "ALARM"),
        (NOTHING, {}, "INSUFFICIENT_DATA"),
        (NOTHING, {"TreatMissingData": "notBreaching"}, "OK"),
        (NOTHING, {"TreatMissingData": "breaching"}, "ALARM"),
        (NOTHING, {"TreatMissingData": "ignore", "StateValue": "ALARM"}, "ALARM"),
    ],
)
def test_m_of_n_datapoints_make_an_alarm_and_missing_ones_count_as_told(
    datapoints: list[float | None], settings: dict[str, Any], state: str
) -> None:
    verdict = judge(_alarm(**settings), datapoints, lambda value, threshold: value > threshold)
    assert verdict.state == state


def _client(points: dict[int, float]) -> Any:
    """A CloudWatch that has one metric, with these sums by minute of 2026-01-01T00:00Z."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    def get_metric_statistics(**request: Any) -> dict[str, Any]:
        found = {begin.replace(minute=minute): value for minute, value in points.items()}
        return {
            "Datapoints": [
                {"Timestamp": moment, "Sum": value}
                for moment, value in found.items()
                if request["StartTime"] <= moment < request["EndTime"]
            ]
        }

    return SimpleNamespace(get_metric_statistics=get_metric_statistics)


@pytest.mark.parametrize(
    ("points", "state"),
    [
        ({2: 11, 3: 11, 4: 11}, "ALARM"),  # the minute under way has nothing yet: the three before it count
        ({2: 1, 3: 11, 4: 11, 5: 11}, "ALARM"),  # it has: it counts
        ({1: 11, 2: 11, 3: 11}, "OK"),  # the newest complete minute is missing, and one before the window
    ],
)
def test_the_window_ends_with_the_newest_period_that_can_count(points: dict[int, float], state: str) -> None:
    verdict = evaluate(_alarm(), _client(points), datetime(2026, 1, 1, 0, 5, 30, tzinfo=UTC))
    assert verdict is not None
    assert verdict.state == state


def test_an_alarm_on_an_expression_is_judged_by_it() -> None:
    metric = {"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    alarm = _alarm(
        EvaluationPeriods=1,
        Metrics=[
            {"Id": "m", "MetricStat": metric, "ReturnData": False},
            {"Id": "e", "Expression": "IF(m > 0, 100 / m, 0)", "ReturnData": True},
        ],
    )
    now = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
    assert [evaluate(alarm, _client({5: value}), now).state for value in (5, 50)] == ["ALARM", "OK"]  # type: ignore[union-attr]


def test_an_alarm_that_was_deleted_meanwhile_or_is_odd_keeps_no_other_one_from_being_judged() -> None:
    deleted, odd, other = (_alarm(AlarmName=name, TreatMissingData="breaching") for name in ("deleted", "odd", "other"))
    odd["Metrics"] = [{"Id": "nothing is returned", "ReturnData": False}]
    states: dict[str, str] = {}

    def set_alarm_state(**request: Any) -> None:
        if request["AlarmName"] == "deleted":
            raise ClientError({"Error": {"Code": "ResourceNotFound"}}, "SetAlarmState")
        states[request["AlarmName"]] = request["StateValue"]

    pages = [{"MetricAlarms": [deleted, odd, other]}]
    client = _client({})
    client.get_paginator = lambda _operation: SimpleNamespace(paginate=lambda **_request: pages)
    client.set_alarm_state = set_alarm_state
    clock = SimpleNamespace(now=lambda: datetime(2026, 1, 1, 0, 5, tzinfo=UTC))
    stage: Any = SimpleNamespace(client=lambda _service: client, clock=clock)
    CloudWatchEngine(stage).evaluate_alarms()
    assert states == {"other": "ALARM"}
