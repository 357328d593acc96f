"""Executions of the training pipeline: one at a time, whoever starts them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from datastreamer.aws.waiting import Patience, Report, wait_for
from datastreamer.errors import ConfigurationError, JobFailedError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

RUNNING: Final = ("Executing", "Stopping")


class AnotherTrainingError(JobFailedError):
    """Another execution of the pipeline began earlier and is not over."""


def executions(sagemaker: SageMakerClient, pipeline: str) -> list[Any]:
    """Summaries of the pipeline's newest hundred executions, newest first; no training lasts for so many."""
    return list(
        sagemaker.list_pipeline_executions(
            PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=100
        )["PipelineExecutionSummaries"]
    )


def refuse_a_second(sagemaker: SageMakerClient, pipeline: str, arn: str) -> None:
    """Raise AnotherTrainingError unless execution ``arn`` is the eldest of those that run.

    Of several at once all see the same order, so that exactly one goes on.
    """
    running = [each for each in executions(sagemaker, pipeline) if each["PipelineExecutionStatus"] in RUNNING]
    eldest = min(running, key=_order, default=None)
    if eldest is not None and eldest["PipelineExecutionArn"] != arn:
        raise AnotherTrainingError(f"another training is under way: {eldest['PipelineExecutionArn']}")


def _order(summary: Any) -> tuple[datetime, str]:
    return summary["StartTime"], summary["PipelineExecutionArn"]


def start(sagemaker: SageMakerClient, pipeline: str, parameters: Mapping[str, str]) -> str:
    """Start an execution with these parameters; returns its ARN.

    Raises AnotherTrainingError where one is under way, ConfigurationError where there is no such pipeline.
    """
    try:
        running = [each for each in executions(sagemaker, pipeline) if each["PipelineExecutionStatus"] in RUNNING]
        if running:
            raise AnotherTrainingError(f"another training is under way: {running[0]['PipelineExecutionArn']}")
        return sagemaker.start_pipeline_execution(
            PipelineName=pipeline,
            ClientRequestToken=uuid.uuid4().hex,
            PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
        )["PipelineExecutionArn"]
    except sagemaker.exceptions.ResourceNotFound as error:
        raise ConfigurationError(f"there is no pipeline {pipeline}. Is it on? Try: make apply WITH=taxi") from error


@dataclass(frozen=True)
class Outcome:
    """What an execution came to: ``version`` is the one that it registered."""

    execution: str
    version: str
    seconds: float

    def document(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def follow(sagemaker: SageMakerClient, arn: str, *, patience: Patience, report: Report = lambda _: None) -> Outcome:
    """Follow an execution to its end; ``report`` is called with each step's name and status.

    Raises JobFailedError with the reason of the step that failed, the gate's among them, and RetryableError when
    ``patience`` ends first: the execution goes on.
    """

    def look() -> tuple[str, bool]:
        status = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]
        if status not in RUNNING:
            return status, True
        latest = _steps(sagemaker, arn)
        return (f"{latest[-1]['StepName']}: {latest[-1]['StepStatus']}" if latest else status), False

    status = wait_for(f"training {arn}", look, patience=patience, report=report)
    steps = _steps(sagemaker, arn)
    failed = [each for each in steps if each["StepStatus"] == "Failed"]
    if failed:
        raise JobFailedError(f"{failed[0]['StepName']}: {failed[0].get('FailureReason', 'no reason was given')}")
    if status != "Succeeded":
        raise JobFailedError(f"training {arn} ended {status}")
    outputs = steps[-1]["Metadata"].get("Lambda", {}).get("OutputParameters", [])
    version = next((each["Value"] for each in outputs if each["Name"] == "version"), "")
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    took = described["LastModifiedTime"] - described["CreationTime"]
    return Outcome(arn, version, round(took.total_seconds(), 1))


def _steps(sagemaker: SageMakerClient, arn: str) -> list[Any]:
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, SortOrder="Ascending"
    )
    return [step for page in pages for step in page["PipelineExecutionSteps"]]
