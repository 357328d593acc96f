"""The only files that a query can open: the objects of its own tables, under names of our making.

DuckDB gets no access to the machine's files, to the network or to S3. It gets this file system, which knows the objects
that the query's plan named and refuses every other path. Because each byte goes through it, it is also where the bytes
read are counted and the scan limit is held.
"""

from __future__ import annotations

import io
import threading
from bisect import bisect_left
from datetime import datetime
from typing import Any

from fsspec import AbstractFileSystem

from local.engines.athena.lake.objects import ObjectStore, S3Object

PROTOCOL = "lake"
WHOLE = 64 * 1024
"""An object up to this size (bytes) is fetched in one request; larger ones by the ranges that DuckDB asks for."""
TAIL = 16 * 1024
"""DuckDB reads this much (bytes) from the end of a Parquet file to find its footer."""


class ScanLimitExceededError(Exception):
    """The query has read more bytes than its workgroup allows."""


class ScannedBytes:
    """The bytes that a query has read: each byte of an object counts once, however often it is read."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        self.total = 0
        self.exceeded = False

    def add(self, path: str, start: int, end: int) -> None:
        """Count bytes ``start`` to ``end`` (exclusive) of an object; raises ScanLimitExceededError over the limit."""
        with self._lock:
            self.total += _insert(self._ranges.setdefault(path, []), start, end)
            if self._limit is not None and self.total > self._limit:
                self.total = self._limit
                self.exceeded = True
                raise ScanLimitExceededError


class QueryFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A read-only file system of exactly the objects that were added to it."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self, store: ObjectStore, scanned: ScannedBytes) -> None:
        super().__init__()
        self._store = store
        self._files: dict[str, S3Object] = {}
        self._footers: dict[str, tuple[int, bytes]] = {}
        self.scanned = scanned

    def add(self, path: str, found: S3Object) -> str:
        """Make an object readable as ``lake://<path>``; returns that name."""
        name = f"{PROTOCOL}://{path}"
        self._files[name] = found
        return name

    def object_of(self, name: str) -> S3Object:
        """The object behind a name; raises FileNotFoundError for a name that was never added."""
        try:
            return self._files[name]
        except KeyError:
            raise FileNotFoundError(name) from None

    def open(self, path: str, mode: str = "rb", **_options: Any) -> _ObjectFile:
        if mode != "rb":
            raise PermissionError(f"{path} cannot be written")
        return _ObjectFile(self, path, self.object_of(path))

    def info(self, path: str, **_options: Any) -> dict[str, Any]:
        return {"name": path, "size": self.object_of(path).size, "type": "file"}

    def exists(self, path: str, **_options: Any) -> bool:
        return path in self._files

    def glob(self, path: str, **_options: Any) -> list[str]:
        return [path] if path in self._files else []

    def ls(self, path: str, **_options: Any) -> list[Any]:
        raise PermissionError(f"{path} cannot be listed")

    def modified(self, path: str) -> datetime:
        return self.object_of(path).modified

    def read(self, path: str, found: S3Object, start: int, length: int) -> bytes:
        """Bytes of an object, counted; a small object and a Parquet footer are fetched once and kept."""
        end = min(start + length, found.size)
        self.scanned.add(path, start, end)
        kept = self._footers.get(path)
        if kept is None:
            first = 0 if found.size <= WHOLE else found.size - TAIL
            if start < first:
                return self._store.read(found, start, end - start)
            kept = first, self._store.read(found, first, found.size - first)
            self._footers[path] = kept
        offset, content = kept
        if start < offset:
            return self._store.read(found, start, end - start)
        return content[start - offset : end - offset]


class _ObjectFile(io.RawIOBase):
    """An open object."""

    def __init__(self, files: QueryFiles, path: str, found: S3Object) -> None:
        super().__init__()
        self._files = files
        self._path = path
        self._object = found
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._object.size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        remaining = max(0, self._object.size - self._position)
        length = remaining if size is None or size < 0 else min(size, remaining)
        if not length:
            return b""
        content = self._files.read(self._path, self._object, self._position, length)
        self._position += len(content)
        return content


def _insert(ranges: list[tuple[int, int]], start: int, end: int) -> int:
    """Add a range to sorted, disjoint ranges; returns how many bytes were new."""
    if end <= start:
        return 0
    first = bisect_left(ranges, (start, start))
    if first and ranges[first - 1][1] >= start:
        first -= 1
    last, low, high, known = first, start, end, 0
    while last < len(ranges) and ranges[last][0] <= end:
        low, high = min(low, ranges[last][0]), max(high, ranges[last][1])
        known += ranges[last][1] - ranges[last][0]
        last += 1
    ranges[first:last] = [(low, high)]
    return (high - low) - known
