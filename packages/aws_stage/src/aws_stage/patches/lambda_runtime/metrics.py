"""Each invocation is counted once, by the engine.

ministack counts a throttled call twice and as an invocation, an asynchronous one when it is taken and not when it runs,
and writes three or four datapoints for each, on the event loop.
"""

from __future__ import annotations

import time
from typing import Any

from aws_stage.engines.lambda_runtime.engine import LambdaRuntimeEngine
from aws_stage.engines.lambda_runtime.functions import Scope
from aws_stage.patches.replace import replace


def apply(engine: LambdaRuntimeEngine) -> None:
    from ministack.services import lambda_svc

    replace(lambda_svc, "_emit_lambda_metrics", lambda *_args, **_kwargs: None)

    def scope_of(config: dict[str, Any]) -> Scope:
        return (*lambda_svc._account_region_from_function_config(config), config.get("FunctionName", "unknown"))

    def acquire(function: dict[str, Any], config: dict[str, Any]) -> Any:
        slot, limit = original_acquire(function, config)
        if slot is None:
            engine.throttled(scope_of(config))
        else:
            engine.started(scope_of(config), lambda_svc._inflight.get(slot, 1))
        return slot, limit

    original_acquire = replace(lambda_svc, "_acquire_execution_slot", acquire)

    def dispatch(function: dict[str, Any], config: dict[str, Any], *args: Any) -> Any:
        started = time.perf_counter()
        error = True
        try:
            result = original_dispatch(function, config, *args)
            error = bool(result.get("error"))
            return result
        finally:
            engine.ended(scope_of(config), 1000 * (time.perf_counter() - started), error=error)

    original_dispatch = replace(lambda_svc, "_execute_function_dispatch", dispatch)
