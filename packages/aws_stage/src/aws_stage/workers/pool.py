"""Workers at rest, so that not every request waits for a process to start."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aws_stage.kernel.settings import Settings
from aws_stage.workers.process import WorkerProcess

IDLE_SECONDS = 60.0
"""How long a worker without work is kept: it holds some 100 MB."""


class WorkerPool:
    """Lends workers of one module. None is started before the first is wanted; those who borrow bound their number."""

    def __init__(
        self,
        module: str,
        settings: Settings,
        idle_seconds: float = IDLE_SECONDS,
        start: Callable[..., WorkerProcess] = WorkerProcess,
    ) -> None:
        self._module = module
        self._settings = settings
        self._idle_seconds = idle_seconds
        self._start = start
        self._lock = threading.Lock()
        self._resting: list[tuple[float, WorkerProcess]] = []
        self._lent: set[WorkerProcess] = set()
        self._closed = False

    @contextmanager
    def worker(self) -> Iterator[WorkerProcess]:
        """A worker of the caller's own; it comes back to rest unless it has ended. RuntimeError once closed."""
        worker = self._take()
        try:
            yield worker
        finally:
            self._give_back(worker)

    def close(self) -> None:
        """End every worker, lent ones too."""
        with self._lock:
            self._closed = True
            workers = [*(worker for _, worker in self._resting), *self._lent]
            self._resting.clear()
        for worker in workers:
            worker.end()

    def _take(self) -> WorkerProcess:
        with self._lock:
            if self._closed:
                raise RuntimeError("the stage is stopping")
            while self._resting:
                _, worker = self._resting.pop()
                if worker.is_alive:
                    self._lent.add(worker)
                    return worker
                worker.end()
            worker = self._start(self._module, self._settings)
            self._lent.add(worker)
            return worker

    def _give_back(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._lent.discard(worker)
            keep = worker.is_alive and not self._closed
            if keep:
                self._resting.append((time.monotonic(), worker))
        if not keep:
            worker.end()
            return
        timer = threading.Timer(self._idle_seconds, self._end_idle)
        timer.daemon = True
        timer.start()

    def _end_idle(self) -> None:
        with self._lock:
            oldest = time.monotonic() - self._idle_seconds
            idle = [worker for since, worker in self._resting if since <= oldest]
            self._resting = [(since, worker) for since, worker in self._resting if since > oldest]
        for worker in idle:
            worker.end()
