"""A Python function runs in the engine, alone with its code and AWS's runtime.

ministack runs it on the stage's own interpreter with all that is installed there and the stage's environment, ends its
process after an exception, reads and writes the payload anew at each step, on the event loop, waits for what it printed
by the clock, and makes a log stream for each invocation. Its pool of workers stays: a worker of ours has an instance of
the engine's for its process.
"""

from __future__ import annotations

from typing import Any

from aws_stage.engines.lambda_runtime.engine import LambdaRuntimeEngine
from aws_stage.engines.lambda_runtime.functions import Code, Invocation, Result
from aws_stage.patches.lambda_runtime.payloads import is_python
from aws_stage.patches.lambda_runtime.tracing import lineage, untraced
from aws_stage.patches.replace import replace

PENDING_SECONDS = 0.05
"""How long a new function is Pending, and a changed one InProgress: enough to be seen."""


class Workers:
    """Runs Python functions in ministack's pool."""

    def __init__(self, engine: LambdaRuntimeEngine, lambda_svc: Any, lambda_runtime: Any) -> None:
        self._engine = engine
        self._lambda = lambda_svc
        self._module = lambda_runtime

    def worker_class(self) -> type:
        """ministack's ``Worker``, with an instance of ours for its process."""
        workers = self
        base: Any = self._module.Worker

        class PythonWorker(base):  # type: ignore[misc]
            retired = False

            def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
                super().__init__(func_name, config, code_zip)
                self.instance = workers.instance(config, code_zip)

            def _spawn(self) -> None:
                self.instance.start()

            def invoke(self, event: Any, request_id: str, **_: Any) -> dict[str, Any]:
                """ministack's own form, for the services that hold a worker themselves."""
                result = workers.run(self, self.config, event, request_id)
                body = result["body"]
                if not result["error"]:
                    return {"status": "ok", "result": body, "log": result["log"]}
                return {"status": "error", "error": body.get("errorMessage", ""), "log": result["log"]}

            def _discard_tmpdir(self) -> None:
                self.instance.end()

        return PythonWorker

    def instance(self, config: dict[str, Any], package: bytes) -> Any:
        """An instance for a worker."""

        def layers() -> list[bytes]:
            found = (self._lambda._resolve_layer_zip(layer) for layer in config.get("Layers") or [])
            return [content for content in found if content]

        return self._engine.instance(config, Code(package, layers))

    def execute(self, function: dict[str, Any], event: Any, request_id: str) -> Result:
        """In place of ``_execute_function_warm``: a slot is taken already, and what follows is ministack's."""
        config = function.get("config") or function
        version = config.get("Version", "$LATEST")
        self._lambda._ensure_reaper_thread()
        worker, _ = self._lambda.acquire_worker(config["FunctionName"], config, function["code_zip"], qualifier=version)
        try:
            return self.run(worker, config, event, request_id)
        finally:
            self._lambda.release_worker(worker)
            if worker.retired:
                worker.kill()

    def run(self, worker: Any, config: dict[str, Any], event: Any, request_id: str) -> Result:
        """Invoke a worker that is held."""
        trace = self._lambda._xray_trace_id_for_invocation(config) or untraced()
        trace += lineage(config.get("FunctionArn", ""), self._lambda._invoke_depth.get())
        return self._engine.run(worker.instance, Invocation(config, event, request_id, trace))


def apply(engine: LambdaRuntimeEngine) -> None:
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    workers = Workers(engine, lambda_svc, lambda_runtime)
    ours: Any = workers.worker_class()

    def worker_class_for(config: dict[str, Any]) -> Any:
        return ours if is_python(config) else original_class(config)

    original_class = replace(lambda_runtime, "_worker_class_for", worker_class_for)

    def kill_workers(doomed: Any) -> None:
        """What runs when a function is changed or deleted runs to its end, as on AWS."""
        busy = [one for one in doomed if isinstance(one, ours) and one.in_use]
        for one in busy:
            one.retired = True
        original_kill([one for one in doomed if one not in busy])

    original_kill = replace(lambda_runtime, "kill_workers", kill_workers)

    def execute(function: dict[str, Any], event: Any, request_id: str) -> Any:
        here = is_python(function.get("config") or function) and function.get("code_zip")
        return workers.execute(function, event, request_id) if here else original_execute(function, event, request_id)

    original_execute = replace(lambda_svc, "_execute_function_warm", execute)

    def emit_logs(function: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        if not is_python(function.get("config") or function):
            original_emit(function, *args, **kwargs)

    original_emit = replace(lambda_svc, "_emit_lambda_logs", emit_logs)
    replace(lambda_svc, "_LAMBDA_STATE_TRANSITION_DELAY", PENDING_SECONDS)
    lambda_svc.logger.addFilter(lambda record: not str(record.msg).startswith("Lambda %s output"))
