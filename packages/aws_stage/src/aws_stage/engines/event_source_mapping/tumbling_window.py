"""The open tumbling window of a shard and its state.

Lambda developer guide, "Implementing stateful Kinesis Data Streams processing in Lambda": a record is of the window in
which it arrived; a window's state passes from invocation to invocation; a state of more than 1 MB ends it early.
"""

from __future__ import annotations

from typing import Any

import orjson

from aws_stage.engines.event_source_mapping.records import Record, WindowPart

MAX_STATE_BYTES = 1024 * 1024
_FIELDS_BYTES = 512
"""More than the fields of a window take of an event beside the state."""


class TumblingWindow:
    """``start`` is None while no window is open."""

    def __init__(self, seconds: int, kept: dict[str, Any] | None = None) -> None:
        """``kept`` is what ``document`` gave, perhaps in an earlier life of the stage."""
        self.seconds = seconds
        self.start: int | None = kept["start"] if kept else None
        self.state: Any = kept["state"] if kept else {}
        self.state_bytes = 0
        """What the window adds to a payload."""
        self._measure()

    def open_for(self, record: Record) -> None:
        """Open the window of ``record`` unless one is open."""
        if self.start is None:
            self.start = self._start_of(record)

    def holds(self, record: Record) -> bool:
        """Whether ``record`` is of the open window."""
        return self.start == self._start_of(record)

    def part(self) -> WindowPart:
        """The open window, for a batch of its records."""
        start = self._opened()
        return WindowPart(start, start + self.seconds)

    def final(self, next_record: Record | None, caught_up: float, *, ended: bool) -> WindowPart | None:
        """The last invocation of the open window, when it is due.

        It is when the next record is of another window, when every record that arrived before the window's end has
        been processed (``caught_up``), when the shard has ended, or when the state has grown too large.
        """
        if self.start is None:
            return None
        end = self.start + self.seconds
        if self.state_bytes - _FIELDS_BYTES > MAX_STATE_BYTES:
            return WindowPart(self.start, end, final=True, early=True)
        if next_record is not None:
            return None if self.holds(next_record) else WindowPart(self.start, end, final=True)
        if caught_up >= end:
            return WindowPart(self.start, end, final=True)
        return WindowPart(self.start, end, final=True, early=True) if ended else None

    def advance(self, part: WindowPart, state: Any) -> None:
        """A batch of ``part`` was processed and gave ``state``; after the last one there is none."""
        if part.final:
            self.close()
        else:
            self.state = state
            self._measure()

    def close(self) -> None:
        """Forget the window and its state."""
        self.start, self.state = None, {}
        self._measure()

    def document(self) -> dict[str, Any] | None:
        """What must be kept with the position."""
        return None if self.start is None else {"start": self.start, "state": self.state}

    def _measure(self) -> None:
        self.state_bytes = len(orjson.dumps(self.state)) + _FIELDS_BYTES

    def _start_of(self, record: Record) -> int:
        return int(record.arrival // self.seconds) * self.seconds

    def _opened(self) -> int:
        if self.start is None:
            raise RuntimeError("no tumbling window is open")
        return self.start
