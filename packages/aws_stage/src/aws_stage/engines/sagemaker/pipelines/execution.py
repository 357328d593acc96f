"""One execution of a pipeline while it runs: which steps are ready, which run, and how it ends."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aws_stage.engines.sagemaker.artifacts import split
from aws_stage.engines.sagemaker.pipelines.book import ExecutionBook
from aws_stage.engines.sagemaker.pipelines.definition import Definition, Step, parse
from aws_stage.engines.sagemaker.pipelines.expressions import ExpressionError, Resolver
from aws_stage.engines.sagemaker.pipelines.steps import StepFailedError, StepStoppedError, StepWork
from aws_stage.engines.sagemaker.resources import Document

logger = logging.getLogger("aws_stage.sagemaker")

GRACE_SECONDS = 2.0
"""How long a stage that goes down waits for steps that run."""
MOST_STEPS_AT_ONCE = 50
"""ParallelismConfiguration's own limit, and what holds without one."""


class Execution:
    """``run`` it on a thread of its own; steps run on theirs. ``stop`` and ``abandon`` are for others."""

    def __init__(self, book: ExecutionBook, client: Callable[[str], Any], document: Document) -> None:
        self._book = book
        self._client = client
        self._arn: str = document["PipelineExecutionArn"]
        self._definition: Definition = parse(document["PipelineDefinition"])
        limit = (document.get("ParallelismConfiguration") or {}).get("MaxParallelExecutionSteps")
        self._most = limit or MOST_STEPS_AT_ONCE
        self._stopped = threading.Event()
        self._abandoned = threading.Event()
        self._gone = threading.Event()
        self._changed = threading.Condition()
        self._running: set[str] = set()
        resolver = Resolver(document["Parameters"], _variables(document), self._properties, self._read)
        self._work = StepWork(client, self._arn, document["RoleArn"], resolver, self._stopped)

    def stop(self) -> None:
        """Begin no more steps, and stop the training jobs of those that run."""
        self._stopped.set()
        self._wake()

    def abandon(self) -> None:
        """The stage goes down: the documents stay as they are."""
        self._abandoned.set()
        self.stop()

    def run(self) -> None:
        """Run steps until none is left that can run; then the execution is over."""
        while not self._abandoned.is_set():
            with self._changed:
                ready = [] if self._stopped.is_set() else self._ready()
                for step in ready[: self._most - len(self._running)]:
                    self._running.add(step.name)
                    threading.Thread(target=self._run_step, args=(step,), daemon=True).start()
                if not self._running:
                    break
                self._changed.wait()
        with self._changed:
            # A function may take its time: a stage that goes down does not wait for it, and invokes it again.
            self._changed.wait_for(lambda: not self._running, GRACE_SECONDS if self._abandoned.is_set() else None)
        if self._abandoned.is_set():
            self._gone.set()
        else:
            self._end()

    def _ready(self) -> list[Step]:
        """Steps that may begin, in the order of the definition. None does once a step has failed."""
        steps = self._book.steps(self._arn)
        if any(each["StepStatus"] in ("Failed", "Stopped") for each in steps.values()):
            return []
        succeeded = {name for name, each in steps.items() if each["StepStatus"] == "Succeeded"}
        return [
            step
            for step in self._definition.steps.values()
            if step.name not in succeeded
            and step.name not in self._running
            and step.after <= succeeded
            and (step.branch is None or _taken(step.branch, steps))
        ]

    def _run_step(self, step: Step) -> None:
        try:
            noted = self._book.begin(self._arn, step)
            properties = self._work.run(step, noted, lambda more: self._book.note(self._arn, step, more))
            if not self._gone.is_set():
                self._book.end(self._arn, step, "Succeeded", Properties=_kept(properties))
        except StepStoppedError:
            if not self._abandoned.is_set():
                self._stop_job(step)
                self._book.end(self._arn, step, "Stopped")
        except (StepFailedError, ExpressionError) as error:
            text = str(error) if isinstance(error, StepFailedError) else f"ClientError: {error}"
            self._fail(step, text)
        except Exception as error:
            logger.exception("step %s of %s", step.name, self._arn)
            self._fail(step, f"InternalServerError: {error!r}")
        finally:
            with self._changed:
                self._running.discard(step.name)
                self._changed.notify_all()

    def _fail(self, step: Step, why: str) -> None:
        """What fails because the stage goes down has not failed."""
        if not self._abandoned.is_set():
            self._book.end(self._arn, step, "Failed", FailureReason=why)

    def _stop_job(self, step: Step) -> None:
        arn = self._book.steps(self._arn)[step.name].get("Metadata", {}).get("TrainingJob", {}).get("Arn")
        if arn is None:
            return
        sagemaker, name = self._client("sagemaker"), arn.rpartition("/")[2]
        try:
            sagemaker.stop_training_job(TrainingJobName=name)
        except sagemaker.exceptions.ClientError as error:
            logger.info("training job %s was over when its execution was stopped: %s", name, error)

    def _end(self) -> None:
        statuses = {each["StepStatus"] for each in self._book.steps(self._arn).values()}
        if "Failed" in statuses:
            self._book.finish(self._arn, "Failed", FailureReason="Step failure: One or multiple steps failed.")
        else:
            self._book.finish(self._arn, "Stopped" if self._stopped.is_set() else "Succeeded")

    def _properties(self, name: str) -> Any:
        step = self._book.steps(self._arn).get(name)
        if step is None or step["StepStatus"] != "Succeeded":
            raise ExpressionError(f"Step {name} has not succeeded, so it has no properties")
        return step["Properties"]

    def _read(self, address: str) -> bytes:
        bucket, key = split(address)
        body: bytes = self._client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _kept(properties: Any) -> Any:
    """Properties as JSON has them; times as a pipeline writes them."""
    return json.loads(json.dumps(properties, default=lambda moment: moment.isoformat()))


def _taken(branch: tuple[str, bool], steps: dict[str, Document]) -> bool:
    condition = steps.get(branch[0])
    if condition is None or condition["StepStatus"] != "Succeeded":
        return False
    return bool(condition["Properties"]["Outcome"] == str(branch[1]))


def _variables(document: Document) -> dict[str, Any]:
    started = datetime.fromtimestamp(document["CreationTime"], UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "PipelineExecutionId": document["PipelineExecutionArn"].rpartition("/")[2],
        "PipelineExecutionArn": document["PipelineExecutionArn"],
        "PipelineName": document["PipelineArn"].rpartition("/")[2],
        "PipelineArn": document["PipelineArn"],
        "StartDateTime": started,
        "CurrentDateTime": started,
    }
