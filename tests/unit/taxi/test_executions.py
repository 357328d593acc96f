"""What is shown of a training that somebody waits for, and what it came to."""

# ruff: noqa: N803  arguments have the names of AWS's API
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from datastreamer.aws.waiting import Patience
from datastreamer.errors import ConfigurationError, JobFailedError, RetryableError
from datastreamer.taxi.training.executions import AnotherTrainingError, follow, start
from tests.unit.taxi.registry import BEGAN, Paginator

ARN = "arn:aws:sagemaker:ap-northeast-1:123456789012:pipeline/p/execution/abc"
REGISTERED = {
    "StepName": "Register",
    "StepStatus": "Succeeded",
    "Metadata": {"Lambda": {"OutputParameters": [{"Name": "version", "Value": "7"}]}},
}


def step(name: str, status: str, **more: Any) -> dict[str, Any]:
    return {"StepName": name, "StepStatus": status, "Metadata": {}, **more}


class Executions:
    """An execution that goes through ``looks``, each a status and its steps, and stays in the last."""

    class ResourceNotFound(Exception):  # noqa: N818  the name that boto3 gives it
        """There is no such pipeline."""

    def __init__(self, *looks: tuple[str, list[dict[str, Any]]], running: list[dict[str, Any]] | None = None) -> None:
        self.exceptions = type("exceptions", (), {"ResourceNotFound": self.ResourceNotFound})
        self.looks, self.running, self.started = list(looks), running, list[dict[str, Any]]()
        self._steps: list[dict[str, Any]] = []

    def describe_pipeline_execution(self, *, PipelineExecutionArn: str) -> dict[str, Any]:
        status, self._steps = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return {
            "PipelineExecutionArn": PipelineExecutionArn,
            "PipelineExecutionStatus": status,
            "CreationTime": BEGAN,
            "LastModifiedTime": BEGAN + timedelta(seconds=90),
        }

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def list_pipeline_execution_steps(self, **_request: Any) -> dict[str, Any]:
        return {"PipelineExecutionSteps": self._steps}

    def list_pipeline_executions(self, **_request: Any) -> dict[str, Any]:
        if self.running is None:
            raise self.ResourceNotFound
        return {"PipelineExecutionSummaries": self.running}

    def start_pipeline_execution(self, **request: Any) -> dict[str, str]:
        self.started.append(request)
        return {"PipelineExecutionArn": ARN}


def followed(*looks: tuple[str, list[dict[str, Any]]], timeout: float = 60) -> tuple[Any, list[str]]:
    said: list[str] = []
    executions: Any = Executions(*looks)
    return follow(executions, ARN, patience=Patience(timeout, every=0), report=said.append), said


def test_each_step_is_shown_and_the_version_is_the_outcome() -> None:
    outcome, said = followed(
        ("Executing", []),
        ("Executing", [step("MakeSets", "Succeeded"), step("Train", "Executing")]),
        ("Succeeded", [step("Train", "Succeeded"), REGISTERED]),
    )
    assert said == ["Executing", "Train: Executing", "Succeeded"]
    assert outcome.document() == {"execution": ARN, "version": "7", "seconds": 90.0}


def test_a_training_that_failed_ends_with_the_reason_of_its_step() -> None:
    steps = [step("MakeSets", "Succeeded"), step("Refuse", "Failed", FailureReason="RMSE 3 must be below 2")]
    with pytest.raises(JobFailedError, match=r"^Refuse: RMSE 3 must be below 2$"):
        followed(("Failed", steps))


def test_a_training_that_somebody_stopped_is_not_taken_for_one_that_succeeded() -> None:
    with pytest.raises(JobFailedError, match=r"ended Stopped$"):
        followed(("Stopping", []), ("Stopped", [step("Train", "Stopped")]))


def test_who_waits_no_longer_is_told_the_step_and_that_it_goes_on() -> None:
    with pytest.raises(RetryableError, match="still Train: Executing after 0 s; it goes on"):
        followed(("Executing", [step("Train", "Executing")]), timeout=0)


def test_a_training_starts_with_its_parameters_unless_one_is_under_way() -> None:
    free: Any = Executions(running=[{"PipelineExecutionArn": "old", "PipelineExecutionStatus": "Failed"}])
    assert start(free, "p", {"TrainingMonths": "2"}) == ARN
    assert free.started[0]["PipelineParameters"] == [{"Name": "TrainingMonths", "Value": "2"}]
    busy: Any = Executions(running=[{"PipelineExecutionArn": "other", "PipelineExecutionStatus": "Executing"}])
    with pytest.raises(AnotherTrainingError, match="under way: other"):
        start(busy, "p", {})
    assert not busy.started


def test_without_a_pipeline_there_is_a_hint_how_to_have_one() -> None:
    executions: Any = Executions()
    with pytest.raises(ConfigurationError, match="there is no pipeline p"):
        start(executions, "p", {})
