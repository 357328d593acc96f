"""The durable log of one shard: segments in a folder, appended to, read anywhere, trimmed from the front.

An append is in the operating system's hands when the call returns, so it survives ``kill -9`` of this process.
"""

from __future__ import annotations

import shutil
import threading
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from local.engines.kinesis import frame
from local.engines.kinesis.segment import CorruptSegmentError, Segment

SEGMENT_BYTES = 64 * 1024 * 1024

Render = Callable[[int, int], tuple[list[bytes], list[int]]]


class ShardLog:
    """Records with ordinals from 1 on. Every method is safe to call from any thread."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Open the log in ``folder``, creating it; raises CorruptSegmentError when it is damaged."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        names = sorted(folder.glob("*.log"))
        self._segments = [
            Segment.load(path, int(path.stem), last=position == len(names) - 1) for position, path in enumerate(names)
        ] or [self._new_segment(1)]
        for before, after in pairwise(self._segments):
            if before.end != after.first_ordinal:
                raise CorruptSegmentError(f"{folder} lacks the records from ordinal {before.end} to {after.path.name}")

    @property
    def end(self) -> int:
        """The ordinal that the next record will have."""
        return self._segments[-1].end

    @property
    def start(self) -> int:
        """The ordinal of the oldest record that is kept."""
        return self._segments[0].first_ordinal

    def append(self, now_ms: int, count: int, render: Render) -> int:
        """Append ``count`` records and return the first one's ordinal.

        ``render(first_ordinal, arrival_ms)`` gives the records and their sizes; arrival never goes back, though a
        clock may. Raises OSError when they cannot be written; then none is.
        """
        with self._lock:
            segment = self._segments[-1]
            if segment.size >= self._segment_bytes:
                segment.seal()
                segment = self._new_segment(segment.end)
                self._segments.append(segment)
            first = segment.end
            arrival_ms = max(now_ms, *(kept.last_arrival_ms for kept in self._segments[-2:]))
            records, sizes = render(first, arrival_ms)
            segment.append(frame.encode(first, arrival_ms, records, sizes), count, arrival_ms)
            return first

    def read(self, ordinal: int, limit: int, limit_bytes: int) -> list[bytes]:
        """Records from ``ordinal`` (or the oldest one kept) on, within both limits; at least one when there is one."""
        with self._lock:
            ordinal = max(ordinal, self.start)
            records: list[bytes] = []
            left = limit_bytes
            for segment in self._segments[self._position(ordinal) :]:
                found, size = segment.read(ordinal + len(records), limit - len(records), left)
                if records and size > left:
                    break
                records += found
                left -= size
                if len(records) >= limit or left <= 0 or ordinal + len(records) < segment.end:
                    break
            return records

    def first_at(self, arrival_ms: int) -> int:
        """The ordinal of the first record that arrived at ``arrival_ms`` or later; ``end`` when there is none."""
        with self._lock:
            for segment in self._segments:
                if segment.last_arrival_ms >= arrival_ms and segment.end > segment.first_ordinal:
                    return segment.first_at(arrival_ms)
            return self.end

    def arrival_of(self, ordinal: int) -> int | None:
        """When the record arrived, in ms since the epoch; None when it is not kept."""
        with self._lock:
            if not self.start <= ordinal < self.end:
                return None
            return self._segments[self._position(ordinal)].arrival_of(ordinal)

    def trim(self, before_ms: int) -> None:
        """Give back the disk of segments of which every record arrived before ``before_ms``."""
        with self._lock:
            while len(self._segments) > 1 and self._segments[0].last_arrival_ms < before_ms:
                self._segments.pop(0).remove()

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for segment in self._segments:
                segment.close()

    def destroy(self) -> None:
        """Close and remove everything."""
        self.close()
        shutil.rmtree(self._folder)

    def _position(self, ordinal: int) -> int:
        return max(0, bisect_right([segment.first_ordinal for segment in self._segments], ordinal) - 1)

    def _new_segment(self, first_ordinal: int) -> Segment:
        return Segment(self._folder / f"{first_ordinal:020d}.log", first_ordinal)
