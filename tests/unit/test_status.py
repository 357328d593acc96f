"""``datastreamer status``: the pipelines of a stage that are on, and whether all their parts are well."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.cli import main
from datastreamer.pipelines import PIPELINES

Run = Callable[..., tuple[int, str, str]]
REGION = "ap-northeast-1"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run the command line in this process on moto's AWS; -> exit code, stdout, stderr."""
    monkeypatch.setattr(
        "datastreamer.stages.stage_environment",
        lambda name, *_: {"DATASTREAMER_STAGE": name, "AWS_DEFAULT_REGION": REGION},
    )
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["datastreamer", *words, "--stage", "test"])
        code: Any = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        captured = capsys.readouterr()
        return code or 0, captured.out, captured.err

    with mock_aws():
        yield call


def make_stream(name: str) -> None:
    new_client: Any = boto3.client
    new_client("kinesis", region_name=REGION).create_stream(StreamName=name, ShardCount=1)


def test_a_stage_on_which_no_pipeline_is_on_says_so_and_fails(run: Run) -> None:
    code, out, err = run("status")
    assert (code, out) == (1, "")
    assert "no pipeline is on in stage test" in err
    code, out, _ = run("status", "--json")
    assert code == 1
    assert json.loads(out) == {"stage": "test", "healthy": False, "pipelines": []}


def test_only_pipelines_that_are_on_are_shown_each_with_all_its_parts(run: Run) -> None:
    make_stream("datastreamer-test-votes-stream")
    make_stream("datastreamer-test-inference-stream")
    code, out, _ = run("status", "--json")
    assert code == 1
    shown = {each["pipeline"]: each for each in json.loads(out)["pipelines"]}
    assert list(shown) == ["inference", "votes"]
    states = {(part["name"], part["resource"]): part["state"] for part in shown["votes"]["parts"]}
    assert states["stream", "datastreamer-test-votes-stream"] == "ACTIVE"
    assert states["table", "datastreamer-test-votes-orders"] == "MISSING"
    assert not shown["votes"]["healthy"]
    assert "votes: unhealthy" in run("status")[1]


def test_a_stage_whose_parts_are_all_well_succeeds(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from datastreamer.aws.status import MISSING, Part

    answers = {
        "telemetry": [Part("stream", "t", "ACTIVE", healthy=True)],
        "inference": [Part("stream", "i", MISSING, healthy=False)],
        "votes": [Part("stream", "v", "ACTIVE", healthy=True, attention=True)],
        "taxi": [Part("job", "t", MISSING, healthy=False)],
    }
    for name, parts in answers.items():
        monkeypatch.setattr(f"datastreamer.{name}.status.stage_parts", lambda *_, parts=parts: parts)
    code, out, _ = run("status", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["healthy"]
    assert [each["pipeline"] for each in document["pipelines"]] == ["telemetry", "votes"]


@pytest.mark.parametrize("pipeline", ["telemetry", "votes", "taxi"])
def test_the_status_of_a_pipeline_that_is_off_shows_what_is_missing(run: Run, pipeline: str) -> None:
    code, out, _ = run(pipeline, "status", "--json")
    assert code == 1
    assert {part["state"] for part in json.loads(out)["parts"]} == {"MISSING"}


def test_an_alarm_is_that_of_one_pipeline_alone(run: Run) -> None:
    new_client: Any = boto3.client
    cloudwatch = new_client("cloudwatch", region_name=REGION)
    names = {name: f"datastreamer-test-{name}-stream-late" for name in PIPELINES}
    names["telemetry"] = "datastreamer-test-stream-late"
    for name in names.values():
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="m",
            Namespace="n",
            Period=60,
            EvaluationPeriods=1,
            Statistic="Sum",
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="late")
    ringing = {
        each["pipeline"]: [part["resource"] for part in each["parts"] if part["name"] == "alarm"]
        for each in json.loads(run("status", "--json")[1])["pipelines"]
    }
    assert ringing == {pipeline: [name] for pipeline, name in names.items()}
