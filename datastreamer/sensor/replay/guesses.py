"""What was taken in one of several possible ways, so that a run can say it."""

from __future__ import annotations

from collections import Counter


class Guesses:
    """Counts each guess by its sentence. Sentences must not hold what differs from row to row."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, guess: str) -> None:
        """``guess``, a sentence without its full stop, was made once more."""
        self._counts[guess] += 1

    def lines(self) -> list[str]:
        """Each guess, and how often it was made if more than once."""
        return [guess if count == 1 else f"{guess} ({count:,} times)" for guess, count in self._counts.items()]
