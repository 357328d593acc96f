"""Work that is done again and again, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Periodic:
    """Calls ``act`` every ``seconds`` from ``start`` to ``stop``; with ``at_end``, once more then.

    What ``act`` raises ends the thread: it handles its own errors. ``stopping`` is set when it should come to an end.
    """

    def __init__(self, act: Callable[[], None], seconds: float, name: str, *, at_end: bool = False) -> None:
        self._act = act
        self._seconds = seconds
        self._at_end = at_end
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; the first call is ``seconds`` away."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and wait for what is under way."""
        self.stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self.stopping.wait(self._seconds):
            self._act()
        if self._at_end:
            self._act()
