"""A segment: one append-only file of frames. The last one of a log takes frames; those before it are sealed."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest
from aws_stage.storage.segments import frame
from aws_stage.storage.segments.index import SegmentIndex

logger = logging.getLogger("aws_stage.storage")


class CorruptSegmentError(Exception):
    """A segment holds bytes that were never written so, or lacks some that were: ``why`` says what is wrong where."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is damaged {why}")
        self.path = path
        self.why = why


class Segment:
    """Frames from ``first_ordinal`` on."""

    def __init__(self, path: Path, first_ordinal: int, manifest: StoreManifest = UNLISTED) -> None:
        """Create or open the file for appending."""
        self.path = path
        self.first_ordinal = first_ordinal
        self._index = SegmentIndex(first_ordinal)
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._length = manifest.length(path)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._manifest = manifest

    @classmethod
    def load(cls, path: Path, first_ordinal: int, manifest: StoreManifest = UNLISTED, *, last: bool) -> Segment:
        """Open an existing file.

        A write that the process did not live to finish leaves part of a frame at the very end of the last segment; it
        was never acknowledged, and is cut off. Anything else that is not a frame raises CorruptSegmentError, and so
        does a file that ends before what was acknowledged.
        """
        segment = cls(path, first_ordinal, manifest)
        length = path.stat().st_size
        index = None if last else SegmentIndex.load(_index_path(path), first_ordinal, length)
        if index is not None:
            segment._index = index
        else:
            with segment._reading() as descriptor:
                segment._scan(descriptor, length, last=last)
        if segment.size < (segment._length.acknowledged or 0):
            raise CorruptSegmentError(path, f"at byte {segment.size}: {segment._length.acknowledged} were acknowledged")
        segment._length.note(segment.size)
        if not last:
            segment.seal()
        return segment

    @property
    def end(self) -> int:
        """The ordinal after the last record."""
        return self._index.end

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._index.size

    @property
    def latest_arrival_ms(self) -> int:
        """The latest arrival of any record, in ms since the epoch; 0 when there is none."""
        return self._index.latest_arrival_ms

    def append(self, encoded: bytes, count: int, arrival_ms: int) -> None:
        """Add one frame; on a failed write (disk full) the file is as it was, and OSError is raised."""
        if self._descriptor is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF), str(self.path))
        written = 0
        try:
            while written < len(encoded):
                written += os.write(self._descriptor, encoded[written:] if written else encoded)
        except OSError as error:
            os.ftruncate(self._descriptor, self.size)
            self._length.refused(error)
            raise
        self._index.add(count, len(encoded), arrival_ms)
        self._length.note(self.size)

    def seal(self) -> None:
        """Take no more frames: the index goes beside the file, and the file is opened when it is read."""
        if not _index_path(self.path).exists():
            self._index.save(_index_path(self.path))
        self.close()

    def read(self, ordinal: int, limit: int, limit_bytes: int) -> tuple[list[bytes], int]:
        """Records from ``ordinal`` on: at most ``limit``, and no more once their data passes ``limit_bytes``.

        Returns the records and the bytes of their data; the first record comes however large it is.
        """
        records: list[bytes] = []
        total = 0
        ordinals = self._index.ordinals
        with self._reading() as descriptor:
            for position in range(self._index.frame_of(ordinal), len(ordinals)):
                found, sizes = self._frame(descriptor, position, max(0, ordinal - ordinals[position]))
                for record, size in zip(found, sizes, strict=True):
                    if len(records) == limit or (records and total + size > limit_bytes):
                        return records, total
                    records.append(record)
                    total += size
        return records, total

    def verify(self) -> None:
        """Read every frame; raises CorruptSegmentError for one that is not what was written."""
        with self._reading() as descriptor:
            for position in range(len(self._index.ordinals)):
                self._frame(descriptor, position, 0)

    def first_at(self, arrival_ms: int) -> int:
        """The ordinal of the first record that arrived at ``arrival_ms`` or later; ``end`` when there is none."""
        return self._index.first_at(arrival_ms)

    def arrival_of(self, ordinal: int) -> int:
        """When the record arrived, in ms since the epoch."""
        return self._index.arrival_of(ordinal)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Close the file and remove it."""
        self.close()
        self._manifest.drop(self.path)
        _index_path(self.path).unlink(missing_ok=True)
        self.path.unlink()

    def _scan(self, descriptor: int, length: int, *, last: bool) -> None:
        while self.size < length:
            offset = self.size
            try:
                header = frame.decode_header(os.pread(descriptor, frame.HEADER_BYTES, offset))
                after = offset + frame.HEADER_BYTES + header.length
                if after <= length and last:
                    frame.verify(header, os.pread(descriptor, header.length, offset + frame.HEADER_BYTES))
            except frame.CorruptFrameError as error:
                if not (last and self._is_torn(offset, os.pread(descriptor, length - offset, offset))):
                    raise CorruptSegmentError(self.path, f"at byte {offset}: {error}") from error
                after = length + 1
            if after > length:
                self._cut(offset, length, last=last)
                return
            if header.first_ordinal != self.end:
                raise CorruptSegmentError(self.path, f"at byte {offset}: it lacks records from ordinal {self.end} on")
            self._index.add(header.count, after - offset, header.arrival_ms)

    def _is_torn(self, offset: int, rest: bytes) -> bool:
        """Whether the rest of a file is the start of one unfinished write.

        Where it is known how much was acknowledged, it is what comes after that. Else it is too short for a frame, or
        holds blocks that were never filled.
        """
        known = self._length.acknowledged
        if known is not None:
            return offset >= known
        return len(rest) < frame.HEADER_BYTES or not rest.strip(b"\0")

    def _cut(self, offset: int, length: int, *, last: bool) -> None:
        known = self._length.acknowledged
        if known is not None and offset < known:
            raise CorruptSegmentError(self.path, f"at byte {offset}: {known} bytes were acknowledged")
        if not last:
            raise CorruptSegmentError(self.path, f"at byte {offset}: it is cut off")
        logger.warning("%s: cut off %d bytes of an append that was never finished", self.path, length - offset)
        os.truncate(self.path, offset)

    def _frame(self, descriptor: int, position: int, skip: int) -> tuple[list[bytes], list[int]]:
        offsets = self._index.offsets
        offset = offsets[position]
        following = offsets[position + 1] if position + 1 < len(offsets) else self.size
        raw = os.pread(descriptor, following - offset, offset)
        try:
            header = frame.decode_header(raw)
            body = raw[frame.HEADER_BYTES :]
            frame.verify(header, body)
        except frame.CorruptFrameError as error:
            raise CorruptSegmentError(self.path, f"at byte {offset}: {error}") from error
        return frame.decode_records(header, body, skip)

    @contextmanager
    def _reading(self) -> Iterator[int]:
        if self._descriptor is not None:
            yield self._descriptor
            return
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _index_path(path: Path) -> Path:
    return path.with_suffix(".idx")
