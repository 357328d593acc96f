"""CloudWatch metrics and alarms on the stage."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError

MINUTE = timedelta(minutes=1)
DIMENSIONS = [{"Name": "Stage", "Value": "local"}]


@pytest.fixture
def cloudwatch(stage: RunningStage) -> Any:
    return stage.client("cloudwatch")


def _query(namespace: str, name: str, metric: str, dimensions: Any = DIMENSIONS) -> dict[str, Any]:
    named = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": named, "Period": 60, "Stat": "Sum"}}


def test_metric_data_is_by_exact_dimensions_newest_first_and_takes_expressions(cloudwatch: Any) -> None:
    namespace = f"Test/{uuid.uuid4().hex}"
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    for minutes, read, bad in ((2, 100, 5), (1, 0, 0), (0, 50, 10)):
        data = [
            {"MetricName": metric, "Value": value, "Timestamp": now - minutes * MINUTE, "Dimensions": DIMENSIONS}
            for metric, value in (("read", read), ("bad", bad))
        ]
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    queries = [
        _query(namespace, "read", "read"),
        {**_query(namespace, "bad", "bad"), "ReturnData": False},
        _query(namespace, "without", "read", []),
        {"Id": "rate", "Expression": "IF(read > 0, 100 * bad / read, 0)", "Label": "percent"},
        {"Id": "half", "Expression": "rate / 2"},
    ]

    def ask(**more: Any) -> dict[str, tuple[list[Any], list[float]]]:
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=queries, StartTime=now - 5 * MINUTE, EndTime=now + MINUTE, **more
        )
        return {result["Id"]: (result["Timestamps"], result["Values"]) for result in answer["MetricDataResults"]}

    moments = [now, now - MINUTE, now - 2 * MINUTE]
    assert ask() == {
        "read": (moments, [50.0, 0.0, 100.0]),
        "without": ([], []),
        "rate": (moments, [20.0, 0.0, 5.0]),
        "half": (moments, [10.0, 0.0, 2.5]),
    }
    assert ask(ScanBy="TimestampAscending")["rate"] == (moments[::-1], [5.0, 0.0, 20.0])


@pytest.mark.parametrize(
    ("expression", "part"),
    [("read * nobody", "no query with that id"), ("SEARCH('x', 'y')", "SEARCH"), ("loop", "circle")],
)
def test_an_expression_that_cannot_be_evaluated_is_an_error(cloudwatch: Any, expression: str, part: str) -> None:
    queries = [_query("Test/none", "read", "read"), {"Id": "e", "Expression": expression}]
    if expression == "loop":
        queries[1:] = [{"Id": "e", "Expression": "f"}, {"Id": "f", "Expression": "e"}]
    now = datetime.now(UTC)
    with pytest.raises(ClientError, match=part):
        cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=now - MINUTE, EndTime=now)


def test_an_alarm_fires_on_its_own_dimensions_alone_and_notifies(stage: RunningStage, cloudwatch: Any) -> None:
    namespace = f"Test/{uuid.uuid4().hex}"
    sns, sqs = stage.client("sns"), stage.client("sqs")
    topic = sns.create_topic(Name="alarm-topic")["TopicArn"]
    queue = sqs.create_queue(QueueName="alarm-queue")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    for name, stage_name in (("mine", "local"), ("theirs", "prod")):
        cloudwatch.put_metric_alarm(
            AlarmName=f"{namespace}-{name}",
            Namespace=namespace,
            MetricName="Quarantined",
            Dimensions=[{"Name": "Stage", "Value": stage_name}],
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=10,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[topic],
        )
    datum = {"MetricName": "Quarantined", "Value": 11, "Dimensions": DIMENSIONS}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])

    def states() -> dict[str, str]:
        alarms = cloudwatch.describe_alarms(AlarmNamePrefix=namespace)["MetricAlarms"]
        return {alarm["AlarmName"].rpartition("-")[2]: alarm["StateValue"] for alarm in alarms}

    eventually(states, {"mine": "ALARM", "theirs": "OK"})
    [message] = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages"))
    assert f"{namespace}-mine" in message["Body"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_a_rule_that_matches_counts_its_events(stage: RunningStage, cloudwatch: Any) -> None:
    events = stage.client("events")
    events.put_rule(Name="counted", EventPattern='{"source":["test.counted"]}')
    events.put_events(
        Entries=[{"Source": f"test.{s}", "DetailType": "t", "Detail": "{}"} for s in ("counted", "other")]
    )
    now = datetime.now(UTC)
    [point] = cloudwatch.get_metric_statistics(
        Namespace="AWS/Events",
        MetricName="MatchedEvents",
        Dimensions=[{"Name": "RuleName", "Value": "counted"}],
        StartTime=now - 10 * MINUTE,
        EndTime=now + MINUTE,
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    assert point["Sum"] == 1


def test_an_alarm_on_a_percentile_fires_by_the_percentile_not_by_the_average(cloudwatch: Any) -> None:
    namespace = f"Test/{uuid.uuid4().hex}"
    cloudwatch.put_metric_alarm(
        AlarmName=namespace,
        Namespace=namespace,
        MetricName="Latency",
        ExtendedStatistic="p99",
        Period=300,
        EvaluationPeriods=1,
        Threshold=500,
        ComparisonOperator="GreaterThanThreshold",
    )
    slow = {"MetricName": "Latency", "Values": [10.0, 1000.0], "Counts": [95.0, 5.0], "Unit": "Milliseconds"}
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[slow])
    ringing = {"AlarmNames": [namespace], "StateValue": "ALARM"}
    [alarm] = eventually(lambda: cloudwatch.describe_alarms(**ringing)["MetricAlarms"])
    assert alarm["ExtendedStatistic"] == "p99"
    assert "Statistic" not in alarm
