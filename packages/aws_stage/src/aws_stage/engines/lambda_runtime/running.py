"""What a running invocation has printed is written while it runs, as Lambda does, and not only once it has ended.

Metrics are printed too: an invocation that tries for minutes would otherwise hide from every alarm.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger("aws_stage.lambda")

EVERY_SECONDS = 1.0


@dataclass(eq=False)
class Running:
    """An invocation under way. ``write`` takes what was printed since it was called last."""

    write: Callable[[], None]
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """The account and region of the call: the lines are written by another thread."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: bool = False


class RunningInvocations:
    """Looks at every invocation that is under way, each second, on one thread for all."""

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        self._every = every
        self._running: set[Running] = set()
        self._some = threading.Condition()
        self._thread: threading.Thread | None = None

    def begin(self, write: Callable[[], None]) -> Running:
        """Have ``write`` called until the invocation ends."""
        running = Running(write)
        with self._some:
            self._running.add(running)
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, name="lambda-running", daemon=True)
                self._thread.start()
            self._some.notify()
        return running

    def end(self, running: Running) -> None:
        """Return when ``write`` is not being called, nor will be."""
        with self._some:
            self._running.discard(running)
        with running.lock:
            running.ended = True

    def _follow(self) -> None:
        pause: Any = threading.Event()
        while True:
            with self._some:
                self._some.wait_for(lambda: self._running)
            pause.wait(self._every)
            with self._some:
                running = list(self._running)
            for one in running:
                with one.lock:
                    if not one.ended:
                        try:
                            one.context.run(one.write)
                        except Exception:  # what is wrong with one log must not end the others'
                            logger.exception("what a function has printed could not be written yet")
