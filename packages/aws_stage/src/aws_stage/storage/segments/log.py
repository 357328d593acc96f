"""A durable log of records: segments in a folder, appended to, read anywhere, trimmed from the front.

An append is in the operating system's hands when the call returns, so it survives ``kill -9`` of this process.
"""

from __future__ import annotations

import shutil
import threading
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest
from aws_stage.storage.segments import frame
from aws_stage.storage.segments.segment import CorruptSegmentError, Segment

SEGMENT_BYTES = 64 * 1024 * 1024

Render = Callable[[int, int], tuple[list[bytes], list[int]]]


class SegmentedLog:
    """Records with ordinals from 1 on. Every method is safe to call from any thread."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES, *, manifest: StoreManifest = UNLISTED) -> None:
        """Open the log in ``folder``, creating it; raises CorruptSegmentError when it is damaged."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._manifest = manifest
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        names = sorted(folder.glob("*.log"))
        self._segments = [
            Segment.load(path, int(path.stem), manifest, last=position == len(names) - 1)
            for position, path in enumerate(names)
        ] or [self._new_segment(1)]
        for before, after in pairwise(self._segments):
            if before.end != after.first_ordinal and not gap_path(after.path).exists():
                raise CorruptSegmentError(
                    after.path, f"or a file before it is missing: it lacks the records from ordinal {before.end} on"
                )

    @classmethod
    def open(
        cls, folder: Path, segment_bytes: int = SEGMENT_BYTES, *, manifest: StoreManifest, verify: bool = False
    ) -> SegmentedLog:
        """Likewise, but damage is a ConfigurationError that says what was lost and what to do.

        A segment that takes no more records is judged when it is read, unless it is to be verified now.
        """
        try:
            log = cls(folder, segment_bytes, manifest=manifest)
            if verify:
                for segment in log._segments:
                    segment.verify()
        except CorruptSegmentError as error:
            raise manifest.length(error.path).damaged(error.why) from error
        return log

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

        ``render(first_ordinal, now_ms)`` gives the records and their sizes. Sequence numbers alone are ordered: what
        arrived is stamped with ``now_ms``, whatever clock the records before it had. Raises OSError when they cannot be
        written; then none is.
        """
        with self._lock:
            segment = self._segments[-1]
            if segment.size >= self._segment_bytes:
                segment.seal()
                segment = self._new_segment(segment.end)
                self._segments.append(segment)
            first = segment.end
            records, sizes = render(first, now_ms)
            segment.append(frame.encode(first, now_ms, records, sizes), count, now_ms)
            return first

    def kept_from(self, ordinal: int) -> int:
        """``ordinal``, or where the records begin again when that one is not kept any more."""
        with self._lock:
            return self._kept_from(ordinal)

    def read(self, ordinal: int, limit: int, limit_bytes: int) -> list[bytes]:
        """Records from ``kept_from(ordinal)`` on without a gap, within both limits; one at least when there is one."""
        with self._lock:
            ordinal = self._kept_from(ordinal)
            records: list[bytes] = []
            left = limit_bytes
            for segment in self._segments[self._position(ordinal) :]:
                if segment.first_ordinal > ordinal + len(records):
                    break
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
                if segment.latest_arrival_ms >= arrival_ms and segment.end > segment.first_ordinal:
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
            while len(self._segments) > 1 and self._segments[0].latest_arrival_ms < before_ms:
                self._segments.pop(0).remove()

    def release(self, ordinal: int) -> None:
        """Give back the disk of segments of which every record lies before ``ordinal``."""
        with self._lock:
            while len(self._segments) > 1 and self._segments[0].end <= ordinal:
                self._segments.pop(0).remove()

    def close(self) -> None:
        """Close the files; an append afterwards raises OSError."""
        with self._lock:
            for segment in self._segments:
                segment.close()

    def destroy(self) -> None:
        """Close and remove everything."""
        self.close()
        self._manifest.drop_under(self._folder)
        shutil.rmtree(self._folder)

    def _kept_from(self, ordinal: int) -> int:
        ordinal = max(ordinal, self.start)
        position = self._position(ordinal)
        if ordinal >= self._segments[position].end and position + 1 < len(self._segments):
            return self._segments[position + 1].first_ordinal
        return ordinal

    def _position(self, ordinal: int) -> int:
        return max(0, bisect_right([segment.first_ordinal for segment in self._segments], ordinal) - 1)

    def _new_segment(self, first_ordinal: int) -> Segment:
        return Segment(self._folder / f"{first_ordinal:020d}.log", first_ordinal, self._manifest)


def gap_path(segment: Path) -> Path:
    """The mark that a segment's predecessor was given up: the records between are known to be gone."""
    return segment.with_suffix(".gap")
