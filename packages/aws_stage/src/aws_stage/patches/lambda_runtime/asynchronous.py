"""An asynchronous invocation is the engine's: on disk before it is accepted, and tried as the function's settings say.

ministack holds it in a thread of its own, as many as there are, takes a throttled attempt for a failed one, and
overlooks the settings.
"""

from __future__ import annotations

from typing import Any

from aws_stage.engines.lambda_runtime.engine import LambdaRuntimeEngine
from aws_stage.patches.replace import replace


def apply(engine: LambdaRuntimeEngine) -> None:
    from ministack.services import lambda_svc

    def invoke_async(function: dict[str, Any], event: Any) -> None:
        arn = (function.get("config") or function)["FunctionArn"]
        engine.accept(arn, event, lambda_svc._invoke_depth.get())

    replace(lambda_svc, "invoke_async_with_retry", invoke_async)
