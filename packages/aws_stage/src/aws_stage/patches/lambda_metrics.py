"""Lambda's own metrics: each invocation is counted once, and written once a second.

ministack counts a throttled call twice and as an invocation, an asynchronous one when it is taken and not when it runs,
and writes three or four datapoints for each, on the event loop.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from aws_stage.kernel.metric_backlog import Backlog
from aws_stage.patches.replace import replace

logger = logging.getLogger("aws_stage.lambda")

FLUSH_SECONDS = 1.0
MOST_VALUES = 20
"""Durations that are kept apart for a second; beyond that, neighbours are taken together."""

Scope = tuple[str, str, str]
Datum = tuple[Scope, float, tuple[str, str, list[tuple[float, int]]]]
"""Account, region, function."""


@dataclass
class Counted:
    """What one function did in a second."""

    durations: list[float] = field(default_factory=list)
    errors: int = 0
    throttles: int = 0
    concurrent: int = 0

    def data(self) -> list[tuple[str, str, list[tuple[float, int]]]]:
        """Metric, unit, and values with how often each was seen."""
        runs = len(self.durations)
        found = []
        if runs:
            found += [
                ("Invocations", "Count", [(1.0, runs)]),
                ("Errors", "Count", [(value, n) for value, n in ((1.0, self.errors), (0.0, runs - self.errors)) if n]),
                ("Duration", "Milliseconds", taken_together(self.durations)),
                ("ConcurrentExecutions", "Count", [(float(self.concurrent), 1)]),
            ]
        if runs or self.throttles:
            values = [(value, n) for value, n in ((1.0, self.throttles), (0.0, runs)) if n]
            found.append(("Throttles", "Count", values))
        return found


def taken_together(durations: list[float]) -> list[tuple[float, int]]:
    """At most ``MOST_VALUES`` values for all: the least and the greatest as they are, the others by neighbours."""
    ordered = sorted(durations)
    if len(ordered) <= MOST_VALUES:
        return [(value, 1) for value in ordered]
    inner, groups = ordered[1:-1], MOST_VALUES - 2
    cuts = [len(inner) * number // groups for number in range(groups + 1)]
    parts = [inner[low:high] for low, high in pairwise(cuts) if high > low]
    return [(ordered[0], 1), *((sum(part) / len(part), len(part)) for part in parts), (ordered[-1], 1)]


class Counts:
    """Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[Scope, Counted] = {}

    def ran(self, scope: Scope, duration_ms: float, *, error: bool) -> None:
        """An invocation came to its end."""
        with self._lock:
            counted = self._counted.setdefault(scope, Counted())
            counted.durations.append(duration_ms)
            counted.errors += error

    def started(self, scope: Scope, concurrent: int) -> None:
        """An invocation began, as one of so many."""
        with self._lock:
            counted = self._counted.setdefault(scope, Counted())
            counted.concurrent = max(counted.concurrent, concurrent)

    def throttled(self, scope: Scope) -> None:
        """An invocation was turned away."""
        with self._lock:
            self._counted.setdefault(scope, Counted()).throttles += 1

    def take(self) -> dict[Scope, Counted]:
        """What was counted since the last time."""
        with self._lock:
            counted, self._counted = self._counted, {}
        return counted


def apply() -> None:
    from ministack.core.responses import request_scope
    from ministack.services import cloudwatch, lambda_svc

    counts = Counts()
    replace(lambda_svc, "_emit_lambda_metrics", lambda *_args, **_kwargs: None)

    def scope_of(config: dict[str, Any]) -> Scope:
        return (*lambda_svc._account_region_from_function_config(config), config.get("FunctionName", "unknown"))

    def acquire(function: dict[str, Any], config: dict[str, Any]) -> Any:
        slot, limit = original_acquire(function, config)
        if slot is None:
            counts.throttled(scope_of(config))
        else:
            counts.started(scope_of(config), lambda_svc._inflight.get(slot, 1))
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
            counts.ran(scope_of(config), 1000 * (time.perf_counter() - started), error=error)

    original_dispatch = replace(lambda_svc, "_execute_function_dispatch", dispatch)

    def write(data: Sequence[Datum]) -> None:
        for (account, region, function), moment, (name, unit, values) in data:
            with request_scope(account, region):
                dimensions = {"FunctionName": function}
                seen, counts = [value for value, _ in values], [count for _, count in values]
                cloudwatch._store_datum("AWS/Lambda", name, dimensions, moment, unit, None, seen, counts, None)

    backlog: Backlog[Datum] = Backlog("AWS/Lambda")

    def flush() -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            now = time.time()
            data = [(scope, now, datum) for scope, done in counts.take().items() for datum in done.data()]
            try:
                backlog.put(data, write, at_once=1)
            except Exception:
                logger.exception("the metrics of invocations could not be written, and wait")

    threading.Thread(target=flush, name="lambda-metrics", daemon=True).start()
