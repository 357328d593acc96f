"""The engine: what runs when a function is invoked.

Functions themselves, their versions, aliases, layers and permissions, are ministack's. Its services invoke functions
from many places, so it calls the engine (``serve``), and the gateway sends it no operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.lambda_runtime.destinations import Destinations, Finished
from aws_stage.engines.lambda_runtime.event_queue import EventQueue, Pending, verdict
from aws_stage.engines.lambda_runtime.functions import Code, Config, FunctionKeeper, Invocation, Result, Scope
from aws_stage.engines.lambda_runtime.instance import FunctionInstance, Host
from aws_stage.engines.lambda_runtime.invocations import Invocations
from aws_stage.engines.lambda_runtime.metrics import Metrics
from aws_stage.engines.lambda_runtime.runtime_folder import RuntimeFolder
from aws_stage.kernel.engine import Handler, Stage
from aws_stage.kernel.settings import HOST
from aws_stage.kernel.steady_time import SteadyTime
from aws_stage.storage import leftovers


class LambdaRuntimeEngine:
    """Runs the functions of the keeper that ``serve`` is given, before it starts."""

    name = "lambda_runtime"
    owns: frozenset[str] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.operations: Mapping[tuple[str, str], Handler] = {}

    def serve(self, keeper: FunctionKeeper) -> None:
        settings = self._stage.settings
        folder = self._stage.directory(self.name)
        leftovers.clear(folder)
        self._host = Host(
            folder, RuntimeFolder(folder / "runtime"), f"http://{HOST}:{settings.port}", keeper.credentials
        )
        self._keeper = keeper
        self._invocations = Invocations(keeper.log)
        self._metrics = Metrics(keeper.datum)
        self._steady = SteadyTime()
        self._queue = EventQueue(self._stage.store(self.name), self._attempt, self._steady.time)
        self._destinations = Destinations(self._stage.client)

    def start(self) -> None:
        self._metrics.start()
        self._queue.start()

    def stop(self) -> None:
        self._queue.stop()
        self._metrics.stop()

    def instance(self, config: Config, code: Code) -> FunctionInstance:
        return FunctionInstance(self._host, config, code)

    def run(self, instance: FunctionInstance, invocation: Invocation) -> Result:
        return self._invocations.run(instance, invocation)

    def accept(self, function_arn: str, event: Any, depth: int) -> None:
        self._queue.accept(function_arn, event, depth)

    def started(self, scope: Scope, concurrent: int) -> None:
        self._metrics.started(scope, concurrent)

    def ended(self, scope: Scope, duration_ms: float, *, error: bool) -> None:
        self._metrics.ended(scope, duration_ms, error=error)

    def throttled(self, scope: Scope) -> None:
        self._metrics.throttled(scope)

    def _attempt(self, pending: Pending) -> float | None:
        attempt = self._keeper.attempt(pending.function_arn, pending.event, pending.depth)
        if attempt is None:
            return None  # deleted, and its events with it
        after = verdict(pending, attempt.result, attempt.settings, self._steady.time())
        if isinstance(after, float):
            return after
        finished = Finished(
            pending.function_arn, pending.event, after, pending.attempts, attempt.config, attempt.result
        )
        self._destinations.tell(finished, attempt.settings)
        return None
