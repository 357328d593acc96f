"""Functions of a few lines, for tests that run them on a stage."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from textwrap import dedent
from typing import Any

from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually


def zipped(source: str, **files: str) -> bytes:
    """A deployment package with ``handler.py`` and other files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in {"handler.py": dedent(source), **files}.items():
            archive.writestr(name, text)
    return content.getvalue()


def create(stage: RunningStage, source: str, **settings: Any) -> str:
    """A function of a new name, once it is active."""
    functions = stage.client("lambda")
    name = f"function-{uuid.uuid4().hex[:8]}"
    functions.create_function(
        **{
            "FunctionName": name,
            "Runtime": "python3.11",
            "Role": "arn:aws:iam::000000000000:role/function",
            "Handler": "handler.handler",
            "Code": {"ZipFile": zipped(source)},
            "Timeout": 60,
            **settings,
        }
    )
    settle(stage, name)
    return name


def settle(stage: RunningStage, name: str) -> None:
    """Wait until the function is active and its last update done."""

    def states() -> tuple[str, str]:
        found = stage.client("lambda").get_function_configuration(FunctionName=name)
        return found["State"], found["LastUpdateStatus"]

    eventually(states, ("Active", "Successful"))


def invoke(stage: RunningStage, name: str, event: object = None, **request: Any) -> Any:
    """The function's answer; raises AssertionError with the error that it ended with."""
    answer = stage.client("lambda", attempts=1).invoke(FunctionName=name, Payload=json.dumps(event), **request)
    content = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, content
    return content


def fail(stage: RunningStage, name: str, event: object = None) -> dict[str, Any]:
    """The error that the function ends with."""
    answer = stage.client("lambda", attempts=1).invoke(FunctionName=name, Payload=json.dumps(event))
    error: dict[str, Any] = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled", error
    return error


def logged(stage: RunningStage, name: str) -> dict[str, list[str]]:
    """What the function printed, by log stream."""
    logs, group = stage.client("logs"), f"/aws/lambda/{name}"
    return {
        stream["logStreamName"]: [
            event["message"]
            for event in logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]
    }


def metric(
    stage: RunningStage, namespace: str, name: str, dimensions: dict[str, str], statistic: str = "Sum"
) -> float | None:
    """Sum, SampleCount or Maximum of a metric over the last half hour; None when there are no datapoints."""
    points = stage.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=time.time() - 1800,
        EndTime=time.time() + 1800,
        Period=86_400,
        Statistics=[statistic],
    )["Datapoints"]
    values: list[float] = [point[statistic] for point in points]  # two when the day has turned in between
    if not values:
        return None
    return max(values) if statistic == "Maximum" else sum(values)
