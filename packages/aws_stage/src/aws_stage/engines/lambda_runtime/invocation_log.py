"""The log of one invocation: START, what was printed, END and REPORT, written as it goes.

docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence

from aws_stage.engines.lambda_runtime.environment import Outcome
from aws_stage.engines.lambda_runtime.functions import LogLine
from aws_stage.engines.lambda_runtime.instance import FunctionInstance

Write = Callable[[str, str, Sequence[LogLine]], None]
"""Writes lines to a log group's stream."""


class InvocationLog:
    """Of an invocation that began at ``started`` (epoch s)."""

    def __init__(self, write: Write, request_id: str, started: float) -> None:
        self._to = write
        self._request_id = request_id
        self._started = started
        self._written: list[str] = []

    def go_on(self, instance: FunctionInstance) -> None:
        """Write what was printed since this was called last."""
        lines = instance.printed()
        if lines:
            self._write(instance.variables, lines)

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
        self._to(environment["AWS_LAMBDA_LOG_GROUP_NAME"], environment["AWS_LAMBDA_LOG_STREAM_NAME"], lines)
        self._written += [text for _, text in lines]


def _report(environment: Mapping[str, str], request_id: str, outcome: Outcome) -> str:
    """The last line."""
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
