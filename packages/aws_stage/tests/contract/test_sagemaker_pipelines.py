"""Pipelines through the API: from training to a registered version, by conditions and functions."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.lambda_functions import create as create_function
from aws_stage.testing.ml_pipelines import MlPipelines, compares, condition, definition, fails, get
from aws_stage.testing.models import ROLE, XGBOOST
from aws_stage.testing.training import rows
from aws_stage.testing.waiting import eventually
from aws_stage.testing.watched_events import WatchedEvents
from botocore.exceptions import ClientError

pytestmark = pytest.mark.stage

EVALUATES = """
def handler(event, context):
    return {"rmse": 0.5 if event["model"].endswith("/output/model.tar.gz") else 9, "rows": "200", "better": True}
"""


@pytest.fixture(scope="module")
def pipelines(stage: RunningStage) -> MlPipelines:
    return MlPipelines(stage)


def function_arn(stage: RunningStage, source: str) -> str:
    found: str = stage.client("lambda").get_function_configuration(FunctionName=create_function(stage, source))[
        "FunctionArn"
    ]
    return found


def evaluates(arn: str) -> dict[str, Any]:
    """A Lambda step that looks at the model of the step ``Train``."""
    return {
        "Name": "Evaluate",
        "Type": "Lambda",
        "FunctionArn": arn,
        "Arguments": {"model": get("Steps.Train.ModelArtifacts.S3ModelArtifacts")},
        "OutputParameters": [
            {"OutputName": "rmse", "OutputType": "Float"},
            {"OutputName": "rows", "OutputType": "Integer"},
            {"OutputName": "better", "OutputType": "Boolean"},
        ],
    }


def registers(group: str) -> dict[str, Any]:
    """A RegisterModel step for the model of the step ``Train``."""
    container = {"Image": XGBOOST, "ModelDataUrl": get("Steps.Train.ModelArtifacts.S3ModelArtifacts")}
    types = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    return {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": group,
            "ModelApprovalStatus": "PendingManualApproval",
            "InferenceSpecification": {"Containers": [container], **types},
            "CustomerMetadataProperties": {
                "rmse": {"Std:Join": {"On": "", "Values": [get("Steps.Evaluate.OutputParameters['rmse']")]}},
                "execution": get("Execution.PipelineExecutionId"),
            },
        },
    }


def test_a_model_is_trained_evaluated_and_registered(pipelines: MlPipelines) -> None:
    stage, sagemaker = pipelines.stage, pipelines.sagemaker
    sagemaker.create_model_package_group(ModelPackageGroupName="of-a-pipeline")
    train = pipelines.training.put({"a.csv": rows(100)})
    gate = [
        compares(get("Steps.Train.FinalMetricDataList['validation:rmse'].Value"), "LessThanOrEqualTo", 100.0),
        compares(get("Steps.Evaluate.OutputParameters['rmse']"), "LessThan", get("Parameters.Limit")),
        compares(get("Steps.Evaluate.OutputParameters['better']"), "Equals", True),
    ]
    text = definition(
        [
            pipelines.trains("Train", train, get("Parameters.Rounds")),
            evaluates(function_arn(stage, EVALUATES)),
            condition("Gate", *gate, then=[registers("of-a-pipeline")], otherwise=[fails("TooBad")]),
        ],
        [
            {"Name": "Rounds", "Type": "String", "DefaultValue": "50"},
            {"Name": "Limit", "Type": "Float", "DefaultValue": 0.1},
        ],
    )
    name = pipelines.pipeline(text)
    with WatchedEvents(stage, "SageMaker Model Building Pipeline Execution Status Change") as events:
        arn = pipelines.begin(name, Rounds="2", Limit="1.0")
        description = pipelines.ended(arn)
        eventually(lambda: "Succeeded" in [each["currentPipelineExecutionStatus"] for each in events.details()])
        assert events.seen[-1]["resources"] == [description["PipelineArn"], arn]
    steps = pipelines.steps(arn)
    assert {name: step["StepStatus"] for name, step in steps.items()} == dict.fromkeys(
        ("Train", "Evaluate", "Gate", "Register"), "Succeeded"
    ), steps
    assert steps["Gate"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    assert {"Name": "rows", "Value": "200"} in steps["Evaluate"]["Metadata"]["Lambda"]["OutputParameters"]
    job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    execution = arn.rpartition("/")[2]
    assert job.startswith(f"pipelines-{execution}-Train-")
    assert pipelines.training.describe(job)["HyperParameters"]["num_round"] == "2"
    package = sagemaker.describe_model_package(ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"])
    assert package["CustomerMetadataProperties"] == {"rmse": "0.5", "execution": execution}
    assert package["MetadataProperties"]["GeneratedBy"] == arn
    parameters = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
    assert parameters == [{"Name": "Rounds", "Value": "2"}, {"Name": "Limit", "Value": "1.0"}]
    whole = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    assert json.loads(whole["PipelineDefinition"]) == json.loads(text)


def test_a_gate_that_is_shut_ends_in_its_fail_step(pipelines: MlPipelines) -> None:
    message = {"Std:Join": {"On": " ", "Values": ["rmse over", get("Parameters.Limit")]}}
    text = definition(
        [
            condition(
                "Gate",
                compares(2.0, "LessThan", get("Parameters.Limit")),
                then=[condition("Never", compares(1, "Equals", 1))],
                otherwise=[fails("TooBad", message)],
            ),
            condition("After", compares(1, "Equals", 1), DependsOn=["TooBad"]),
        ],
        [{"Name": "Limit", "Type": "Integer", "DefaultValue": 1}],
    )
    description, steps = pipelines.run(text)
    assert description["PipelineExecutionStatus"] == "Failed"
    assert description["FailureReason"] == "Step failure: One or multiple steps failed."
    assert {name: step["StepStatus"] for name, step in steps.items()} == {"Gate": "Succeeded", "TooBad": "Failed"}
    assert steps["TooBad"]["Metadata"] == {"Fail": {"ErrorMessage": "rmse over 1"}}
    assert steps["TooBad"]["FailureReason"] == "rmse over 1"


def test_what_fails_in_a_step_is_its_reason(pipelines: MlPipelines) -> None:
    train = pipelines.training.put({"a.csv": rows(20)})
    broken = pipelines.trains("Train", train, "no number")
    description, steps = pipelines.run(definition([broken, evaluates("nobody")]))
    assert description["PipelineExecutionStatus"] == "Failed"
    assert list(steps) == ["Train"]
    assert "Hyperparameter num_round: could not parse value" in steps["Train"]["FailureReason"]
    raises = function_arn(pipelines.stage, "def handler(event, context):\n    raise ValueError('no rows')\n")
    lambda_step = {"Name": "Look", "Type": "Lambda", "FunctionArn": raises, "Arguments": {}}
    _, steps = pipelines.run(definition([lambda_step]))
    assert "no rows" in steps["Look"]["FailureReason"]
    missing = {**lambda_step, "FunctionArn": function_arn(pipelines.stage, EVALUATES), "Arguments": {"model": "m"}}
    missing["OutputParameters"] = [{"OutputName": "mae", "OutputType": "Float"}]
    _, steps = pipelines.run(definition([missing]))
    assert "no mae" in steps["Look"]["FailureReason"]


def test_an_execution_that_is_stopped_stops_its_job(pipelines: MlPipelines) -> None:
    waits = {**pipelines.training.source("import time\nwhile True:\n    time.sleep(0.05)")}
    step = pipelines.trains("Train", pipelines.training.put({"a.csv": rows(5)}))
    step["Arguments"]["HyperParameters"] = waits
    arn = pipelines.begin(pipelines.pipeline(definition([step, fails("After", DependsOn=["Train"])])))

    def job() -> str:
        found: str = pipelines.steps(arn).get("Train", {}).get("Metadata", {}).get("TrainingJob", {}).get("Arn", "")
        return found.rpartition("/")[2]

    eventually(lambda: job() and pipelines.training.describe(job())["SecondaryStatus"] == "Training")
    pipelines.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Stopped"
    assert {name: step["StepStatus"] for name, step in pipelines.steps(arn).items()} == {"Train": "Stopped"}
    assert pipelines.training.ended(job())["TrainingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="ConflictException"):
        pipelines.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)


def test_an_execution_survives_its_stage(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    pipelines = MlPipelines(stage)
    once = """
import boto3, os, time
s3 = boto3.client("s3")
if "Contents" not in s3.list_objects_v2(Bucket="sagemaker-training", Prefix="seen"):
    s3.put_object(Bucket="sagemaker-training", Key="seen", Body=b"")
    time.sleep(600)
open(os.path.join(os.environ["SM_MODEL_DIR"], "model"), "w").close()
"""
    step = pipelines.trains("Train", pipelines.training.put({"a.csv": rows(5)}))
    step["Arguments"]["HyperParameters"] = pipelines.training.source(once)
    first = condition("First", compares(1, "Equals", 1))
    after = condition("After", compares(get("Steps.Train.TrainingJobStatus"), "Equals", "Completed"))
    arn = pipelines.begin(pipelines.pipeline(definition([first, {**step, "DependsOn": ["First"]}, after])))
    eventually(lambda: "Contents" in pipelines.training.s3.list_objects_v2(Bucket="sagemaker-training", Prefix="seen"))
    job = pipelines.steps(arn)["Train"]["Metadata"]["TrainingJob"]["Arn"]
    stage.stop(signal.SIGKILL)
    stage.start()
    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = pipelines.steps(arn)
    assert steps["Train"]["Metadata"]["TrainingJob"]["Arn"] == job
    assert steps["After"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    jobs = pipelines.sagemaker.list_training_jobs(NameContains="pipelines-")["TrainingJobSummaries"]
    assert len(jobs) == 1


def test_pipelines_are_described_updated_listed_tagged_and_deleted(pipelines: MlPipelines) -> None:
    client = pipelines.sagemaker
    tags = [{"Key": "STACK", "Value": "s"}]
    parallel = {"MaxParallelExecutionSteps": 1}
    steps = [condition("A", compares(1, "Equals", 1)), condition("B", compares(1, "Equals", 1))]
    name = pipelines.pipeline(definition(steps), Tags=tags, PipelineDescription="d", ParallelismConfiguration=parallel)
    description = client.describe_pipeline(PipelineName=name)
    assert description["PipelineStatus"] == "Active"
    assert description["PipelineDisplayName"] == name
    assert json.loads(description["PipelineDefinition"]) == json.loads(definition(steps))
    assert description["ParallelismConfiguration"] == parallel
    assert client.list_tags(ResourceArn=description["PipelineArn"])["Tags"] == tags
    arn = pipelines.begin(name)
    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Succeeded"
    changed = definition([condition("C", compares(1, "Equals", 2))])
    client.update_pipeline(PipelineName=name, PipelineDefinition=changed, PipelineDisplayName="shown")
    second = pipelines.begin(description["PipelineArn"])
    assert pipelines.ended(second)["PipelineExecutionStatus"] == "Succeeded"
    assert list(pipelines.steps(arn)) != list(pipelines.steps(second)) == ["C"]
    listed = client.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    assert [each["PipelineExecutionArn"] for each in listed] == [second, arn]
    [summary] = client.list_pipelines(PipelineNamePrefix=name)["PipelineSummaries"]
    assert (summary["PipelineDisplayName"], summary["LastExecutionTime"]) == ("shown", listed[0]["StartTime"])
    with pytest.raises(ClientError, match="must be unique"):
        client.create_pipeline(PipelineName=name, PipelineDefinition=changed, RoleArn=ROLE)
    client.delete_pipeline(PipelineName=name)
    for call in (client.describe_pipeline, client.start_pipeline_execution, client.delete_pipeline):
        with pytest.raises(ClientError, match=r"ResourceNotFound.*does not exist"):
            call(PipelineName=name)


def test_a_token_starts_one_execution(pipelines: MlPipelines) -> None:
    name = pipelines.pipeline(definition([condition("A", compares(1, "Equals", 1))]))
    token = "a-token-of-at-least-thirty-two-characters"
    started = {
        pipelines.sagemaker.start_pipeline_execution(PipelineName=name, ClientRequestToken=token)[
            "PipelineExecutionArn"
        ]
        for _ in range(2)
    }
    assert len(started) == 1


def test_what_cannot_be_started_is_refused(pipelines: MlPipelines) -> None:
    name = pipelines.pipeline(definition([fails("A")], [{"Name": "Rounds", "Type": "Integer"}]))
    for given, why in (({}, "Rounds"), ({"Rounds": "x"}, "of type Integer"), ({"Other": "1"}, "Other")):
        with pytest.raises(ClientError, match=rf"ValidationException.*{why}"):
            pipelines.begin(name, **given)
    with pytest.raises(ClientError, match=r"ValidationException.*Unable to parse pipeline definition"):
        pipelines.pipeline("{}")
    with pytest.raises(ClientError, match="Step p of type Processing is not supported by the local stage"):
        pipelines.pipeline(definition([{"Name": "p", "Type": "Processing", "Arguments": {}}]))
