"""What is on disk of executions, and the events of what changes there."""

from __future__ import annotations

from typing import Any

from aws_stage.engines.sagemaker.arns import PIPELINE_EXECUTION
from aws_stage.engines.sagemaker.events import Events, written_time
from aws_stage.engines.sagemaker.pipelines.definition import Step
from aws_stage.engines.sagemaker.resources import Document, Resources

OVER = ("Succeeded", "Failed", "Stopped")
_LONGEST_REASON = 1300
_EXECUTION, _STEP = (f"SageMaker Model Building Pipeline Execution {what}Status Change" for what in ("", "Step "))


def key_of(execution_arn: str) -> str:
    """``<pipeline>/<execution>``, the key of the document."""
    return execution_arn.partition(":pipeline/")[2].replace("/execution/", "/", 1)


class ExecutionBook:
    """Safe between threads."""

    def __init__(self, resources: Resources, events: Events) -> None:
        self._resources = resources
        self._events = events

    def steps(self, arn: str) -> dict[str, Document]:
        """The steps that have begun, by name."""
        steps: dict[str, Document] = self._resources.get(PIPELINE_EXECUTION, key_of(arn))["Steps"]
        return steps

    def begin(self, arn: str, step: Step) -> dict[str, Any]:
        """The step runs from now on; returns what an earlier run of it has noted."""
        now = self._resources.now()

        def edit(document: Document) -> None:
            known = document["Steps"].get(step.name)
            shown = {
                f"Step{field}": step.body[field] for field in ("DisplayName", "Description") if step.body.get(field)
            }
            new = {"StepName": step.name, "StepType": step.type, "StartTime": now, "AttemptCount": 1, **shown}
            document["Steps"][step.name] = {**(known or new), "StepStatus": "Executing"}

        self._change(arn, step, edit)
        noted: dict[str, Any] = self.steps(arn)[step.name].get("Metadata", {})
        return noted

    def note(self, arn: str, step: Step, metadata: dict[str, Any]) -> None:
        """Add to the step's metadata."""

        def edit(document: Document) -> None:
            entry = document["Steps"][step.name]
            entry["Metadata"] = {**entry.get("Metadata", {}), **metadata}

        self._resources.change(PIPELINE_EXECUTION, key_of(arn), edit)

    def end(self, arn: str, step: Step, status: str, **more: Any) -> None:
        """The step is over."""
        now = self._resources.now()

        def edit(document: Document) -> None:
            document["Steps"][step.name] |= {"StepStatus": status, "EndTime": now, **more}
            if "FailureReason" in more:
                document["Steps"][step.name]["FailureReason"] = more["FailureReason"][:_LONGEST_REASON]

        self._change(arn, step, edit)

    def finish(self, arn: str, status: str, **more: str) -> None:
        """The execution has another status from now on."""
        before = ""

        def edit(document: Document) -> None:
            nonlocal before
            before = document["PipelineExecutionStatus"]
            document |= {"PipelineExecutionStatus": status, "LastModifiedTime": self._resources.now(), **more}

        self.announce(self._resources.change(PIPELINE_EXECUTION, key_of(arn), edit), before)

    def announce(self, document: Document, before: str | None) -> None:
        """Send the event of an execution's status; ``before`` is the one that it had."""
        status = document["PipelineExecutionStatus"]
        detail = {
            "pipelineExecutionDisplayName": document["PipelineExecutionDisplayName"],
            "currentPipelineExecutionStatus": status,
            **({"previousPipelineExecutionStatus": before} if before else {}),
            "executionStartTime": written_time(document["CreationTime"]),
            **({"executionEndTime": written_time(document["LastModifiedTime"])} if status in OVER else {}),
            **_named("pipelineExecutionDescription", document.get("PipelineExecutionDescription")),
            "pipelineArn": document["PipelineArn"],
            "pipelineExecutionArn": document["PipelineExecutionArn"],
        }
        self._events.send(_EXECUTION, detail, document["PipelineArn"], document["PipelineExecutionArn"])

    def _change(self, arn: str, step: Step, edit: Any) -> None:
        before = ""

        def edit_one(document: Document) -> None:
            nonlocal before
            before = document["Steps"].get(step.name, {}).get("StepStatus", "Starting")
            edit(document)
            document["LastModifiedTime"] = self._resources.now()

        document = self._resources.change(PIPELINE_EXECUTION, key_of(arn), edit_one)
        entry = document["Steps"][step.name]
        detail = {
            "metadata": {_lowered(kind): _lowered_keys(value) for kind, value in entry.get("Metadata", {}).items()},
            "stepStartTime": written_time(entry["StartTime"]),
            **({"stepEndTime": written_time(entry["EndTime"])} if "EndTime" in entry else {}),
            "stepName": step.name,
            "stepType": step.type,
            "previousStepStatus": before,
            "currentStepStatus": entry["StepStatus"],
            **_named("failureReason", entry.get("FailureReason")),
            "pipelineArn": document["PipelineArn"],
            "pipelineExecutionArn": arn,
        }
        self._events.send(_STEP, detail, document["PipelineArn"], arn)


def _named(name: str, value: Any) -> dict[str, Any]:
    return {name: value} if value else {}


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


def _lowered_keys(value: dict[str, Any]) -> dict[str, Any]:
    return {_lowered(name): each for name, each in value.items()}
