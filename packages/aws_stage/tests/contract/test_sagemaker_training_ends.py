"""How training jobs end before their time: stopped, too long, or with the stage; and the events of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.training import Training, rows
from aws_stage.testing.waiting import eventually
from aws_stage.testing.watched_events import WatchedEvents

pytestmark = pytest.mark.stage

WAITS = """
import os, time
open(os.path.join(os.environ["SM_MODEL_DIR"], "so-far"), "w").close()
print("begun", flush=True)
while True:
    time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def training(stage: RunningStage) -> Training:
    return Training(stage)


def begun(training: Training, program: str = WAITS, **more: Any) -> str:
    """The name of a job whose program has begun."""
    request = {**training.request(training.source(program), train=training.put({"a.csv": rows(5)})), **more}
    training.sagemaker.create_training_job(**request)
    name: str = request["TrainingJobName"]
    eventually(lambda: training.describe(name)["SecondaryStatus"] == "Training")
    eventually(lambda: _has_logs(training) and "begun" in training.log(name))
    return name


def _has_logs(training: Training) -> bool:
    logs = training.stage.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/TrainingJobs")["logGroups"]
    return bool(groups)


def test_a_job_that_is_stopped_keeps_what_it_has_saved(training: Training) -> None:
    job = begun(training)
    training.sagemaker.stop_training_job(TrainingJobName=job)
    description = training.ended(job)
    assert (description["TrainingJobStatus"], description["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert [each["Status"] for each in description["SecondaryStatusTransitions"]][-2:] == ["Stopping", "Stopped"]
    assert training.artifact(description) == {"so-far": b""}
    with pytest.raises(training.sagemaker.exceptions.ClientError, match="the training job is in status Stopped"):
        training.sagemaker.stop_training_job(TrainingJobName=job)


def test_a_job_that_runs_too_long_is_stopped(training: Training) -> None:
    job = begun(training, StoppingCondition={"MaxRuntimeInSeconds": 1})
    description = training.ended(job)
    assert (description["TrainingJobStatus"], description["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert "so-far" in training.artifact(description)


def test_a_job_that_the_stage_did_not_outlive_is_run_again(new_stage: Callable[..., RunningStage]) -> None:
    stage = new_stage()
    training = Training(stage)
    once = """
import os, time, boto3
s3 = boto3.client("s3")
if "Contents" not in s3.list_objects_v2(Bucket="sagemaker-training", Prefix="seen"):
    s3.put_object(Bucket="sagemaker-training", Key="seen", Body=str(os.getpid()).encode())
    print("begun", flush=True)
    time.sleep(600)
open(os.path.join(os.environ["SM_MODEL_DIR"], "whole"), "w").close()
"""
    job = begun(training, once)
    pid = int(training.read("s3://sagemaker-training/seen"))
    stage.stop(signal.SIGKILL)
    eventually(lambda: not _alive(pid))
    stage.start()
    description = training.ended(job)
    assert description["TrainingJobStatus"] == "Completed"
    assert "Restarting" in [each["Status"] for each in description["SecondaryStatusTransitions"]]
    assert training.artifact(description) == {"whole": b""}


def test_each_state_is_an_event(training: Training) -> None:
    request = training.request({"num_round": "2"}, train=training.put({"a.csv": rows(20)}))
    job = request["TrainingJobName"]
    with WatchedEvents(training.stage, "SageMaker Training Job State Change", TrainingJobName=job) as events:
        description = training.run(request)
        eventually(lambda: any(detail["TrainingJobStatus"] == "Completed" for detail in events.details()))
        seen = events.seen
    assert {event["detail"]["SecondaryStatus"] for event in seen} == {
        *("Starting", "Downloading", "Training", "Uploading", "Completed")
    }
    [last] = [event for event in seen if event["detail"]["TrainingJobStatus"] == "Completed"]
    assert last["resources"] == [description["TrainingJobArn"]]
    assert last["detail"]["ModelArtifacts"] == description["ModelArtifacts"]
    assert last["detail"]["CreationTime"] == round(description["CreationTime"].timestamp() * 1000)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
