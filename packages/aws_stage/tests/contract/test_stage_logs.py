"""CloudWatch Logs on the stage."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.lambda_functions import create
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError


@pytest.fixture
def logs(stage: RunningStage) -> Any:
    return stage.client("logs")


@pytest.fixture
def put(logs: Any) -> tuple[str, Callable[..., None]]:
    """A log group, and a function that puts messages into it."""
    group = f"/test/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")

    def put(*messages: Any) -> None:
        texts = [message if isinstance(message, str) else json.dumps(message) for message in messages]
        events = [{"timestamp": int(time.time() * 1000), "message": text} for text in texts]
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    return group, put


def test_filtering_gives_the_events_that_match_and_refuses_what_it_cannot(
    logs: Any, put: tuple[str, Callable[..., None]]
) -> None:
    group, write = put
    write({"level": "ERROR", "n": 1}, "plain WARN line", {"level": "INFO", "n": 2})

    def found(pattern: str) -> list[str]:
        return [e["message"] for e in logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]]

    assert found('{ $.level = "ERROR" }') == ['{"level": "ERROR", "n": 1}']
    assert found("WARN") == ["plain WARN line"]
    assert len(found("")) == 3
    with pytest.raises(ClientError, match=r"InvalidParameterException.*space-delimited"):
        found("[a, b]")


def test_a_metric_filter_counts_what_matches(
    stage: RunningStage, logs: Any, put: tuple[str, Callable[..., None]]
) -> None:
    group, write = put
    namespace = f"Test/{uuid.uuid4().hex}"
    transformations = [
        {"metricName": "Errors", "metricNamespace": namespace, "metricValue": "1"},
        {"metricName": "Size", "metricNamespace": namespace, "metricValue": "$.n"},
    ]
    logs.put_metric_filter(
        logGroupName=group,
        filterName="f",
        filterPattern='{ $.level = "ERROR" }',
        metricTransformations=transformations[:1],
    )
    logs.put_metric_filter(
        logGroupName=group, filterName="g", filterPattern="", metricTransformations=transformations[1:]
    )
    write({"level": "ERROR", "n": 5}, "text", {"level": "INFO", "n": 7})

    def total(metric: str) -> float:
        points = stage.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            StartTime=time.time() - 3600,
            EndTime=time.time() + 60,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    assert (total("Errors"), total("Size")) == (1, 12)


def test_an_insights_query_is_answered_or_refused_never_cut_short(
    logs: Any, put: tuple[str, Callable[..., None]]
) -> None:
    group, write = put
    write("an ERROR", "a WARN")
    now = int(time.time())

    def start(query: str) -> str:
        answer = logs.start_query(logGroupName=group, startTime=now - 60, endTime=now + 60, queryString=query)
        query_id: str = answer["queryId"]
        return query_id

    results = logs.get_query_results(queryId=start("fields @message | filter @message like /ERR/ | limit 5"))["results"]
    assert [row[0]["value"] for row in results] == ["an ERROR"]
    for query in ("stats count(*) by level", "fields @message | filter level = 'ERROR'", "fields a, b + 1"):
        with pytest.raises(ClientError, match="MalformedQueryException"):
            start(query)


WRITES_WHAT_IT_GETS = """
    import base64, gzip, json, pathlib, uuid

    def handler(event, context):
        content = gzip.decompress(base64.b64decode(event["awslogs"]["data"]))
        messages = [each["message"] for each in json.loads(content)["logEvents"]]
        folder = pathlib.Path({folder!r})
        unfinished = folder / f"{{uuid.uuid4()}}.tmp"
        unfinished.write_text(json.dumps(messages))
        unfinished.rename(unfinished.with_suffix(".json"))
"""


def test_a_subscribed_function_gets_the_events_that_match_and_no_other(
    stage: RunningStage, logs: Any, put: tuple[str, Callable[..., None]], tmp_path: Path
) -> None:
    group, write = put
    function = create(stage, WRITES_WHAT_IT_GETS.format(folder=str(tmp_path)))
    arn = stage.client("lambda").get_function_configuration(FunctionName=function)["FunctionArn"]
    logs.put_subscription_filter(
        logGroupName=group, filterName="errors", filterPattern='{ $.level = "ERROR" }', destinationArn=arn
    )
    error = {"level": "ERROR", "n": 2}
    write({"level": "INFO", "was": "ERROR", "n": 1}, error, "level ERROR in plain text")
    found = eventually(lambda: list(tmp_path.glob("*.json")))
    assert [json.loads(path.read_text()) for path in found] == [[json.dumps(error)]]
