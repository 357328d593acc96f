"""Values are gathered into one statistic set a metric and published together."""

from __future__ import annotations

from typing import Any

from aws_stage.kernel.metric_sets import MetricSets
from botocore.exceptions import ClientError
from contract.side_stage import ManualClock


class CloudWatch:
    """Notes down what is put; fails as long as it is told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.put: list[dict[str, Any]] = []

    def put_metric_data(self, **request: Any) -> None:
        if self.fails:
            raise ClientError({"Error": {"Code": "InternalFailure"}}, "PutMetricData")
        self.put.append(request)


def metric_sets(cloudwatch: CloudWatch) -> MetricSets:
    return MetricSets(lambda: cloudwatch, ManualClock(), "AWS/Some", 60.0)


def test_values_of_a_metric_and_its_dimensions_become_one_statistic_set() -> None:
    cloudwatch = CloudWatch()
    sets = metric_sets(cloudwatch)
    for value in (3, 1, 2):
        sets.add("Age", "Seconds", (("Name", "a"),), value)
    sets.add("Age", "Seconds", (("Name", "b"),), 9)
    sets.publish()
    [request] = cloudwatch.put
    assert request["Namespace"] == "AWS/Some"
    found = {metric["Dimensions"][0]["Value"]: metric["StatisticValues"] for metric in request["MetricData"]}
    assert found == {
        "a": {"SampleCount": 3, "Sum": 6, "Minimum": 1, "Maximum": 3},
        "b": {"SampleCount": 1, "Sum": 9, "Minimum": 9, "Maximum": 9},
    }


def test_what_was_published_is_not_published_again() -> None:
    cloudwatch = CloudWatch()
    sets = metric_sets(cloudwatch)
    sets.add("Count", "Count", (), 1)
    sets.publish()
    sets.publish()
    assert len(cloudwatch.put) == 1


def test_stopping_publishes_what_is_left() -> None:
    cloudwatch = CloudWatch()
    sets = metric_sets(cloudwatch)
    sets.start()
    sets.add("Count", "Count", (), 1)
    sets.stop()
    assert len(cloudwatch.put) == 1


def test_more_metrics_than_one_call_takes_are_published_in_several() -> None:
    cloudwatch = CloudWatch()
    sets = metric_sets(cloudwatch)
    for number in range(1001):
        sets.add("Count", "Count", (("Number", str(number)),), 1)
    sets.publish()
    assert [len(request["MetricData"]) for request in cloudwatch.put] == [1000, 1]


def test_a_cloudwatch_that_refuses_stops_nobody() -> None:
    cloudwatch = CloudWatch(fails=True)
    sets = metric_sets(cloudwatch)
    sets.add("Count", "Count", (), 1)
    sets.publish()
    cloudwatch.fails = False
    sets.add("Count", "Count", (), 5)
    sets.publish()
    [put] = cloudwatch.put
    assert [datum["StatisticValues"]["Sum"] for datum in put["MetricData"]] == [1, 5]
