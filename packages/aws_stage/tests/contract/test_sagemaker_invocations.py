"""InvokeEndpoint: what it refuses, and what becomes of models that fail."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.models import SCIKIT_LEARN, Hosting, script, xgboost_archive
from aws_stage.testing.waiting import eventually
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

MISBEHAVING = """
import os, sys, time
print("the model is loaded", flush=True)
def model_fn(model_dir): return model_dir
def transform_fn(model, body, content_type, accept):
    if body == "raise": raise ValueError("no such row")
    if body == "pid": return str(os.getpid()), "text/plain"
    if body == "exit": sys.exit(7)
    if body == "die": os._exit(9)
    if body == "nan": return "nan\\n", "text/csv"
    if body.startswith("/"):
        open(body + ".begun", "w").close()
        while not os.path.exists(body): time.sleep(0.01)
    return body, "text/csv"
"""


@pytest.fixture(scope="module")
def hosting(stage: RunningStage) -> Iterator[Hosting]:
    with Hosting(stage) as hosting:
        yield hosting


@pytest.fixture(scope="module")
def endpoint(hosting: Hosting) -> str:
    return hosting.serve(script(MISBEHAVING), SCIKIT_LEARN)


def refused(hosting: Hosting, endpoint: str, body: str | bytes, **more: Any) -> dict[str, Any]:
    """The whole answer to an invocation that fails."""
    with pytest.raises(ClientError) as caught:
        hosting.invoke(endpoint, body, **more)
    response: dict[str, Any] = caught.value.response
    return response


def test_an_exception_of_the_model_is_a_model_error(hosting: Hosting, endpoint: str) -> None:
    response = refused(hosting, endpoint, "raise")
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    assert response["Error"]["Code"] == "ModelError"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == 500
    assert response["OriginalMessage"].startswith("no such row\nTraceback")
    assert response["LogStreamArn"] == f"arn:aws:logs:{REGION}:000000000000:log-group:{group}"
    assert response["Error"]["Message"].startswith('Received server error (500) from primary with message "no such row')
    assert f"logEventViewer:group={group} in account 000000000000" in response["Error"]["Message"]


def test_a_refusal_of_the_model_is_a_client_error(hosting: Hosting) -> None:
    response = refused(hosting, hosting.serve(xgboost_archive()), "1,2,3,4")
    assert response["Error"]["Code"] == "ModelError"
    assert response["OriginalStatusCode"] == 400
    assert "Received client error (400) from primary" in response["Error"]["Message"]
    assert "Feature size of inference data 4 is not consistent" in response["OriginalMessage"]


def test_nan_is_answered_as_the_model_says_it(hosting: Hosting, endpoint: str) -> None:
    assert hosting.invoke(endpoint, "nan") == "nan\n"


@pytest.mark.parametrize("how", ["exit", "die"])
def test_a_model_that_ends_its_process_is_a_model_error_and_is_started_again(
    hosting: Hosting, endpoint: str, how: str
) -> None:
    process = hosting.invoke(endpoint, "pid")
    response = refused(hosting, endpoint, how)
    assert response["Error"]["Code"] == "ModelError"
    assert response["OriginalStatusCode"] == 0
    assert "could not get a response from the" in response["OriginalMessage"]

    def outcome() -> str:
        try:
            return hosting.invoke(endpoint, "pid")
        except ClientError as error:
            return f"{error.response['Error']['Code']} {error.response['ResponseMetadata']['HTTPStatusCode']}"

    outcomes = [outcome()]
    eventually(lambda: outcomes.append(outcome()) or outcomes[-1].isdigit())
    assert process not in outcomes
    assert set(outcomes[:-1]) <= {outcomes[-1], "ServiceUnavailable 503"}


def test_a_slow_invocation_keeps_no_other_one_waiting(hosting: Hosting, endpoint: str, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(hosting.invoke, endpoint, str(gate))
        eventually(gate.with_name("gate.begun").exists)
        assert hosting.invoke(endpoint, "quick") == "quick"
        assert not slow.done()
        gate.touch()
        assert slow.result() == str(gate)


def test_a_body_may_have_six_megabytes_and_no_more(hosting: Hosting, endpoint: str) -> None:
    assert len(hosting.invoke(endpoint, b"x" * 6_291_456)) == 6_291_456
    response = refused(hosting, endpoint, b"x" * 6_291_457)
    assert response["Error"]["Code"] == "413"
    assert response["Error"]["Message"] == "HTTP content length exceeded 6291456 bytes."


def test_a_body_for_a_serverless_endpoint_may_have_four_megabytes_and_no_more(hosting: Hosting) -> None:
    echo = "def model_fn(d): return 1\ndef transform_fn(m, b, c, a): return str(len(b)), 'text/plain'\n"
    serverless = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}}
    endpoint = hosting.endpoint(hosting.config({"ModelName": hosting.model(script(echo), SCIKIT_LEARN), **serverless}))
    assert hosting.invoke(endpoint, b"x" * 4_194_304) == "4194304"
    response = refused(hosting, endpoint, b"x" * 4_194_305)
    assert response["Error"]["Message"] == "HTTP content length exceeded 4194304 bytes."


def test_an_endpoint_that_is_not_there_is_a_validation_error(hosting: Hosting) -> None:
    response = refused(hosting, "no-such-endpoint", "1")
    assert response["Error"]["Code"] == "ValidationError"
    assert response["Error"]["Message"] == "Endpoint no-such-endpoint of account 000000000000 not found."


@pytest.mark.parametrize(
    "more",
    [
        {"TargetModel": "model.tar.gz"},
        {"TargetContainerHostname": "second"},
        {"EnableExplanations": "`true`"},
        {"InferenceComponentName": "component"},
        {"SessionId": "NEW_SESSION"},
    ],
)
def test_what_is_not_done_is_refused(hosting: Hosting, endpoint: str, more: dict[str, str]) -> None:
    response = refused(hosting, endpoint, "1", **more)
    assert response["Error"]["Code"] == "ValidationError"
    assert f"({next(iter(more))})" in response["Error"]["Message"]


def test_content_types_reach_the_model_and_come_back(hosting: Hosting) -> None:
    echo = (
        "def model_fn(model_dir): return None\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    return f'{type(body).__name__} {content_type} {accept}', 'text/x-echo'\n"
    )
    endpoint = hosting.serve(script(echo), SCIKIT_LEARN)
    assert hosting.invoke(endpoint, "1", "text/csv; charset=utf-8", Accept="text/csv") == "str text/csv text/csv"
    assert hosting.invoke(endpoint, "1", "image/png") == "bytes image/png application/json"
    answer = hosting.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"1")
    assert answer["ContentType"] == "text/x-echo"
    assert answer["InvokedProductionVariant"] == "AllTraffic"


def test_what_a_model_writes_is_in_the_log_of_its_endpoint(
    hosting: Hosting, endpoint: str, stage: RunningStage
) -> None:
    logs = stage.client("logs")
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    refused(hosting, endpoint, "raise")

    def lines() -> list[str]:
        events = logs.filter_log_events(logGroupName=group)["events"]
        assert all(event["logStreamName"].startswith("AllTraffic/i-") for event in events)
        return [event["message"] for event in events]

    eventually(lambda: "the model is loaded" in lines() and "ValueError: no such row" in lines())
    logs.delete_log_group(logGroupName=group)
    refused(hosting, endpoint, "raise")
    eventually(lambda: logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])
    eventually(lambda: "ValueError: no such row" in lines())


def test_invocations_are_counted_and_timed_in_cloudwatch(hosting: Hosting, stage: RunningStage) -> None:
    cloudwatch = stage.client("cloudwatch")
    endpoint = hosting.serve(script(MISBEHAVING), SCIKIT_LEARN)
    for body in ("1", "2", "raise"):
        if body == "raise":
            refused(hosting, endpoint, body)
        else:
            hosting.invoke(endpoint, body)
    refused(hosting, hosting.serve(xgboost_archive()), "a")

    def statistics(metric: str, statistic: str) -> float | None:
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": "AllTraffic"},
            ],
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=3600 * 6,
            Statistics=[statistic],
        )["Datapoints"]
        return sum(point[statistic] for point in points) if points else None

    counts = {
        "Invocations": 3,
        "InvocationsPerInstance": 3,
        "Invocation5XXErrors": 1,
        "Invocation4XXErrors": 0,
        "InvocationModelErrors": 1,
    }
    eventually(lambda: {metric: statistics(metric, "Sum") for metric in counts}, counts)
    for metric in ("ModelLatency", "OverheadLatency"):
        eventually(lambda metric=metric: statistics(metric, "SampleCount"), 3)
        assert (statistics(metric, "Sum") or 0) > 0
