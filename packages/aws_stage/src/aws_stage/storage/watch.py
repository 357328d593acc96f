"""Interrupts what runs too long: one thread looks after all queries, for one a query would cost more than it does."""

from __future__ import annotations

import threading
import time
from typing import Protocol

_LOOK = 1.0
"""Seconds between two looks."""


class Interruptible(Protocol):
    """A connection of DuckDB."""

    def interrupt(self) -> None: ...


class Watch:
    """Each thing that began is interrupted ``longest`` seconds later, unless it has ended by then."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._lock = threading.Lock()
        self._running: dict[int, tuple[Interruptible, float]] = {}
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, running: Interruptible) -> None:
        """Look after it from now on."""
        with self._lock:
            self._running[id(running)] = running, time.monotonic() + self._longest
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="query-watch", daemon=True)
                self._thread.start()

    def end(self, running: Interruptible) -> None:
        """It is over: it is not interrupted after this."""
        with self._lock:
            del self._running[id(running)]

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def _look(self) -> None:
        while not self._closed.wait(_LOOK):
            now = time.monotonic()
            with self._lock:
                for running, deadline in self._running.values():
                    if deadline <= now:
                        running.interrupt()
