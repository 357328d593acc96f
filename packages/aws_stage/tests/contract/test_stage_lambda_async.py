"""Asynchronous invocations on the local stage: kept, tried again as the function's settings say, and told of."""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.lambda_functions import create, metric
from aws_stage.testing.waiting import eventually

pytestmark = pytest.mark.stage

NOTES = """
    import os, time
    def handler(event, context):
        with open(event["notes"], "a") as notes:
            notes.write(event["say"] + "\\n")
        if event.get("wait"):
            while not os.path.exists(event["wait"]):
                time.sleep(0.01)
        if event.get("fail"):
            raise ValueError("no good")
        return event["say"]
"""


def _queue(stage: RunningStage) -> tuple[str, str]:
    sqs = stage.client("sqs")
    url: str = sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _send(stage: RunningStage, name: str, **event: Any) -> None:
    answer = stage.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), InvocationType="Event")
    assert answer["StatusCode"] == 202


def _message(stage: RunningStage, queue: str) -> dict[str, Any]:
    sqs = stage.client("sqs")
    asked = {"QueueUrl": queue, "WaitTimeSeconds": 1, "MessageAttributeNames": ["All"]}
    message: dict[str, Any] = eventually(lambda: sqs.receive_message(**asked).get("Messages"))[0]
    return message


def _said(notes: Path) -> list[str]:
    return notes.read_text().split() if notes.exists() else []


def test_an_accepted_event_survives_a_kill(new_stage: Callable[..., RunningStage], tmp_path: Path) -> None:
    stage, notes, gate = new_stage(), tmp_path / "notes", tmp_path / "gate"
    name = create(stage, NOTES)
    _send(stage, name, notes=str(notes), say="once", wait=str(gate))
    eventually(lambda: _said(notes), ["once"])
    stage.stop(signal.SIGKILL)
    gate.touch()
    stage.start()
    eventually(lambda: _said(notes), ["once", "once"])


def test_a_failed_event_is_tried_again_and_its_end_is_told(stage: RunningStage, tmp_path: Path) -> None:
    (succeeded, to_succeeded), (failed, to_failed), (dead, to_dead) = (_queue(stage) for _ in range(3))
    notes = tmp_path / "notes"
    name = create(stage, NOTES, DeadLetterConfig={"TargetArn": to_dead})
    stage.client("lambda").put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnSuccess": {"Destination": to_succeeded}, "OnFailure": {"Destination": to_failed}},
    )
    event = {"notes": str(notes), "say": "fails", "fail": True}
    _send(stage, name, **event)
    record = json.loads(_message(stage, failed)["Body"])
    assert record["requestPayload"] == event
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "no good"
    letter = _message(stage, dead)
    assert json.loads(letter["Body"]) == event
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no good"
    assert _said(notes) == ["fails", "fails"]

    _send(stage, name, notes=str(notes), say="works")
    record = json.loads(_message(stage, succeeded)["Body"])
    assert (record["requestContext"]["condition"], record["responsePayload"]) == ("Success", "works")


def test_a_throttled_event_waits_and_is_not_lost(stage: RunningStage, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    name = create(stage, NOTES)
    functions = stage.client("lambda")
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    _send(stage, name, notes=str(notes), say="patience")
    eventually(lambda: _throttles(stage, name) > 1, True)
    assert _said(notes) == []
    functions.delete_function_concurrency(FunctionName=name)
    eventually(lambda: _said(notes), ["patience"])


def _throttles(stage: RunningStage, name: str) -> float:
    return metric(stage, "AWS/Lambda", "Throttles", {"FunctionName": name}) or 0
