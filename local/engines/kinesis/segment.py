"""A segment: one append-only file of frames, with a sparse index in memory (one entry a frame)."""

from __future__ import annotations

import logging
import os
from array import array
from bisect import bisect_left, bisect_right
from pathlib import Path

from local.engines.kinesis import frame

logger = logging.getLogger("datastreamer.kinesis")


class CorruptSegmentError(Exception):
    """A segment holds bytes that were never written so: the message says which file and where."""


class Segment:
    """Frames ``first_ordinal ..``; ``end`` is the ordinal after the last record."""

    def __init__(self, path: Path, first_ordinal: int) -> None:
        self.path = path
        self.first_ordinal = first_ordinal
        self.end = first_ordinal
        self.size = 0
        self.last_arrival_ms = 0
        self._ordinals = array("Q")
        self._offsets = array("Q")
        self._arrivals = array("Q")
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    @classmethod
    def load(cls, path: Path, first_ordinal: int, *, last: bool) -> Segment:
        """Index an existing file.

        A write that the process did not live to finish leaves part of a frame at the very end of the last segment; it
        was never acknowledged, and is cut off. Anything else that is not a frame raises CorruptSegmentError.
        """
        segment = cls(path, first_ordinal)
        length = os.fstat(segment._descriptor).st_size
        offset = 0
        while offset < length:
            try:
                header = frame.decode_header(os.pread(segment._descriptor, frame.HEADER_BYTES, offset))
                after = offset + frame.HEADER_BYTES + header.length
                if after <= length and last:
                    frame.verify(header, os.pread(segment._descriptor, header.length, offset + frame.HEADER_BYTES))
            except frame.CorruptFrameError as error:
                if not (last and segment._is_torn(offset, length)):
                    segment.close()
                    raise CorruptSegmentError(f"{path} is damaged at byte {offset}: {error}") from error
                after = length + 1
            if after > length:
                if not last:
                    segment.close()
                    raise CorruptSegmentError(f"{path} is cut off at byte {offset}")
                logger.warning("%s: cut off %d bytes of an append that was never finished", path, length - offset)
                os.ftruncate(segment._descriptor, offset)
                break
            if header.first_ordinal != segment.end:
                segment.close()
                raise CorruptSegmentError(f"{path} lacks records from ordinal {segment.end} on, at byte {offset}")
            segment._note(header.first_ordinal, header.count, offset, header.arrival_ms)
            offset = after
        segment.size = min(offset, length)
        return segment

    def append(self, encoded: bytes, count: int, arrival_ms: int) -> None:
        """Add one frame; on a failed write (disk full) the file is as it was, and OSError is raised."""
        written = 0
        try:
            while written < len(encoded):
                written += os.write(self._descriptor, encoded[written:] if written else encoded)
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self._note(self.end, count, self.size, arrival_ms)
        self.size += len(encoded)

    def read(self, ordinal: int, limit: int, limit_bytes: int) -> tuple[list[bytes], int]:
        """Records from ``ordinal`` on: at most ``limit``, and no more once their data passes ``limit_bytes``.

        Returns the records and the bytes of their data; the first record comes however large it is.
        """
        records: list[bytes] = []
        total = 0
        position = max(0, bisect_right(self._ordinals, ordinal) - 1)
        while position < len(self._ordinals) and len(records) < limit:
            found, sizes = self._frame(position, max(0, ordinal - self._ordinals[position]))
            for record, size in zip(found, sizes, strict=True):
                if len(records) == limit or (records and total + size > limit_bytes):
                    return records, total
                records.append(record)
                total += size
            position += 1
        return records, total

    def first_at(self, arrival_ms: int) -> int:
        """The ordinal of the first record that arrived at ``arrival_ms`` or later; ``end`` when there is none."""
        position = bisect_left(self._arrivals, arrival_ms)
        return self._ordinals[position] if position < len(self._ordinals) else self.end

    def arrival_of(self, ordinal: int) -> int:
        """When the record arrived, in ms since the epoch."""
        return self._arrivals[bisect_right(self._ordinals, ordinal) - 1]

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _frame(self, position: int, skip: int) -> tuple[list[bytes], list[int]]:
        offset = self._offsets[position]
        following = self._offsets[position + 1] if position + 1 < len(self._offsets) else self.size
        raw = os.pread(self._descriptor, following - offset, offset)
        try:
            header = frame.decode_header(raw)
            body = raw[frame.HEADER_BYTES :]
            frame.verify(header, body)
        except frame.CorruptFrameError as error:
            raise CorruptSegmentError(f"{self.path} is damaged at byte {offset}: {error}") from error
        return frame.decode_records(header, body, skip)

    def _is_torn(self, offset: int, length: int) -> bool:
        """Whether what follows ``offset`` is the start of one unfinished write: too short, or blocks never filled."""
        if length - offset < frame.HEADER_BYTES:
            return True
        return not os.pread(self._descriptor, length - offset, offset).strip(b"\0")

    def _note(self, ordinal: int, count: int, offset: int, arrival_ms: int) -> None:
        self._ordinals.append(ordinal)
        self._offsets.append(offset)
        self._arrivals.append(arrival_ms)
        self.end = ordinal + count
        self.last_arrival_ms = arrival_ms
