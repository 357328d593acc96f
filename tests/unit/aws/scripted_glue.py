"""Glue that answers from a script, and a clock that only sleeping moves."""

from __future__ import annotations

from typing import Any

import boto3

from datastreamer.aws.clock import Clock
from datastreamer.aws.waiting import Patience


class FakeTime(Clock):
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> float:
        return self.seconds

    def patience(self, timeout: float) -> Patience:
        return Patience(timeout=timeout, clock=self)


class ScriptedGlue:
    """Glue that answers from a script; errors are the client's own."""

    def __init__(self, **answers: list[Any]) -> None:
        self.exceptions = boto3.client("glue", region_name="ap-northeast-1").exceptions
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        def call(**_arguments: Any) -> Any:
            answer = self._answers[operation].pop(0)
            if isinstance(answer, str):
                raise getattr(self.exceptions, answer)({"Error": {"Code": answer, "Message": answer}}, operation)
            return answer

        return call
