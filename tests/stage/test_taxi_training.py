"""Trainings that meet: by hand, on a schedule and because of drift, of the real functions on a stage."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from aws_stage.testing.lambda_functions import create, invoke, settle
from aws_stage.testing.ml_pipelines import MlPipelines, definition, get
from aws_stage.testing.models import ROLE
from aws_stage.testing.waiting import eventually

from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from datastreamer.taxi.names import Names
from tests.conftest import REGION, REPOSITORY, RunningStage

pytestmark = [pytest.mark.stage, pytest.mark.slow]

ACCOUNT = "000000000000"
HOLDS = """
import time
import boto3

def handler(event, context):
    s3 = boto3.client("s3")
    while s3.list_objects_v2(Bucket=event["bucket"], Prefix="go")["KeyCount"] == 0:
        time.sleep(0.2)
    return {}
"""
"""A step that lasts until the test puts the object ``go``."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("zips")
    return {
        role: build_lambda_package(REPOSITORY / "lambdas" / f"taxi_{role}", REPOSITORY, folder).read_bytes()
        for role in ("training_sets", "retrain")
    }


class Trainings:
    """A training pipeline of a name of its own: its first step is the real one, its second holds."""

    def __init__(self, stage: RunningStage, packages: dict[str, bytes]) -> None:
        self.stage, self.packages = stage, packages
        self.names = Names(f"t{uuid.uuid4().hex[:8]}", ACCOUNT)
        self.pipelines = MlPipelines(stage)
        self.s3 = stage.client("s3")
        self.bucket = self.names.models_bucket
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        for name in ("training", "validation"):
            self.s3.put_object(Bucket=self.bucket, Key=f"sets/{name}/part-1", Body=b"PAR1")
        sets = {
            "Name": "MakeSets",
            "Type": "Lambda",
            "FunctionArn": self._arn(self.function("training_sets")),
            "Arguments": {
                "execution": get("Execution.PipelineExecutionArn"),
                "pipeline": self.names.training_pipeline,
                "endpoint": self.names.model,
                "validation_month": "",
                "training_months": 1,
                "sets_uri": f"s3://{self.bucket}/sets/",
            },
            "OutputParameters": [{"OutputName": "training_uri", "OutputType": "String"}],
        }
        holds = {
            "Name": "Holds",
            "Type": "Lambda",
            "FunctionArn": self._arn(create(stage, HOLDS, Timeout=600)),
            "Arguments": {"bucket": self.bucket},
            "DependsOn": ["MakeSets"],
        }
        reason = {"Name": "Reason", "Type": "String", "DefaultValue": "schedule"}
        self.pipelines.sagemaker.create_pipeline(
            PipelineName=self.names.training_pipeline,
            PipelineDefinition=definition([sets, holds], [reason]),
            RoleArn=ROLE,
        )

    def function(self, role: str, **environment: str) -> str:
        """A function of the pipeline; its name."""
        place = {"STAGE": self.names.stage, "ACCOUNT_ID": ACCOUNT}
        return create(
            self.stage,
            "",
            Code={"ZipFile": self.packages[role]},
            Environment={"Variables": {**place, **environment}},
        )

    def begin(self) -> str:
        return self.pipelines.begin(self.names.training_pipeline)

    def step(self, arn: str, name: str) -> dict[str, Any]:
        return self.pipelines.steps(arn).get(name, {})

    def holds(self, arn: str) -> None:
        """Wait until the execution is in its second step."""
        eventually(lambda: self.step(arn, "Holds").get("StepStatus"), "Executing")

    def let_go(self) -> None:
        self.s3.put_object(Bucket=self.bucket, Key="go", Body=b"")

    @staticmethod
    def _arn(function: str) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"


@pytest.fixture
def trainings(stage: RunningStage, packages: dict[str, bytes]) -> Trainings:
    return Trainings(stage, packages)


def test_of_two_trainings_at_once_the_later_one_fails_and_names_the_other(trainings: Trainings) -> None:
    first = trainings.begin()
    trainings.holds(first)
    second = trainings.begin()
    assert trainings.pipelines.ended(second)["PipelineExecutionStatus"] == "Failed"
    assert f"another training is under way: {first}" in trainings.step(second, "MakeSets")["FailureReason"]
    trainings.let_go()
    assert trainings.pipelines.ended(first)["PipelineExecutionStatus"] == "Succeeded"


def test_drift_starts_a_training_unless_one_is_on_or_began_lately(trainings: Trainings) -> None:
    lately = trainings.function("retrain", COOLDOWN_HOURS="1")
    first = trainings.begin()
    trainings.holds(first)
    assert invoke(trainings.stage, lately, {})["why"] == f"a training is under way: {first}"
    trainings.let_go()
    trainings.pipelines.ended(first)
    assert "began less than 1:00:00 ago" in invoke(trainings.stage, lately, {})["why"]
    trainings.stage.client("lambda").update_function_configuration(
        FunctionName=lately,
        Environment={"Variables": {"STAGE": trainings.names.stage, "ACCOUNT_ID": ACCOUNT, "COOLDOWN_HOURS": "0"}},
    )
    settle(trainings.stage, lately)
    started = invoke(trainings.stage, lately, {})["execution"]
    assert trainings.pipelines.ended(started)["PipelineExecutionStatus"] == "Succeeded"
    parameters = trainings.pipelines.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=started)
    assert parameters["PipelineParameters"] == [{"Name": "Reason", "Value": "drift"}]
