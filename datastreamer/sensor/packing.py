"""Packing: several newline-ended lines of one device in one Kinesis record.

Kinesis bills a record in units of 25 KB and Firehose in steps of 5 KB, so a record of one 190-byte reading pays for
130. Lines of a device stay in order, and only lines of one device share a record.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from datastreamer.events.digest import HASH_BYTES
from datastreamer.sensor.kinesis.limits import MAX_RECORD_BYTES
from datastreamer.sensor.kinesis.record import Record

Marks = Sequence[tuple[int, str]]
"""(index of a line within its lines, mark), by rising index."""


class _Open:
    """A record that is being filled."""

    __slots__ = ("hashes", "lines", "marks", "pieces", "places", "since", "size")

    def __init__(self, since: float) -> None:
        self.pieces: list[bytes] = []
        self.lines = 0
        self.size = 0
        self.marks: list[str] = []
        self.places: list[int] = []
        self.hashes: list[bytes] = []
        self.since = since


class Lines(NamedTuple):
    """Lines of one device: ``data`` holds them one after the other, each with its newline; ``ends`` says where each
    ends in it; ``hashes`` has what each is known by (packed), or is empty."""

    device: str
    data: bytes
    ends: Sequence[int]
    marks: Marks = ()
    hashes: bytes = b""


class _Piece(NamedTuple):
    """What of some lines goes into one record; ``places`` count from its own first line."""

    data: bytes
    lines: int
    marks: list[str]
    places: list[int]
    hashes: bytes


class Packer:
    """Fills records of up to ``pack`` lines each, and lets one go unfilled once it is ``linger`` seconds old.

    Raises InvalidRecordError (``record_too_large``) for a line that fits in no record.
    """

    def __init__(self, pack: int, linger: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._pack = pack
        self._linger = linger
        self._clock = clock
        self._open: dict[str, _Open] = {}

    def add(self, lines: Lines) -> list[Record]:
        """Take ``lines`` in; returns the records that are full now, oldest first."""
        device, data, ends, marks, hashes = lines
        limit = MAX_RECORD_BYTES - len(device.encode())
        records: list[Record] = []
        first, start, mark, total = 0, 0, 0, len(ends)
        while first < total:
            filling = self._open.pop(device, None)
            held, held_size = (filling.lines, filling.size) if filling else (0, 0)
            last = min(total, first + self._pack - held)
            while last > first and held_size + ends[last - 1] - start > limit:
                last -= 1
            if last == first:
                # Alone, the line fits in no record: Record refuses it and says why.
                records.append(_close(device, filling) if filling else Record(device, data[start : ends[first]]))
                continue
            upto = mark
            while upto < len(marks) and marks[upto][0] < last:
                upto += 1
            piece = _Piece(
                data[start : ends[last - 1]],
                last - first,
                [name for _, name in marks[mark:upto]],
                [place - first for place, _ in marks[mark:upto]],
                hashes[first * HASH_BYTES : last * HASH_BYTES],
            )
            if held + last - first >= self._pack or last < total:
                if filling is None:
                    names, places = tuple(piece.marks), tuple(piece.places)
                    records.append(Record(device, piece.data, piece.lines, names, places=places, hashes=piece.hashes))
                else:
                    records.append(_close(device, _extend(filling, piece)))
            else:
                self._open[device] = _extend(filling or _Open(self._clock()), piece)
            first, start, mark = last, ends[last - 1], upto
        return records

    def due(self) -> list[Record]:
        """Let go of the records that are ``linger`` seconds old."""
        oldest = self._clock() - self._linger
        devices = [device for device, filling in self._open.items() if filling.since <= oldest]
        return [_close(device, self._open.pop(device)) for device in devices]

    def flush(self) -> list[Record]:
        """Let go of every record."""
        records = [_close(device, filling) for device, filling in self._open.items()]
        self._open.clear()
        return records


def _extend(filling: _Open, piece: _Piece) -> _Open:
    filling.pieces.append(piece.data)
    filling.marks.extend(piece.marks)
    filling.places.extend(filling.lines + place for place in piece.places)
    filling.hashes.append(piece.hashes)
    filling.lines += piece.lines
    filling.size += len(piece.data)
    return filling


def _close(device: str, filling: _Open) -> Record:
    return Record(
        device,
        b"".join(filling.pieces),
        filling.lines,
        tuple(filling.marks),
        places=tuple(filling.places),
        hashes=b"".join(filling.hashes),
    )
