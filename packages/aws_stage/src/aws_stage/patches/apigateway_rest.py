"""API Gateway's REST APIs: a function that fails, or answers in another form, is an error of API Gateway's own.

A client gets 502 and "Internal server error", in the form and with the headers of the gateway response DEFAULT_5XX;
what the function raised is in its log alone
(docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html, "Output format", and
supported-gateway-response-types.html). ministack answers with the function's error, past the gateway responses.
"""

from __future__ import annotations

import json
from typing import Any

from aws_stage.patches.replace import replace, wrap

_MESSAGE = "Internal server error"


class _FunctionFailureError(Exception):
    """The function ended in an error, or its answer has no statusCode."""


def apply() -> None:
    from ministack.services import apigateway_v1 as rest

    class FailedFunction(rest._GatewayError):  # type: ignore[misc]
        """Answered by DEFAULT_5XX, whose status is otherwise 500."""

    def shaped(original: Any, result: dict[str, Any]) -> Any:
        if not result.get("throttle") and (result.get("error") or not _is_answer(result.get("body"))):
            raise _FunctionFailureError
        return original(result)

    async def invoked(*arguments: Any, **named: Any) -> Any:
        try:
            return await invoke(*arguments, **named)
        except _FunctionFailureError:
            return FailedFunction("DEFAULT_5XX", _MESSAGE)

    def rendered(original: Any, error: Any, request: dict[str, Any]) -> Any:
        status, headers, body = original(error, request)
        if isinstance(error, FailedFunction) and not _has_own_status(rest, request):
            status = 502
        return status, headers, body

    wrap(rest, "_lambda_proxy_response", shaped)
    invoke = replace(rest, "_invoke_lambda_proxy_v1", invoked)
    wrap(rest, "_gateway_error_response", rendered)


def _is_answer(payload: Any) -> bool:
    if isinstance(payload, (str, bytes)):
        try:
            payload = json.loads(payload)
        except ValueError:
            return False
    return isinstance(payload, dict) and "statusCode" in payload


def _has_own_status(rest: Any, request: dict[str, Any]) -> bool:
    """Whether the stage's deployment gives DEFAULT_5XX a status of its own."""
    deployed = rest._deployed_gateway_responses.get(request["api_id"], {}).get(request["stage"].get("deploymentId"), {})
    return bool(deployed.get("DEFAULT_5XX", {}).get("statusCode"))
