"""A training because of drift: not while one is on, and not soon after another one of that kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from datastreamer.taxi.training.executions import RUNNING, AnotherTrainingError, executions, start

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

REASON: Final = "drift"


@dataclass(frozen=True)
class Decision:
    """``execution`` that was started; empty where none was, and ``why``."""

    execution: str = ""
    why: str = ""


def retrain(sagemaker: SageMakerClient, pipeline: str, now: datetime, cooldown: timedelta) -> Decision:
    """Start a training unless one is on or began within ``cooldown``, for any reason: it has seen the same days."""
    for each in executions(sagemaker, pipeline):
        if each["PipelineExecutionStatus"] in RUNNING:
            return Decision(why=f"a training is under way: {each['PipelineExecutionArn']}")
        if now - each["StartTime"] < cooldown:
            return Decision(why=f"a training began less than {cooldown} ago: {each['PipelineExecutionArn']}")
    try:
        return Decision(start(sagemaker, pipeline, {"Reason": REASON}))
    except AnotherTrainingError as error:
        return Decision(why=str(error))
