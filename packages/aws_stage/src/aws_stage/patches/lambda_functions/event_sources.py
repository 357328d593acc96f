"""No idle wait after each invocation of another runtime than Python, and no event source that would never deliver."""

from __future__ import annotations

from typing import Any

from aws_stage.patches.replace import replace

FIRST_LINE_SECONDS = 0.003
IDLE_SECONDS = 0.002


def apply() -> None:
    from ministack.core import lambda_runtime
    from ministack.core.responses import error_response_json
    from ministack.services import lambda_svc

    worker: Any = lambda_runtime.Worker
    drain = worker._drain_stderr_bounded
    if drain.__code__.co_varnames[1:4] != ("first_line_wait", "idle_confirm", "hard_cap"):
        raise AttributeError("Worker._drain_stderr_bounded has other arguments than those that were patched")
    # The original waits 50 ms for a first log line after every invocation that logs nothing. What a handler wrote
    # before it answered is in the pipe already; this leaves the reader thread the moment that it needs.
    drain.__defaults__ = (FIRST_LINE_SECONDS, IDLE_SECONDS, drain.__defaults__[2])

    def create_mapping(data: dict[str, Any]) -> Any:
        """Streams belong to the kinesis engine, which ministack's poller cannot see: it would wait for ever."""
        if str(data.get("EventSourceArn", "")).split(":")[2:3] == ["kinesis"]:
            return error_response_json(
                "InvalidParameterValueException",
                "The local stage runs event source mappings of Kinesis streams that CreateEventSourceMapping made, and "
                "no others.",
                400,
            )
        return original_create(data)

    original_create = replace(lambda_svc, "_create_esm", create_mapping)
