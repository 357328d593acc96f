"""The states of a training job, as its document keeps them and EventBridge hears of them.

Names: SageMaker API reference, "DescribeTrainingJob"; messages are those that SageMaker shows.
"""

from __future__ import annotations

from typing import Any

from aws_stage.engines.sagemaker.arns import TRAINING_JOB
from aws_stage.engines.sagemaker.events import Events, milliseconds, tags_of
from aws_stage.engines.sagemaker.resources import Document, Resources, described

DETAIL_TYPE = "SageMaker Training Job State Change"
_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime")
_LONGEST_REASON = 1024

STARTING = "Starting"
STOPPING = "Stopping"
_MESSAGES = {
    STARTING: "Starting the training job",
    "Restarting": "The stage stopped while the job ran: starting it again",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    STOPPING: "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
}
_ENDS = {"Completed": "Completed", "Failed": "Failed", "Stopped": "Stopped", "MaxRuntimeExceeded": "Stopped"}
"""The primary status that each last secondary status belongs to."""


class JobStates:
    """Moves jobs from state to state. Safe between threads."""

    def __init__(self, resources: Resources, events: Events) -> None:
        self._resources = resources
        self._events = events

    def first(self) -> Document:
        """What a new job's document holds of its state."""
        now = self._resources.now()
        return {
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": STARTING,
            "SecondaryStatusTransitions": [_transition(STARTING, now)],
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    def enter(self, name: str, secondary: str, **more: Any) -> None:
        """The job is in ``secondary`` from now on, and the fields ``more`` change with it."""
        now = self._resources.now()
        was_over = False

        def edit(document: Document) -> None:
            nonlocal was_over
            was_over = document["TrainingJobStatus"] in _ENDS.values()
            if was_over:  # it came to its end while somebody stopped it
                return
            transitions = document["SecondaryStatusTransitions"]
            transitions[-1].setdefault("EndTime", now)
            transitions.append(_transition(secondary, now))
            is_stopping = document["TrainingJobStatus"] == STOPPING or secondary == STOPPING
            status = _ENDS.get(secondary, STOPPING if is_stopping else "InProgress")
            document |= {"TrainingJobStatus": status, "SecondaryStatus": secondary, "LastModifiedTime": now, **more}
            if secondary in _ENDS:
                transitions[-1]["EndTime"] = now
                _add_times(document, now)
            if "FailureReason" in document:
                document["FailureReason"] = document["FailureReason"][:_LONGEST_REASON]

        changed = self._resources.change(TRAINING_JOB, name, edit)
        if not was_over:
            self.announce(changed)

    def announce(self, document: Document) -> None:
        """Send the event of a job's present state."""
        detail = {**milliseconds(described(document), _TIMES), "Tags": tags_of(document)}
        self._events.send(DETAIL_TYPE, detail, document["TrainingJobArn"])


def _transition(secondary: str, now: float) -> Document:
    return {"Status": secondary, "StartTime": now, "StatusMessage": _MESSAGES[secondary]}


def _add_times(document: Document, now: float) -> None:
    document["TrainingEndTime"] = now
    if "TrainingStartTime" in document:
        seconds = max(1, round(now - document["TrainingStartTime"]))
        document |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
