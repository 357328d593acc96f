"""Ctrl+C: the first one asks a run to end well, the second one to end at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Set by SIGINT and SIGTERM while ``listening``."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._on_second: Callable[[], None] | None = None

    @property
    def stopped(self) -> bool:
        """Whether production must end."""
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        """Sleep, but not past the request."""
        self._event.wait(seconds)

    def request(self) -> None:
        """Ask once more."""
        if self._event.is_set() and self._on_second is not None:
            self._on_second()
        self._event.set()

    @contextmanager
    def listening(self, on_second: Callable[[], None]) -> Iterator[None]:
        """Handle the signals meanwhile; the second one calls ``on_second``, which must be safe in a signal handler."""
        self._on_second = on_second
        before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.request()
