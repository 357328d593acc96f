"""Another row to ask about where the model failed at one alone: its answer says whether the model works.

It outlives the batch in which it was scored, so that a record that comes on its own has one, too. How old it is does
not matter, as it is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass

from datastreamer.scoring.payload import Payload


@dataclass
class Control:
    """The row that the model scored last, if it has scored one."""

    _scored: bytes | None = None

    def remember(self, row: bytes) -> None:
        """Take ``row``, which was scored just now."""
        self._scored = row

    def forget(self) -> None:
        """The model that serves now refuses it."""
        self._scored = None

    def beside(self, row: bytes, payload: Payload) -> bytes | None:
        """The row that was scored last, where it has the width of ``row``; else zeros. None when ``row`` is zeros.

        A function that has just started has scored nothing; zeros are a row that most models take.
        """
        commas, scored = row.count(b","), self._scored
        if scored is not None and scored != row and scored.count(b",") == commas:
            return scored
        zeros = payload.row([0] * (commas + 1))
        return None if zeros == row else zeros
