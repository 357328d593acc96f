"""Where the frames of a segment lie: one entry a frame, in memory, and beside a segment that takes no more frames."""

from __future__ import annotations

import struct
import zlib
from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from pathlib import Path

_HEAD = struct.Struct("<4sIQQQ")
_MAGIC = b"DSI1"


class SegmentIndex:
    """Ordinal, offset and arrival of each frame; ``end`` is the ordinal after the last record, ``size`` in bytes."""

    def __init__(self, first_ordinal: int) -> None:
        self.end = first_ordinal
        self.size = 0
        self.ordinals = array("Q")
        self.offsets = array("Q")
        self._arrivals = array("Q")
        self._latest = array("Q")
        """The latest arrival up to each frame: a clock that is set back gives later frames earlier arrivals."""

    def add(self, count: int, length: int, arrival_ms: int) -> None:
        """Note the next frame: ``count`` records in ``length`` bytes."""
        self.ordinals.append(self.end)
        self.offsets.append(self.size)
        self._arrivals.append(arrival_ms)
        self._latest.append(max(arrival_ms, self.latest_arrival_ms))
        self.end += count
        self.size += length

    def frame_of(self, ordinal: int) -> int:
        """The position of the frame that holds ``ordinal``."""
        return max(0, bisect_right(self.ordinals, ordinal) - 1)

    def arrival_of(self, ordinal: int) -> int:
        """When the record arrived, in ms since the epoch."""
        return self._arrivals[self.frame_of(ordinal)]

    def first_at(self, arrival_ms: int) -> int:
        """The ordinal of the first record that arrived at ``arrival_ms`` or later; ``end`` when there is none."""
        position = bisect_left(self._latest, arrival_ms)
        return self.ordinals[position] if position < len(self.ordinals) else self.end

    @property
    def latest_arrival_ms(self) -> int:
        """The latest arrival of any record; 0 when there is none."""
        return self._latest[-1] if self._latest else 0

    def save(self, path: Path) -> None:
        """Keep the index in a file, whole or not at all."""
        body = b"".join(column.tobytes() for column in (self.ordinals, self.offsets, self._arrivals))
        head = _HEAD.pack(_MAGIC, zlib.crc32(body), len(self.ordinals), self.end, self.size)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_bytes(head + body)
        unfinished.replace(path)

    @classmethod
    def load(cls, path: Path, first_ordinal: int, size: int) -> SegmentIndex | None:
        """The index of a segment of ``size`` bytes; None when there is none that fits, and the segment must be read."""
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        if len(raw) < _HEAD.size:
            return None
        magic, checksum, count, end, indexed_size = _HEAD.unpack_from(raw)
        body = raw[_HEAD.size :]
        if magic != _MAGIC or zlib.crc32(body) != checksum or indexed_size != size or len(body) != 24 * count:
            return None
        index = cls(first_ordinal)
        for number, column in enumerate((index.ordinals, index.offsets, index._arrivals)):
            column.frombytes(body[8 * count * number : 8 * count * (number + 1)])
        index._latest.extend(accumulate(index._arrivals, max))
        index.end, index.size = end, size
        return index
