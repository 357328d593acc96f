"""The payload of an Invoke is passed on as it came.

ministack reads it as JSON on the event loop, takes what is not JSON for an empty event, and knows no limit.
"""

from __future__ import annotations

import contextvars
import json
from typing import Any

from aws_stage.engines.lambda_runtime.functions import MOST_BYTES, UNREADABLE, Payload
from aws_stage.patches.replace import replace

MOST_ASYNC_BYTES = 1_048_576


def is_python(config: dict[str, Any]) -> bool:
    """Whether the engine runs the function, and not ministack."""
    return str(config.get("Runtime", "")).startswith("python") and config.get("PackageType", "Zip") == "Zip"


_given: contextvars.ContextVar[bytes | None] = contextvars.ContextVar("payload", default=None)
"""The body of the Invoke call that is being handled."""


def apply() -> None:
    from ministack.services import lambda_svc

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if method != "POST" or not path.rstrip("/").endswith("/invocations"):
            return await original_handle(method, path, headers, body, query)
        _given.set(body)
        return await original_handle(method, path, headers, b"", query)

    original_handle = replace(lambda_svc, "handle_request", handle_request)

    async def invoke(name: str, event: Any, headers: Any, *args: Any) -> Any:
        body = _given.get()
        if body is None:
            return await original_invoke(name, event, headers, *args)
        asynchronous = headers.get("x-amz-invocation-type") == "Event"
        kind, most = ("Event", MOST_ASYNC_BYTES) if asynchronous else ("RequestResponse", MOST_BYTES)
        if len(body) > most:
            message = f"{len(body)} byte payload is too large for the {kind} invocation type (limit {most} bytes)"
            return lambda_svc.error_response_json("RequestTooLargeException", message, 413)
        config = (lambda_svc._functions.get(name) or {}).get("config") or {}
        durable = (config.get("DurableConfig") or {}).get("Enabled")
        content = body or b"{}"
        if is_python(config) and not asynchronous and not durable:
            event = Payload(content)
        else:
            try:
                event = json.loads(content)
            except (ValueError, RecursionError) as error:
                return _unreadable(lambda_svc, str(error))
        answer = await original_invoke(name, event, headers, *args)
        if answer[1].get("X-Amz-Function-Error") == UNREADABLE:
            return _unreadable(lambda_svc, answer[2].decode())
        return answer

    original_invoke = replace(lambda_svc, "_invoke", invoke)


def _unreadable(lambda_svc: Any, why: str) -> Any:
    message = f"Could not parse request body into json: {why}"
    return lambda_svc.error_response_json("InvalidRequestContentException", message, 400)
