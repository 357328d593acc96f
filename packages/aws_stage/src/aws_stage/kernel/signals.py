"""Wake-ups between engines: who sends does not know who listens, and neither imports the other.

A signal carries no data and may be lost with the process: it says that looking now is worth it, and a listener must
look now and then without one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

Listener = Callable[[], None]


class Signals:
    """Topics are the ARNs of what has changed. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, tuple[Listener, ...]] = {}

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` on the sender's thread at each signal, so it must be quick; returns how to end that."""
        with self._lock:
            self._listeners[topic] = (*self._listeners.get(topic, ()), listener)

        def end() -> None:
            with self._lock:
                left = tuple(kept for kept in self._listeners.get(topic, ()) if kept is not listener)
                if left:
                    self._listeners[topic] = left
                else:
                    self._listeners.pop(topic, None)

        return end

    def send(self, topic: str) -> None:
        """Wake whoever listens to ``topic``."""
        for listener in self._listeners.get(topic, ()):
            listener()
