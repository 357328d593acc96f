"""Making several things or none: what was made is taken back when a later step fails."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.errors import DatastreamerError

Report = Callable[[str], None]


class Undo:
    """``note`` each step with what takes it back. A block that raises has its steps taken back, last first.

    ``report`` is told of each; what cannot be taken back is told with ``advice``.
    """

    def __init__(self, report: Report, advice: str) -> None:
        self._report = report
        self._advice = advice
        self._steps: list[tuple[str, Callable[[], object]]] = []

    def note(self, what: str, take_back: Callable[[], object]) -> None:
        """``what`` is made or about to be (``role x``); ``take_back`` answers False when there was none."""
        self._steps.append((what, take_back))

    def keep(self) -> None:
        """What was made so far stays, whatever happens."""
        self._steps.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        left = []
        for what, take_back in reversed(self._steps):
            try:
                done = take_back()
            except (ClientError, BotoCoreError, DatastreamerError) as fault:
                left.append(f"{what} ({fault})")
            else:
                if done is not False:
                    self._report(f"took back {what}")
        if left:
            self._report(f"left behind: {'; '.join(left)}. {self._advice}")
