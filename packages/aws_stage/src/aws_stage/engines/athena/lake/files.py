"""The files that a query's file system holds: objects read by ranges, objects read as lines, and outputs."""

from __future__ import annotations

import io
import tempfile
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, Protocol, cast

from aws_stage.engines.athena.lake.objects import ObjectStore, S3Object
from aws_stage.engines.athena.lake.scanned import ScannedBytes
from aws_stage.engines.athena.lake.serdes.lines import Framing, write_lines

WHOLE = 64 * 1024
"""An object up to this size (bytes) is fetched in one request; of larger ones the ranges that DuckDB asks for."""
TAIL = 16 * 1024
"""DuckDB reads this much (bytes) from the end of a Parquet file to find its footer."""
IN_MEMORY = 4 * 1024 * 1024
"""Bytes of decoded lines kept in memory before they are spooled to the stage's own folder."""


class File(Protocol):
    """A file that DuckDB may open."""

    @property
    def size(self) -> int: ...

    @property
    def modified(self) -> datetime: ...

    def open(self, mode: str) -> io.RawIOBase: ...


@dataclass(frozen=True)
class Reading:
    """What reading an object takes: S3, the count of bytes, and a folder for what does not fit in memory."""

    store: ObjectStore
    scanned: ScannedBytes
    spill: str


class RangedObject:
    """An object of which DuckDB reads parts, each byte counted when it is asked for."""

    def __init__(self, name: str, found: S3Object, reading: Reading) -> None:
        self._name = name
        self._object = found
        self._store = reading.store
        self._scanned = reading.scanned
        self._kept: tuple[int, bytes] | None = None

    @property
    def size(self) -> int:
        return self._object.size

    @property
    def modified(self) -> datetime:
        return self._object.modified

    def open(self, mode: str) -> io.RawIOBase:
        if mode != "rb":
            raise PermissionError(f"{self._name} cannot be written")
        return _RangedHandle(self)

    def read(self, start: int, length: int) -> bytes:
        """Bytes from ``start``; the end of an object, which every opening of a Parquet file asks for, is kept."""
        end = min(start + length, self.size)
        first = 0 if self.size <= WHOLE else self.size - TAIL
        if start < first:
            self._scanned.add(self._name, start, end)
            return self._store.read(self._object, start, end - start)
        if self._kept is None:
            self._kept = first, self._store.read(self._object, first, self.size - first)
        offset, content = self._kept
        needed = self._footer_start(content) if start == max(0, self.size - TAIL) and end == self.size else start
        self._scanned.add(self._name, max(start, needed), end)
        return content[start - offset : end - offset]

    def _footer_start(self, content: bytes) -> int:
        """Where the footer begins. DuckDB reads TAIL bytes to find it; those before it are not what it needs."""
        if content[-4:] != b"PAR1":
            return 0
        return self.size - 8 - int.from_bytes(content[-8:-4], "little")


class LinesOfObject:
    """A text object as lines. It is read whole when DuckDB opens it, and dropped when it closes it."""

    def __init__(self, name: str, found: S3Object, framing: Framing, reading: Reading) -> None:
        self._name = name
        self._object = found
        self._framing = framing
        self._reading = reading
        self._lock = threading.Lock()
        self._last_size = 0

    @property
    def size(self) -> int:
        """Bytes of the lines, once the file has been opened."""
        return self._last_size

    @property
    def modified(self) -> datetime:
        return self._object.modified

    def open(self, mode: str) -> io.RawIOBase:
        if mode != "rb":
            raise PermissionError(f"{self._name} cannot be written")
        self._reading.scanned.add(self._name, 0, self._object.size)
        spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(IN_MEMORY, dir=self._reading.spill))  # noqa: SIM115
        with self._reading.store.stream(self._object) as source:
            write_lines(source, str(self._object.location), self._framing, spool)
        with self._lock:
            self._last_size = spool.tell()
        spool.seek(0)
        return _SpoolHandle(spool)


class Output:
    """A file that DuckDB writes once; what it writes goes to ``out``, which stays open."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.size = 0
        self.modified = datetime.fromtimestamp(0, UTC)

    def open(self, mode: str) -> io.RawIOBase:
        if mode != "wb":
            raise PermissionError("an output can only be written")
        return _OutputHandle(self._out)


class _RangedHandle(io.RawIOBase):
    def __init__(self, ranged: RangedObject) -> None:
        super().__init__()
        self._ranged = ranged
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._ranged.size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        remaining = max(0, self._ranged.size - self._position)
        length = remaining if size is None or size < 0 else min(size, remaining)
        if not length:
            return b""
        content = self._ranged.read(self._position, length)
        self._position += len(content)
        return content


class _SpoolHandle(io.RawIOBase):
    def __init__(self, spool: BinaryIO) -> None:
        super().__init__()
        self._spool = spool

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._spool.seek(offset, whence)

    def tell(self) -> int:
        return self._spool.tell()

    def read(self, size: int = -1) -> bytes:
        return self._spool.read(size)

    def close(self) -> None:
        self._spool.close()
        super().close()


class _OutputHandle(io.RawIOBase):
    def __init__(self, out: BinaryIO) -> None:
        super().__init__()
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        return self._out.write(content)

    def tell(self) -> int:
        return self._out.tell()
