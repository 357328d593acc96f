"""Lambda's own metrics: each invocation is counted once, and written once a second.

docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from aws_stage.engines.lambda_runtime.functions import Scope
from aws_stage.kernel.metric_backlog import Backlog
from aws_stage.kernel.periodic import Periodic

logger = logging.getLogger("aws_stage.lambda")

FLUSH_SECONDS = 1.0
MOST_VALUES = 20
"""Durations that are kept apart for a second; beyond that, neighbours are taken together."""

Metric = tuple[str, str, list[tuple[float, int]]]
"""Name, unit, and values with how often each was seen."""


@dataclass
class Counted:
    """What one function did in a second."""

    durations: list[float] = field(default_factory=list)
    errors: int = 0
    throttles: int = 0
    concurrent: int = 0

    def data(self) -> list[Metric]:
        """What CloudWatch gets of it."""
        runs = len(self.durations)
        found: list[Metric] = []
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


class Metrics:
    """Counts from any thread; a thread of its own has ``write`` write every second, and once more at the end."""

    def __init__(self, write: Callable[[Scope, float, Metric], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._counted: dict[Scope, Counted] = {}
        self._backlog: Backlog[tuple[Scope, float, Metric]] = Backlog("AWS/Lambda")
        self._flushing = Periodic(self._flush, FLUSH_SECONDS, "lambda-metrics", at_end=True)

    def start(self) -> None:
        """Begin to write."""
        self._flushing.start()

    def stop(self) -> None:
        """Write what is left and end."""
        self._flushing.stop()

    def ended(self, scope: Scope, duration_ms: float, *, error: bool) -> None:
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

    def _flush(self) -> None:
        with self._lock:
            counted, self._counted = self._counted, {}
        now = time.time()
        data = [(scope, now, metric) for scope, done in counted.items() for metric in done.data()]
        try:
            self._backlog.put(data, self._put, at_once=1)
        except Exception:
            logger.exception("the metrics of invocations could not be written, and wait")

    def _put(self, data: Sequence[tuple[Scope, float, Metric]]) -> None:
        for datum in data:
            self._write(*datum)
