"""CreateTrainingJob and its siblings."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from aws_stage.engines.sagemaker.arns import TRAINING_JOB, invalid, unsupported
from aws_stage.engines.sagemaker.containers.logs import ContainerLogs
from aws_stage.engines.sagemaker.events import Events
from aws_stage.engines.sagemaker.listing import listed
from aws_stage.engines.sagemaker.resources import Document, Resources, described
from aws_stage.engines.sagemaker.training.inputs import InputError, parts
from aws_stage.engines.sagemaker.training.request import checked
from aws_stage.engines.sagemaker.training.run import LONGEST_SECONDS, TrainingRun
from aws_stage.engines.sagemaker.training.states import STOPPING, JobStates
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.metric_sets import MetricSets
from aws_stage.storage.leftovers import clear, end_process

logger = logging.getLogger("aws_stage.sagemaker")

MOST_AT_ONCE = 2
"""Jobs that run at a time; the others wait, Starting. On AWS it is the account's quota of instances."""
_NAMESPACE = "/aws/sagemaker/TrainingJobs"
_PUBLISH_SECONDS = 10.0
_SUMMARY = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "TrainingJobStatus",
    "SecondaryStatus",
)


class TrainingJobs:
    """The training jobs of the stage. One that the stage does not outlive is run again from its beginning."""

    def __init__(self, stage: Stage, resources: Resources, events: Events, logs: ContainerLogs) -> None:
        self._stage = stage
        self._resources = resources
        self._states = JobStates(resources, events)
        self._logs = logs
        self._metrics = MetricSets(lambda: stage.client("cloudwatch"), stage.clock, _NAMESPACE, _PUBLISH_SECONDS)
        self._slots = threading.Semaphore(MOST_AT_ONCE)
        self._lock = threading.Lock()
        self._runs: dict[str, tuple[TrainingRun, threading.Thread]] = {}
        self.operations: Mapping[str, Handler] = {
            "CreateTrainingJob": self._create,
            "DescribeTrainingJob": self._describe,
            "ListTrainingJobs": self._list,
            "StopTrainingJob": self._stop,
        }

    def start(self) -> None:
        """End what an earlier stage left behind, and run its jobs again."""
        work = self._stage.directory("sagemaker-training")
        for alive in work.glob("*/alive"):
            end_process(alive.parent)
        clear(work)
        self._metrics.start()
        for document in self._resources.all(TRAINING_JOB):
            name, status = document["TrainingJobName"], document["TrainingJobStatus"]
            if status == STOPPING:
                self._states.enter(name, "Stopped")
            elif status == "InProgress":
                self._states.enter(name, "Restarting")
                self._begin(document)

    def stop(self) -> None:
        """End every process; the documents stay as they are."""
        with self._lock:
            runs = list(self._runs.values())
        for run, _ in runs:
            run.abandon()
        for _, thread in runs:
            thread.join()
        self._metrics.stop()

    def _begin(self, document: Document) -> None:
        name = document["TrainingJobName"]
        folder = self._stage.directory("sagemaker-training") / name
        run = TrainingRun(self._stage, self._states, document, logs=self._logs, metrics=self._metrics, folder=folder)

        def work() -> None:
            try:
                run.run(self._slots)
            except Exception as error:
                logger.exception("training job %s", name)
                self._states.enter(name, "Failed", FailureReason=f"InternalServerError: {error!r}")
            finally:
                with self._lock:
                    self._runs.pop(name, None)

        thread = threading.Thread(target=work, name=f"sagemaker-{name}", daemon=True)
        with self._lock:
            self._runs[name] = (run, thread)
        thread.start()

    def _create(self, call: Call) -> dict[str, Any]:
        request = call.payload
        check("sagemaker", "CreateTrainingJob", request)
        kept = checked(request)
        self._require_input(request)
        name = request["TrainingJobName"]
        arn = self._resources.arn(TRAINING_JOB, name)
        kept["StoppingCondition"] = {"MaxRuntimeInSeconds": LONGEST_SECONDS, **kept["StoppingCondition"]}
        for flag in ("NetworkIsolation", "InterContainerTrafficEncryption", "ManagedSpotTraining"):
            kept.setdefault(f"Enable{flag}", False)
        document: Document = {"TrainingJobName": name, "TrainingJobArn": arn, **kept, **self._states.first()}
        with self._lock:
            if self._resources.find(TRAINING_JOB, name) is not None:
                raise AwsError(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a training job with this "
                    f"name already exists ({arn})",
                )
            self._resources.create(TRAINING_JOB, name, document, request.get("Tags"))
        self._states.announce(self._resources.get(TRAINING_JOB, name))
        self._begin(document)
        return {"TrainingJobArn": arn}

    def _require_input(self, request: Mapping[str, Any]) -> None:
        """AWS looks for the objects of every channel before it takes a job."""
        s3 = self._stage.client("s3")
        for channel in request.get("InputDataConfig") or []:
            try:
                parts(s3, channel["DataSource"]["S3DataSource"], self._resources.region, request["RoleArn"])
            except InputError as error:
                raise invalid(str(error)) from error

    def _describe(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "DescribeTrainingJob", call.payload)
        return described(self._get(call.payload["TrainingJobName"]))

    def _list(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "ListTrainingJobs", call.payload)
        for field in ("WarmPoolStatusEquals", "TrainingPlanArnEquals"):
            if call.payload.get(field):
                raise unsupported(f"{field} of a list of training jobs")
        found, more = listed(self._resources.all(TRAINING_JOB), call.payload, "TrainingJob", _SUMMARY)
        return {"TrainingJobSummaries": found, **more}

    def _stop(self, call: Call) -> dict[str, Any]:
        check("sagemaker", "StopTrainingJob", call.payload)
        name = call.payload["TrainingJobName"]
        status = self._get(name)["TrainingJobStatus"]
        with self._lock:
            run = self._runs.get(name)
        if status != "InProgress" or run is None:
            raise invalid(f"The request was rejected because the training job is in status {status}.")
        self._states.enter(name, STOPPING)
        run[0].stop()
        return {}

    def _get(self, name: str) -> Document:
        document = self._resources.find(TRAINING_JOB, name)
        if document is None:
            raise invalid("Requested resource not found.")
        return document
