"""One run of a training job, from its input to its output."""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.sagemaker import artifacts
from aws_stage.engines.sagemaker.containers.logs import ContainerLogs
from aws_stage.engines.sagemaker.containers.process import ContainerProcess, environment_of
from aws_stage.engines.sagemaker.images import framework_of
from aws_stage.engines.sagemaker.resources import Document
from aws_stage.engines.sagemaker.trainer.script import decoded
from aws_stage.engines.sagemaker.training.inputs import InputError, download, parts
from aws_stage.engines.sagemaker.training.metric_definitions import FinalMetrics, escaped
from aws_stage.engines.sagemaker.training.output import folder_of, holds_files, upload
from aws_stage.engines.sagemaker.training.request import SOURCE, is_script
from aws_stage.engines.sagemaker.training.states import STOPPING, JobStates
from aws_stage.kernel.engine import Stage
from aws_stage.kernel.metric_sets import MetricSets

GROUP = "/aws/sagemaker/TrainingJobs"
GRACE_SECONDS = 120.0
"""AWS: a job that is stopped has 120 seconds from SIGTERM to SIGKILL (StopTrainingJob)."""
LONGEST_SECONDS = 86_400
"""MaxRuntimeInSeconds when none is given (StoppingCondition)."""
_DRAIN_SECONDS = 10.0
_POLL_SECONDS = 0.02
_TRAINER = "aws_stage.engines.sagemaker.trainer"


class _FailedError(Exception):
    """The job has failed; the text is its FailureReason."""


class TrainingRun:
    """``run`` it on a thread of its own; ``stop`` and ``abandon`` are for others."""

    def __init__(
        self,
        stage: Stage,
        states: JobStates,
        job: Document,
        *,
        logs: ContainerLogs,
        metrics: MetricSets,
        folder: Path,
    ) -> None:
        self._stage = stage
        self._states = states
        self._logs = logs
        self._metrics = metrics
        self._job = job
        self._name: str = job["TrainingJobName"]
        self._folder = folder
        self._root = folder / "ml"
        self._stopped = threading.Event()
        self._abandoned = threading.Event()
        self._found = FinalMetrics(job["AlgorithmSpecification"].get("MetricDefinitions") or [], self._measured)

    def stop(self) -> None:
        """End the job as StopTrainingJob does; what its model folder holds by then is its artifact."""
        self._stopped.set()

    def abandon(self) -> None:
        """The stage goes down: end the process, and leave the document as it is."""
        self._abandoned.set()

    def run(self, slots: threading.Semaphore) -> None:
        """Wait for one of ``slots``, then run the job to its end."""
        while not slots.acquire(timeout=_POLL_SECONDS):
            if self._ended_early():
                return
        try:
            self._run()
        except _FailedError as error:
            if not self._abandoned.is_set():
                self._states.enter(self._name, "Failed", FailureReason=str(error), **self._final_metrics())
        finally:
            slots.release()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self) -> None:
        if self._ended_early():
            return
        self._states.enter(self._name, "Downloading", TrainingStartTime=round(self._now(), 3))
        began = self._stage.clock.monotonic()
        self._lay_out()
        if self._ended_early():
            return
        self._states.enter(self._name, "Training")
        status, end = self._train(began)
        self._logs.flush()
        if self._abandoned.is_set():
            return
        if self._stopped.is_set():
            end = "Stopped"
        if end is None and status != 0:
            raise _FailedError(self._failure(status))
        if end is None:
            self._states.enter(self._name, "Uploading")
        self._states.enter(
            self._name, end or "Completed", **self._uploaded(always=end is None), **self._final_metrics()
        )

    def _ended_early(self) -> bool:
        """Whether the job ends before its process starts."""
        if self._stopped.is_set() and not self._abandoned.is_set():
            self._states.enter(self._name, "Stopped")
        return self._stopped.is_set() or self._abandoned.is_set()

    def _lay_out(self) -> None:
        """The container's ``/opt/ml``: https://docs.aws.amazon.com/sagemaker/latest/dg/amazon-sagemaker-toolkits.html"""
        root, job = self._root, self._job
        for folder in ("input/data", "input/config", "model", "output/data", "output/intermediate", "code"):
            (root / folder).mkdir(parents=True)
        s3, region = self._stage.client("s3"), self._stage.settings.region
        try:
            for channel in job.get("InputDataConfig") or []:
                folder = root / "input" / "data" / channel["ChannelName"]
                folder.mkdir()
                download(s3, parts(s3, channel["DataSource"]["S3DataSource"], region, job["RoleArn"]), folder)
        except InputError as error:
            raise _FailedError(f"ClientError: {error}") from error
        if is_script(job):
            self._fetch_source(s3)
        self._configure()

    def _fetch_source(self, s3: Any) -> None:
        address = str(decoded(self._job["HyperParameters"]).get(SOURCE))
        archive = self._folder / "source.tar.gz"
        try:
            artifacts.download(s3, address, archive)
            artifacts.install(archive, self._root / "code")
        except artifacts.ArtifactError as error:
            raise _FailedError(f"AlgorithmError: {SOURCE} {address} cannot be read: {error}, exit code: 1") from error

    def _configure(self) -> None:
        hyperparameters = self._job.get("HyperParameters") or {}
        channels = {
            channel["ChannelName"]: {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
                **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
            }
            for channel in self._job.get("InputDataConfig") or []
        }
        for name, document in (
            ("hyperparameters", hyperparameters),
            ("inputdataconfig", channels),
            ("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}),
        ):
            (self._root / "input" / "config" / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
        launch = {
            "job": self._name,
            "framework": framework_of(self._job["AlgorithmSpecification"]["TrainingImage"]),
            "script": is_script(self._job),
            "hyperparameters": hyperparameters,
            "channels": channels,
        }
        (self._folder / "launch.json").write_text(json.dumps(launch), encoding="utf-8")

    def _train(self, began: float) -> tuple[int, str | None]:
        """Run the process; returns its status, and the state that ended it when it did not end by itself."""
        environment = environment_of(self._stage.settings, self._job.get("Environment") or {})
        try:
            process = ContainerProcess(_TRAINER, self._folder, environment)
        except OSError as error:
            raise _FailedError(f"InternalServerError: The process could not be started: {error}") from error
        stream = (GROUP, f"{self._name}/algo-1-{round(self._now())}")
        reader = threading.Thread(target=self._logs.take, args=(stream, process.output, self._look), daemon=True)
        reader.start()
        try:
            end = self._wait(process, began)
        finally:
            process.end()
            reader.join(_DRAIN_SECONDS)  # a process that left the session may hold the pipe open
        return process.exited() or 0, end

    def _wait(self, process: ContainerProcess, began: float) -> str | None:
        longest = self._job["StoppingCondition"].get("MaxRuntimeInSeconds", LONGEST_SECONDS)
        end, killed_at = None, 0.0
        while process.exited() is None and not self._abandoned.wait(_POLL_SECONDS):
            if end is None and (self._stopped.is_set() or self._stage.clock.monotonic() - began >= longest):
                end = "Stopped" if self._stopped.is_set() else "MaxRuntimeExceeded"
                if end == "MaxRuntimeExceeded":
                    self._states.enter(self._name, STOPPING)
                process.ask_to_end()
                killed_at = time.monotonic() + GRACE_SECONDS
            if end is not None and time.monotonic() > killed_at:
                break
        return end

    def _failure(self, status: int) -> str:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-signal-success-failure.html"""
        try:
            written = (self._root / "output" / "failure").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            written = ""
        code = status if status > 0 else 128 + abs(status)
        if not written and status == -signal.SIGKILL:
            written = "The process was killed, which is what a lack of memory looks like"
        ending = f", exit code: {code}"
        return f"AlgorithmError: {written}"[: 1024 - len(ending)] + ending

    def _uploaded(self, *, always: bool) -> dict[str, Any]:
        """Put the model and the output into S3; returns ``ModelArtifacts``. A stopped job may have neither."""
        s3, folder = self._stage.client("s3"), folder_of(self._job["OutputDataConfig"]["S3OutputPath"], self._name)
        try:
            if holds_files(self._root / "output" / "data"):
                upload(s3, self._root / "output" / "data", f"{folder}/output.tar.gz")
            if not always and not holds_files(self._root / "model"):
                return {}
            upload(s3, self._root / "model", f"{folder}/model.tar.gz")
        except (ClientError, BotoCoreError, OSError, artifacts.ArtifactError) as error:
            raise _FailedError(f"ClientError: Artifact upload failed: {error}") from error
        return {"ModelArtifacts": {"S3ModelArtifacts": f"{folder}/model.tar.gz"}}

    def _final_metrics(self) -> dict[str, Any]:
        values = self._found.values()
        return {"FinalMetricDataList": values} if values else {}

    def _look(self, line: str) -> str:
        shown = escaped(line)
        self._found.see(shown, self._now())
        return shown

    def _measured(self, metric: str, value: float) -> None:
        self._metrics.add(metric, "None", (("TrainingJobName", self._name),), value)

    def _now(self) -> float:
        return self._stage.clock.now().timestamp()
