"""Lambda: a Python function runs as on AWS: alone with its code and the runtime, its payload untouched on the way.

ministack runs it on the stage's own interpreter with all that is installed there and the stage's environment, ends its
process after an exception, reads and writes the payload anew at each step, on the event loop, and waits for what it
printed by the clock.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from aws_stage.patches.lambda_archives import unpacked
from aws_stage.patches.lambda_logs import FunctionLogs, InvocationLog
from aws_stage.patches.lambda_payloads import MOST_BYTES, UNREADABLE, Payload, is_python
from aws_stage.patches.lambda_running import RunningInvocations
from aws_stage.patches.lambda_runtime_folder import interpreter, prepare
from aws_stage.patches.lambda_worker import Environment, Outcome, Setting, function_environment
from aws_stage.patches.replace import replace

TAIL_BYTES = 4096
PENDING_SECONDS = 0.05
"""How long a new function is Pending, and a changed one InProgress: enough to be seen."""


class Functions:
    """Runs Python functions in ministack's pool of workers."""

    def __init__(self, lambda_svc: Any, lambda_runtime: Any, logs: FunctionLogs, folder: Path) -> None:
        self._lambda = lambda_svc
        self._runtime_module = lambda_runtime
        self._logs = logs
        self._running = RunningInvocations()
        shutil.rmtree(folder, ignore_errors=True)  # what an earlier stage left
        self._runtime = prepare(folder / "runtime")
        self._folder = folder
        self._interpreter = interpreter()

    def worker_class(self) -> type:
        """ministack's ``Worker``, with an environment of ours for its process."""
        functions = self
        base: Any = self._runtime_module.Worker

        class PythonWorker(base):  # type: ignore[misc]
            environment: Any = None
            variables: dict[str, str]
            retired = False

            def _spawn(self) -> None:
                self._end()
                self._tmpdir, self.environment, self.variables = functions.start(self.config, self.code_zip)
                self._proc: Any = self.environment.process

            def run(self, call: dict[str, Any], payload: bytes) -> Outcome:
                with self._lock:
                    if self._proc is None or self.environment is None or not self.environment.alive:
                        self._spawn()
                        first = True
                    else:
                        first = False
                    environment: Environment = self.environment
                    if environment.failure is not None:
                        content = {**json.loads(environment.failure.content), "requestId": call["request_id"]}
                        outcome = changed(
                            environment.failure, content=json.dumps(content).encode(), init_ms=environment.init_ms
                        )
                        self._end()
                        return outcome
                    outcome = environment.invoke(call, payload)
                    if first:
                        outcome.init_ms = environment.init_ms
                    return outcome

            def invoke(self, event: Any, request_id: str, **_: Any) -> dict[str, Any]:
                """ministack's own form, for the services that hold a worker themselves."""
                result = functions.run(self, {"config": self.config}, event, request_id)
                body = result["body"]
                if not result["error"]:
                    return {"status": "ok", "result": body, "log": result["log"]}
                return {"status": "error", "error": body.get("errorMessage", ""), "log": result["log"]}

            def _end(self) -> None:
                if self.environment is not None:
                    self.environment.end()
                    self.environment = None
                self._proc = None
                self._discard_tmpdir()

        return PythonWorker

    def start(self, config: dict[str, Any], code: bytes) -> tuple[str, Environment, dict[str, str]]:
        """A new environment, the folder that it lives in, and its variables."""
        folder = Path(tempfile.mkdtemp(prefix=f"{config['FunctionName']}-", dir=self._folder))
        layers = []
        for number, layer in enumerate(config.get("Layers") or []):
            content = self._lambda._resolve_layer_zip(layer)
            if content:
                layers.append(unpacked(content, folder / f"layer-{number}"))
        _, region = self._runtime_module._account_region_from_function_config(config)
        credentials = self._runtime_module.execution_credentials(config)
        endpoint = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
        variables = function_environment(config, credentials, region, endpoint)
        variables["LAMBDA_TASK_ROOT"] = str(folder / "code")
        variables["LAMBDA_RUNTIME_DIR"] = str(self._runtime)
        setting = Setting(
            config["Handler"], unpacked(code, folder / "code"), layers, self._runtime, self._interpreter, variables
        )
        try:
            return str(folder), Environment(setting), variables
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def execute(self, function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        """In place of ``_execute_function_warm``: a slot is taken already, and what follows is ministack's."""
        config = function.get("config") or function
        version = config.get("Version", "$LATEST")
        self._lambda._ensure_reaper_thread()
        worker, _ = self._lambda.acquire_worker(config["FunctionName"], config, function["code_zip"], qualifier=version)
        try:
            return self.run(worker, function, event, request_id)
        finally:
            self._lambda.release_worker(worker)
            if worker.retired:
                worker.kill()

    def run(self, worker: Any, function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        """Invoke a worker that is held, and write down what it printed."""
        config = function.get("config") or function
        raw = isinstance(event, Payload)
        content = event.content if raw else json.dumps(event).encode()
        started = time.time()
        call = {
            "request_id": request_id,
            "function_arn": config.get("FunctionArn", ""),
            "seconds": float(config.get("Timeout", 3)),
            "environment": {
                "_X_AMZN_TRACE_ID": self._lambda._xray_trace_id_for_invocation(config),
                self._runtime_module.INVOKE_DEPTH_ENV: str(self._lambda._invoke_depth.get()),
                **dict.fromkeys(self._runtime_module.DURABLE_ENV_VARS),
                **self._lambda._durable_env_overlay(),
            },
        }
        log = InvocationLog(self._logs, request_id, started)
        running = self._running.begin(lambda: log.go_on(worker))
        try:
            outcome = worker.run(call, content)
        finally:
            self._running.end(running)
        if len(outcome.content) > MOST_BYTES:
            outcome = _too_large(outcome)
        lines = log.end(worker.variables, outcome)
        result: dict[str, Any] = {
            "body": outcome.content if raw else json.loads(outcome.content or b"null"),
            "error": outcome.error,
            "log": "\n".join(lines)[-TAIL_BYTES:],
        }
        if outcome.error:
            result["function_error"] = "Unhandled"
        if outcome.unreadable is not None:
            result.update(error=True, function_error=UNREADABLE, body=outcome.unreadable.encode())
        return result


def _too_large(outcome: Outcome) -> Outcome:
    message = f"Response payload size exceeded maximum allowed payload size ({MOST_BYTES} bytes)."
    error = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
    return changed(outcome, content=json.dumps(error).encode(), error=True)


def apply() -> None:
    from ministack.core import lambda_runtime
    from ministack.services import cloudwatch_logs, lambda_svc

    folder = Path(os.environ["STATE_DIR"]).parent.with_name("work") / "lambda"
    functions = Functions(lambda_svc, lambda_runtime, FunctionLogs(cloudwatch_logs), folder)
    worker: Any = functions.worker_class()

    def worker_class_for(config: dict[str, Any]) -> Any:
        return worker if is_python(config) else original_class(config)

    original_class = replace(lambda_runtime, "_worker_class_for", worker_class_for)

    def kill_workers(workers: Any) -> None:
        """What runs when a function is changed or deleted runs to its end, as on AWS."""
        busy = [one for one in workers if isinstance(one, worker) and one.in_use]
        for one in busy:
            one.retired = True
        original_kill([one for one in workers if one not in busy])

    original_kill = replace(lambda_runtime, "kill_workers", kill_workers)

    def execute(function: dict[str, Any], event: Any, request_id: str) -> Any:
        config = function.get("config") or function
        ours = is_python(config) and function.get("code_zip")
        return functions.execute(function, event, request_id) if ours else original_execute(function, event, request_id)

    original_execute = replace(lambda_svc, "_execute_function_warm", execute)

    def emit_logs(function: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        if not is_python(function.get("config") or function):
            original_emit(function, *args, **kwargs)

    original_emit = replace(lambda_svc, "_emit_lambda_logs", emit_logs)
    replace(lambda_svc, "_LAMBDA_STATE_TRANSITION_DELAY", PENDING_SECONDS)
    lambda_svc.logger.addFilter(lambda record: not str(record.msg).startswith("Lambda %s output"))
