"""Lambda functions, as ministack, which keeps them, and the engine that runs them speak of them.

A function's ``config`` is what GetFunctionConfiguration answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

MOST_BYTES = 6_291_556
"""Of a payload and of an answer (6 MB): docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

MOST_UNZIPPED_BYTES = 262_144_000
"""Of a package or a layer, the same page; ministack holds a function with all its layers to it, and what is larger for
one alone never gets that far."""

UNREADABLE = "unreadable"
"""In place of a kind of function error: the payload is not JSON, and no invocation took place."""

Config = Mapping[str, Any]
Result = dict[str, Any]
"""Of an invocation, as ministack has it: ``body`` (bytes when the event was a Payload), ``error``, ``log``, and
``function_error`` or ``throttle`` where there is one."""

Scope = tuple[str, str, str]
"""Account, region, function."""

Values = Sequence[tuple[float, int]]
"""Values of a metric, and how often each was seen."""

LogLine = tuple[int, str]
"""When it was printed (epoch ms), and what."""


@dataclass(frozen=True)
class Payload:
    """An event as it came, not read by the stage."""

    content: bytes


@dataclass(frozen=True)
class Invocation:
    """One call of a function; ``trace`` is its X-Ray tracing header."""

    config: Config
    event: Any
    request_id: str
    trace: str


@dataclass(frozen=True)
class Code:
    """What a function is made of, as zips; layers are read when a process starts."""

    package: bytes
    layers: Callable[[], list[bytes]]


@dataclass(frozen=True)
class Attempt:
    """What came of an asynchronous event: the result, and the function's settings for what follows."""

    config: Config
    settings: Config
    result: Result


class FunctionKeeper(Protocol):
    """What ministack does for the engine; ``attempt`` alone needs no account and region around it."""

    def credentials(self, config: Config) -> Mapping[str, str]:
        """The variables that a function signs its calls with."""
        ...

    def log(self, group: str, stream: str, lines: Sequence[LogLine]) -> None:
        """Write lines to a stream of CloudWatch Logs, which is made when it is not there."""
        ...

    def datum(self, scope: Scope, moment: float, metric: tuple[str, str, Values]) -> None:
        """Write a metric of AWS/Lambda (name, unit, values) at ``moment``, in epoch seconds."""
        ...

    def attempt(self, function_arn: str, event: Any, depth: int) -> Attempt | None:
        """Run a function with an event, so deep in calls of functions; None when there is no such function any more."""
        ...
