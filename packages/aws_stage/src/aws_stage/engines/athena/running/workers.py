"""The queue of queries, the threads that see them through, and how a query is stopped."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

logger = logging.getLogger("aws_stage.athena")

CONCURRENT_QUERIES = 3
"""Queries that run at once; the others wait in the order they came, QUEUED."""


_INSIST = 0.2
"""Seconds after which a query that still runs is interrupted again."""


class Interruptible(Protocol):
    """Something that runs and can be told to stop: a worker in the stage, a DuckDB connection in the worker."""

    def interrupt(self) -> None: ...


class QueryCancelledError(Exception):
    """The query was stopped by its user."""


class Cancellation:
    """Whether one query has been stopped, and what to interrupt when it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._running: Interruptible | None = None

    def cancel(self) -> None:
        """Stop the query: whatever it runs is interrupted, and its next check raises."""
        with self._lock:
            self._cancelled = True
            if self._running is not None:
                self._running.interrupt()

    @property
    def is_cancelled(self) -> bool:
        """Whether the query has been stopped."""
        return self._cancelled

    def check(self) -> None:
        """Raise QueryCancelledError once the query has been stopped."""
        if self._cancelled:
            raise QueryCancelledError

    @contextmanager
    def interrupting(self, running: Interruptible) -> Iterator[None]:
        """Inside, ``cancel`` interrupts ``running``."""
        with self._lock:
            if self._cancelled:
                raise QueryCancelledError
            self._running = running
        try:
            yield
        finally:
            with self._lock:
                self._running = None


class Workers:
    """A fixed number of threads over one queue; threads start with the first query."""

    def __init__(self, run: Callable[[str, Cancellation], None]) -> None:
        self._run = run
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting: dict[str, Cancellation] = {}
        self._threads: list[threading.Thread] = []
        self._stopping = False

    def submit(self, execution_id: str) -> None:
        """Queue a query."""
        with self._lock:
            if self._stopping:
                return
            self._waiting[execution_id] = Cancellation()
            if len(self._threads) < CONCURRENT_QUERIES:
                thread = threading.Thread(target=self._work, name=f"athena-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._queue.put(execution_id)

    def cancel(self, execution_id: str) -> None:
        """Stop a query that waits or runs; nothing happens when it has ended."""
        with self._lock:
            cancellation = self._waiting.get(execution_id)
        if cancellation is None:
            return
        cancellation.cancel()
        # An interrupt between two of the query's statements is lost: say it again until the query has ended.
        again = threading.Timer(_INSIST, self.cancel, [execution_id])
        again.daemon = True
        again.start()

    def stop(self) -> None:
        """Cancel everything and end the threads."""
        with self._lock:
            self._stopping = True
            waiting, threads = list(self._waiting), list(self._threads)
        for execution_id in waiting:
            self.cancel(execution_id)
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            thread.join(timeout=10)

    def _work(self) -> None:
        while (execution_id := self._queue.get()) is not None:
            with self._lock:
                cancellation = self._waiting[execution_id]
            try:
                if not self._stopping:
                    self._run(execution_id, cancellation)
            except Exception:
                logger.exception("query %s", execution_id)
            finally:
                with self._lock:
                    del self._waiting[execution_id]
