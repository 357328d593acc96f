"""Where a recording has what: its header, its columns, and the rows below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from datastreamer.errors import UsageError
from datastreamer.sensor.replay.columns import resolve
from datastreamer.sensor.replay.guesses import Guesses
from datastreamer.sensor.replay.recording import Recording, Row


class Layout(NamedTuple):
    """``columns``: the 0-based column of each field; ``header``: the names of all columns, or None; ``width``: how many
    there are in the first row."""

    recording: Recording
    header: list[str] | None
    columns: Mapping[str, int]
    width: int

    def rows(self) -> Iterator[Row]:
        """The rows below the header."""
        rows = self.recording.rows()
        if self.header is not None:
            next(rows)
        return rows

    def name(self, field: str) -> str:
        """What the header says of the column of ``field``; empty without a header."""
        return self.header[self.columns[field]] if self.header else ""


def lay_out(recording: Recording, columns: Mapping[str, str | None], *, header: bool, guesses: Guesses) -> Layout:
    """Find the ``columns`` that the user named (see ``resolve``) in ``recording``.

    Raises UsageError for a file without rows, for a first row that cannot be read, and as ``resolve`` does.
    """
    path = recording.path
    if recording.encoding.marked:
        guesses.add(f"{path.name} was taken for {recording.encoding.name.upper()}, as its byte order mark says")
    rows = recording.rows()
    first = next(rows, None)
    if first is None:
        raise UsageError(f"{path} is empty")
    if first.problem is not None:
        raise UsageError(f"{path}, line {first.line}: {first.problem}")
    names = first.fields if header else None
    found = resolve(columns, names, len(first.fields), guesses)
    if header and next(rows, None) is None:
        raise UsageError(f"{path} has a header and no row below it; if line {first.line} is a row, say --no-header")
    return Layout(recording, names, found, len(first.fields))
