"""Invoking a schedule's target: with its input, its retries, and its dead-letter queue at the end."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.scheduler import targets
from aws_stage.engines.scheduler.targets import Clients, TargetError
from aws_stage.kernel.settings import ACCOUNT_ID

logger = logging.getLogger("aws_stage.scheduler")

_MOST_ATTEMPTS = 185
_LONGEST_AGE = 86_400
"""Defaults of RetryPolicy: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html"""

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 300.0


@dataclass(frozen=True)
class Invocation:
    """One occurrence of a schedule: ``attempt`` counts from 0, ``when`` is the time of that attempt.

    ``first`` and ``when`` are in monotonic seconds.
    """

    schedule: dict[str, Any]
    due: datetime
    execution_id: str
    first: float
    when: float
    attempt: int = 0


class Delivery:
    """Invokes targets and keeps, in memory, what must be tried again."""

    def __init__(self, clients: Clients, region: str, monotonic: Callable[[], float]) -> None:
        self._clients = clients
        self._monotonic = monotonic
        self._region = region
        self._waiting: list[Invocation] = []

    def begin(self, schedule: dict[str, Any], due: datetime) -> None:
        """Invoke the target for the occurrence that was due at ``due``."""
        now = self._monotonic()
        self._attempt(Invocation(schedule, due, uuid.uuid4().hex, first=now, when=now))

    def retry(self) -> None:
        """Try again what is waiting and whose time has come."""
        now = self._monotonic()
        ready = [invocation for invocation in self._waiting if invocation.when <= now]
        self._waiting = [invocation for invocation in self._waiting if invocation.when > now]
        for invocation in ready:
            self._attempt(replace(invocation, when=now))

    def is_waiting(self, arn: str) -> bool:
        """Whether an occurrence of the schedule ``arn`` is still to be tried again."""
        return any(invocation.schedule["Arn"] == arn for invocation in self._waiting)

    def _attempt(self, invocation: Invocation) -> None:
        schedule = invocation.schedule
        text = self._input(invocation)
        try:
            targets.invoke(self._clients, schedule["Target"], text)
        except TargetError as error:
            self._failed(invocation, error, text)
            return
        logger.info("%s invoked %s", schedule["Name"], schedule["Target"]["Arn"])

    def _failed(self, invocation: Invocation, error: TargetError, text: str) -> None:
        policy = invocation.schedule["Target"].get("RetryPolicy") or {}
        wait = min(_FIRST_WAIT * 2**invocation.attempt, _LONGEST_WAIT)
        age = invocation.when + wait - invocation.first
        exhausted = ""
        if not error.is_final:
            if invocation.attempt >= policy.get("MaximumRetryAttempts", _MOST_ATTEMPTS):
                exhausted = "MaximumRetryAttempts"
            elif age > policy.get("MaximumEventAgeInSeconds", _LONGEST_AGE):
                exhausted = "MaximumEventAgeInSeconds"
            else:
                self._waiting.append(replace(invocation, when=invocation.when + wait, attempt=invocation.attempt + 1))
                return
        logger.warning("%s could not invoke its target: %s", invocation.schedule["Name"], error)
        self._bury(invocation, error, exhausted, text)

    def _bury(self, invocation: Invocation, error: TargetError, exhausted: str, text: str) -> None:
        schedule = invocation.schedule
        queue = (schedule["Target"].get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        marks = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message or error.code,
            "EXECUTION_ID": invocation.execution_id,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(invocation.attempt),
            "SCHEDULED_TIME": _written(invocation.due),
            "SCHEDULE_ARN": schedule["Arn"],
            "TARGET_ARN": schedule["Target"]["Arn"],
            **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
        }
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in marks.items()}
        try:
            url = self._clients("sqs").get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
            self._clients("sqs").send_message(QueueUrl=url, MessageBody=text or "{}", MessageAttributes=attributes)
        except (ClientError, BotoCoreError):
            logger.exception("the dead-letter queue %s of %s took no message", queue, schedule["Name"])

    def _input(self, invocation: Invocation) -> str:
        """The target's input, its context attributes filled in; Scheduler's own event where none is given."""
        schedule = invocation.schedule
        text = schedule["Target"].get("Input")
        if not text:
            if schedule["Target"]["Arn"].startswith("arn:aws:scheduler:::"):
                return ""
            return json.dumps(
                {
                    "version": "0",
                    "id": invocation.execution_id,
                    "detail-type": "Scheduled Event",
                    "source": "aws.scheduler",
                    "account": ACCOUNT_ID,
                    "time": _written(invocation.due),
                    "region": self._region,
                    "resources": [schedule["Arn"]],
                    "detail": "{}",
                }
            )
        for name, value in (
            ("schedule-arn", schedule["Arn"]),
            ("scheduled-time", _written(invocation.due)),
            ("execution-id", invocation.execution_id),
            ("attempt-number", str(invocation.attempt)),
        ):
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return str(text)


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
