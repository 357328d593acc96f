"""The durable journal of a DirectPut stream: what was acknowledged and is not yet delivered.

Append-only segments of frames ``length, checksum, arrival, data``. An append is in the page cache when the call
returns, so it survives ``kill -9`` of the process, as the stage's store does.
"""

from __future__ import annotations

import os
import struct
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path

from aws_stage.engines.firehose.records import Checkpoints, Record
from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest

SEGMENT_BYTES = 16 * 1024 * 1024
READ_BYTES = 4 * 1024 * 1024
PARTITION = "journal"

_HEADER = struct.Struct("<IIQ")


class JournalError(Exception):
    """The journal's files hold something that was never written to them."""


class Journal:
    """Positions are ``<segment>-<offset>``, zero-padded, so that they sort as they were written."""

    def __init__(
        self, directory: Path, segment_bytes: int = SEGMENT_BYTES, *, manifest: StoreManifest = UNLISTED
    ) -> None:
        """Open the journal in ``directory``, creating it; raises ConfigurationError when it is damaged."""
        self._directory = directory
        self._manifest = manifest
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        directory.mkdir(parents=True, exist_ok=True)
        segments = self._segments()
        self._segment = segments[-1] if segments else 1
        for sealed in segments[:-1]:
            self._verify(sealed)
        self._file = os.open(self._path(self._segment), os.O_RDWR | os.O_CREAT, 0o600)
        self._length = manifest.length(self._path(self._segment))
        self._end = self._cut_torn_tail()
        self._length.note(self._end)

    def append(self, records: Sequence[bytes], arrival: float) -> None:
        """Write all of ``records`` or, raising OSError, none; ``arrival`` is in seconds since the epoch."""
        milliseconds = round(arrival * 1000)
        frames = bytearray()
        for data in records:
            frames += _HEADER.pack(len(data), zlib.crc32(data), milliseconds)
            frames += data
        with self._lock:
            if self._end >= self._segment_bytes:
                self._rotate()
            try:
                written = os.pwrite(self._file, frames, self._end)
            except OSError as error:
                os.ftruncate(self._file, self._end)
                self._length.refused(error)
                raise
            if written != len(frames):
                os.ftruncate(self._file, self._end)
                short = OSError(f"only {written} of {len(frames)} bytes of the journal could be written")
                self._length.refused(short)
                raise short
            self._end += written
            self._length.note(self._end)

    def read(self, after: str | None) -> list[Record]:
        """Whole records that follow position ``after`` (None: from the beginning), about 4 MiB at most."""
        segments = self._segments()
        segment, offset = _parse(after) if after else (segments[0], 0)
        while True:
            with self._lock:
                newest, end = self._segment, self._end
            if segment == newest:
                return self._frames(segment, offset, end)
            size = self._path(segment).stat().st_size if self._path(segment).exists() else 0
            if offset < size:
                return self._frames(segment, offset, size)
            segment, offset = min(number for number in self._segments() if number > segment), 0

    def trim(self, position: str) -> None:
        """Remove the segments that lie wholly before ``position``."""
        keep, _ = _parse(position)
        for segment in self._segments():
            if segment < keep:
                self._manifest.drop(self._path(segment))
                self._path(segment).unlink(missing_ok=True)

    def remove(self) -> None:
        """Close and delete the journal."""
        self.close()
        with self._lock:
            self._manifest.drop_under(self._directory)
            for segment in self._segments():
                self._path(segment).unlink()
            self._directory.rmdir()

    def close(self) -> None:
        """Close the file; an append afterwards raises OSError."""
        with self._lock:
            os.close(self._file)
            self._file = -1

    def _frames(self, segment: int, offset: int, end: int) -> list[Record]:
        records: list[Record] = []
        with self._path(segment).open("rb") as file:
            file.seek(offset)
            chunk = file.read(min(READ_BYTES, end - offset))
            at = 0
            while at < len(chunk):
                need = _frame_length(chunk, at)
                if at + need > len(chunk):
                    if records:
                        break
                    chunk += file.read(at + need - len(chunk))
                    need = _frame_length(chunk, at)
                length, checksum, arrival = _HEADER.unpack_from(chunk, at)
                data = chunk[at + _HEADER.size : at + need]
                if len(data) != length or zlib.crc32(data) != checksum:
                    raise JournalError(f"{self._path(segment)} is damaged at byte {offset + at}")
                at += need
                records.append(Record(data, arrival / 1000, PARTITION, f"{segment:08d}-{offset + at:012d}"))
        return records

    def _rotate(self) -> None:
        segment = self._segment + 1
        file = os.open(self._path(segment), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            length = self._manifest.length(self._path(segment))
        except BaseException:
            os.close(file)
            raise
        os.close(self._file)
        self._segment, self._file, self._end, self._length = segment, file, 0, length

    def _cut_torn_tail(self) -> int:
        """A write that the process did not live to finish was never acknowledged: cut it off.

        What was acknowledged and is not whole is damage: raises ConfigurationError.
        """
        size = os.fstat(self._file).st_size
        at = 0
        while at + _HEADER.size <= size:
            length, checksum, _ = _HEADER.unpack(os.pread(self._file, _HEADER.size, at))
            data = os.pread(self._file, length, at + _HEADER.size)
            if len(data) != length or zlib.crc32(data) != checksum:
                break
            at += _HEADER.size + length
        if at < (self._length.acknowledged or 0):
            raise self._length.damaged(f"at byte {at}: {self._length.acknowledged} bytes were acknowledged")
        os.ftruncate(self._file, at)
        return at

    def _verify(self, segment: int) -> None:
        """Read a segment that takes no more records, as ``read`` will: better now than in the middle of a delivery."""
        size = self._path(segment).stat().st_size
        at = 0
        try:
            while at < size:
                last = self._frames(segment, at, size)[-1]
                at = _parse(last.position)[1]
        except (JournalError, struct.error, IndexError) as error:
            raise self._manifest.length(self._path(segment)).damaged(f"after byte {at} ({error})") from error

    def _segments(self) -> list[int]:
        return sorted(int(path.stem) for path in self._directory.glob("*.log"))

    def _path(self, segment: int) -> Path:
        return self._directory / f"{segment:08d}.log"


class JournalSource:
    """Reads a journal on from the delivered position."""

    def __init__(self, journal: Journal, checkpoints: Checkpoints) -> None:
        self._journal = journal
        self._position = checkpoints.get(PARTITION)

    def read(self, *, at_once: bool = False) -> list[Record]:  # noqa: ARG002  a journal is always asked at once
        records = self._journal.read(self._position)
        if records:
            self._position = records[-1].position
        return records

    def delay(self) -> float | None:
        """None: whoever appends wakes the consumer."""
        return None

    def delivered(self, checkpoints: Checkpoints) -> None:
        if PARTITION in checkpoints:
            self._journal.trim(checkpoints[PARTITION])

    def behind(self) -> float | None:
        return None


def _frame_length(chunk: bytes, at: int) -> int:
    if at + _HEADER.size > len(chunk):
        return _HEADER.size
    length: int = _HEADER.unpack_from(chunk, at)[0]
    return _HEADER.size + length


def _parse(position: str) -> tuple[int, int]:
    segment, _, offset = position.partition("-")
    return int(segment), int(offset)
