"""Changes to a text, noted by their places in it and applied at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    closes: bool
    text: str


class Edits:
    """At one place, what closes comes before what opens; else in the order of the calls."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._edits: list[_Edit] = []

    def __len__(self) -> int:
        return len(self._edits)

    def before(self, at: int, text: str) -> None:
        """Put ``text`` before what begins at ``at``."""
        self._edits.append(_Edit(at, at, closes=False, text=text))

    def after(self, at: int, text: str) -> None:
        """Put ``text`` behind what ends at ``at``."""
        self._edits.append(_Edit(at, at, closes=True, text=text))

    def replace(self, start: int, end: int, text: str) -> None:
        """Put ``text`` in the place of ``start`` to ``end``."""
        self._edits.append(_Edit(start, end, closes=False, text=text))

    def applied(self) -> str:
        """The changed text."""
        parts, at = [], 0
        for edit in sorted(self._edits, key=lambda each: (each.start, not each.closes)):
            parts += [self._source[at : edit.start], edit.text]
            at = edit.end
        return "".join([*parts, self._source[at:]])
