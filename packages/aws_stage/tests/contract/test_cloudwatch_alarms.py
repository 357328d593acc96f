"""Alarms come back from the stage as they were put, in every protocol that a client speaks."""

from __future__ import annotations

import urllib.parse
import urllib.request
from typing import Any
from xml.etree import ElementTree

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.signed_requests import signed_headers

pytestmark = pytest.mark.stage

NAMESPACE = "{http://monitoring.amazonaws.com/doc/2010-08-01/}"
TOPIC = "arn:aws:sns:ap-northeast-1:000000000000:nobody"


def query(stage: RunningStage, parameters: dict[str, str]) -> ElementTree.Element:
    """Call CloudWatch in the query protocol, as Terraform's provider does."""
    body = urllib.parse.urlencode({"Version": "2010-08-01", **parameters}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    headers = signed_headers("POST", f"{stage.endpoint_url}/", "monitoring", headers, body)
    request = urllib.request.Request(f"{stage.endpoint_url}/", data=body, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return ElementTree.fromstring(answer.read())  # noqa: S314  our own stage wrote it


def text(alarm: ElementTree.Element, path: str) -> str | None:
    return alarm.findtext("/".join(NAMESPACE + part for part in path.split("/")))


def put_by_query(stage: RunningStage, name: str, **more: str) -> ElementTree.Element:
    query(
        stage,
        {
            "Action": "PutMetricAlarm",
            "AlarmName": name,
            "AlarmDescription": "More than <five> & less",
            "ComparisonOperator": "LessThanThreshold",
            "EvaluationPeriods": "2",
            "Threshold": "5",
            "TreatMissingData": "breaching",
            "AlarmActions.member.1": TOPIC,
            "OKActions.member.1": TOPIC,
            **more,
        },
    )
    answer = query(stage, {"Action": "DescribeAlarms", "AlarmNames.member.1": name})
    alarms = answer.findall(f".//{NAMESPACE}MetricAlarms/{NAMESPACE}member")
    assert len(alarms) == 1
    return alarms[0]


def test_an_alarm_put_in_the_query_protocol_is_described_whole(stage: RunningStage) -> None:
    metric = {
        "Namespace": "AWS/Kinesis",
        "MetricName": "IncomingRecords",
        "Statistic": "SampleCount",
        "Period": "3600",
        "Dimensions.member.1.Name": "StreamName",
        "Dimensions.member.1.Value": "a-stream",
    }
    alarm = put_by_query(stage, "whole", **metric)
    assert text(alarm, "AlarmDescription") == "More than <five> & less"
    assert text(alarm, "ActionsEnabled") == "true"
    assert text(alarm, "Statistic") == "SampleCount"
    assert text(alarm, "Period") == "3600"
    assert text(alarm, "TreatMissingData") == "breaching"
    assert text(alarm, "AlarmActions/member") == TOPIC
    assert text(alarm, "OKActions/member") == TOPIC
    assert text(alarm, "Dimensions/member/Name") == "StreamName"
    assert text(alarm, "Dimensions/member/Value") == "a-stream"


def test_an_alarm_on_metric_math_keeps_its_expression(stage: RunningStage) -> None:
    math = {
        "Metrics.member.1.Id": "rate",
        "Metrics.member.1.Expression": "100 * m1",
        "Metrics.member.1.ReturnData": "true",
        "Metrics.member.2.Id": "m1",
        "Metrics.member.2.ReturnData": "false",
        "Metrics.member.2.MetricStat.Metric.Namespace": "Example/Readings",
        "Metrics.member.2.MetricStat.Metric.MetricName": "RecordsRead",
        "Metrics.member.2.MetricStat.Period": "300",
        "Metrics.member.2.MetricStat.Stat": "Sum",
    }
    alarm = put_by_query(stage, "math", **math)
    assert text(alarm, "Metrics/member/Expression") == "100 * m1"
    assert text(alarm, "Statistic") is None
    assert text(alarm, "Period") is None

    described = stage.client("cloudwatch").describe_alarms(AlarmNames=["math"])["MetricAlarms"][0]
    assert [query["ReturnData"] for query in described["Metrics"]] == [True, False]
    assert described["Metrics"][1]["MetricStat"]["Period"] == 300


def test_an_alarm_put_by_boto3_is_described_whole(stage: RunningStage) -> None:
    cloudwatch = stage.client("cloudwatch")
    alarm: dict[str, Any] = {
        "AlarmName": "by-boto3",
        "AlarmDescription": "Anything",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 1.5,
        "Namespace": "A/B",
        "MetricName": "C",
        "Statistic": "Sum",
        "Period": 60,
        "InsufficientDataActions": [TOPIC],
        "ActionsEnabled": False,
    }
    cloudwatch.put_metric_alarm(**alarm)
    described = cloudwatch.describe_alarms(AlarmNames=["by-boto3"])["MetricAlarms"][0]
    assert {name: described[name] for name in alarm} == alarm
