"""SageMaker pipelines for tests: definitions, and executions that are watched."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from aws_stage.testing import RunningStage
from aws_stage.testing.models import ROLE
from aws_stage.testing.training import Training
from aws_stage.testing.waiting import eventually

OVER = ("Succeeded", "Failed", "Stopped")


def get(path: str) -> dict[str, str]:
    """``{"Get": path}``."""
    return {"Get": path}


def definition(steps: Sequence[Mapping[str, Any]], parameters: Sequence[Mapping[str, Any]] = ()) -> str:
    """A definition as JSON."""
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)})


def fails(name: str, message: Any = "no", **more: Any) -> dict[str, Any]:
    """A Fail step."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **more}


def condition(
    name: str, *conditions: Mapping[str, Any], then: Sequence[Any] = (), otherwise: Sequence[Any] = (), **more: Any
) -> dict[str, Any]:
    """A Condition step."""
    arguments = {"Conditions": list(conditions), "IfSteps": list(then), "ElseSteps": list(otherwise)}
    return {"Name": name, "Type": "Condition", "Arguments": arguments, **more}


def compares(left: Any, kind: str, right: Any) -> dict[str, Any]:
    """A condition of two values."""
    return {"Type": kind, "LeftValue": left, "RightValue": right}


class MlPipelines:
    """A stage's SageMaker pipelines, with names that no other test has."""

    def __init__(self, stage: RunningStage) -> None:
        self.stage = stage
        self.training = Training(stage)
        self.sagemaker = stage.client("sagemaker")

    def pipeline(self, text: str, **more: Any) -> str:
        """A pipeline of a definition; returns its name."""
        name = f"pipeline-{uuid.uuid4().hex[:8]}"
        self.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE, **more)
        return name

    def begin(self, name: str, **parameters: str) -> str:
        """The ARN of an execution."""
        given = [{"Name": key, "Value": value} for key, value in parameters.items()]
        arn: str = self.sagemaker.start_pipeline_execution(PipelineName=name, PipelineParameters=given)[
            "PipelineExecutionArn"
        ]
        return arn

    def ended(self, arn: str) -> dict[str, Any]:
        """The description of an execution once it is over."""
        eventually(lambda: self.describe(arn)["PipelineExecutionStatus"] in OVER)
        return self.describe(arn)

    def run(self, text: str, **parameters: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The description of an execution of a new pipeline, and its steps by name."""
        arn = self.begin(self.pipeline(text), **parameters)
        return self.ended(arn), self.steps(arn)

    def describe(self, arn: str) -> dict[str, Any]:
        description: dict[str, Any] = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return description

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        """The steps of an execution, by name."""
        found = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        return {each["StepName"]: each for each in found}

    def trains(self, name: str, train: str, rounds: Any = "3", **more: Any) -> dict[str, Any]:
        """A Training step of XGBoost over the CSV at ``train``."""
        arguments = self.training.request({"nthread": "1"}, train=train, validation=train)
        del arguments["TrainingJobName"]
        arguments["HyperParameters"]["num_round"] = rounds
        return {"Name": name, "Type": "Training", "Arguments": arguments, **more}
