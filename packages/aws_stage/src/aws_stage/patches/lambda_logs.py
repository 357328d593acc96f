"""What functions print, in CloudWatch Logs: one stream an environment, written each second of an invocation.

ministack makes a log stream for each invocation, which is a file and an entry of the service's state here.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import Any

from aws_stage.patches.lambda_worker import LogLine, Outcome


class FunctionLogs:
    """Writes to ministack's module ``cloudwatch_logs``; needs the request's account and region."""

    def __init__(self, cloudwatch_logs: Any) -> None:
        self._logs = cloudwatch_logs
        self._lock = threading.Lock()

    def append(self, environment: Mapping[str, str], lines: list[LogLine]) -> None:
        """Write lines to the environment's stream, which is made when it is not there."""
        group, name = environment["AWS_LAMBDA_LOG_GROUP_NAME"], environment["AWS_LAMBDA_LOG_STREAM_NAME"]
        now = int(time.time() * 1000)
        with self._lock:
            stream = self._stream(group, name, now)
        events = [{"timestamp": at, "message": text, "ingestionTime": now} for at, text in lines]
        self._logs._append_log_events(stream, events)
        self._logs._fanout_to_subscription_filters(
            group, name, [{"timestamp": event["timestamp"], "message": event["message"]} for event in events]
        )

    def _stream(self, group: str, name: str, now: int) -> dict[str, Any]:
        if group not in self._logs._log_groups:
            self._logs._log_groups[group] = {
                "arn": self._logs._make_group_arn(group),
                "creationTime": now,
                "retentionInDays": None,
                "tags": {},
                "subscriptionFilters": {},
                "streams": {},
            }
        new = {
            "events": [],
            "uploadSequenceToken": "1",
            "creationTime": now,
            "firstEventTimestamp": None,
            "lastEventTimestamp": None,
            "lastIngestionTime": None,
        }
        stream: dict[str, Any] = self._logs._log_groups[group]["streams"].setdefault(name, new)
        return stream


class InvocationLog:
    """The log of one invocation, which began at ``started`` (epoch s); written as it goes."""

    def __init__(self, logs: FunctionLogs, request_id: str, started: float) -> None:
        self._logs = logs
        self._request_id = request_id
        self._started = started
        self._written: list[str] = []

    def go_on(self, worker: Any) -> None:
        """Write what ``worker`` has printed since this was called last."""
        environment = worker.environment  # there is none while a process is started
        lines = environment.printed() if environment is not None else []
        if lines:
            self._write(worker.variables, lines)

    def end(self, environment: Mapping[str, str], outcome: Outcome) -> list[str]:
        """Write what is left; returns the lines of all of it."""
        ended = int(time.time() * 1000)
        end = (ended, f"END RequestId: {self._request_id}")
        self._write(environment, [*outcome.lines, end, (ended, _report(environment, self._request_id, outcome))])
        return self._written

    def _write(self, environment: Mapping[str, str], lines: list[LogLine]) -> None:
        if not self._written:
            version = environment["AWS_LAMBDA_FUNCTION_VERSION"]
            start = f"START RequestId: {self._request_id} Version: {version}"
            lines = [(int(self._started * 1000), start), *lines]
        self._logs.append(environment, lines)
        self._written += [text for _, text in lines]


def _report(environment: Mapping[str, str], request_id: str, outcome: Outcome) -> str:
    """Lambda's last line: docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {outcome.duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(outcome.duration_ms + (outcome.init_ms or 0.0))} ms",
        f"Memory Size: {environment['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']} MB",
        f"Max Memory Used: {outcome.peak_mb} MB",
    ]
    if outcome.init_ms is not None:
        parts.append(f"Init Duration: {outcome.init_ms:.2f} ms")
    return "\t".join(parts) + "\t"
