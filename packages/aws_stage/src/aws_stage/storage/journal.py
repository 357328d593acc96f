"""An append-only file of JSON lines: on disk when ``append`` returns, read back whole, a torn last line left out.

Each line begins with the checksum of the rest, so that a byte that has changed is never taken for another value.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from aws_stage.storage.manifest.database import Mark
from aws_stage.storage.manifest.manifest import Aside
from aws_stage.storage.manifest.unlisted import UNLISTED, StoreManifest

_CHECKSUM_BYTES = 9
"""Eight digits and a space."""


class Journal:
    """Safe to use from any thread. Holds no file open: there may be thousands."""

    def __init__(self, path: Path, manifest: StoreManifest = UNLISTED) -> None:
        """A journal in ``path``; its folder must exist, the file need not."""
        self._path = path
        self._manifest = manifest
        self._lock = threading.Lock()
        self._length: Mark | None = None

    def append(self, entries: Iterable[Any]) -> None:
        """Add entries, all or (when the disk refuses: OSError) none."""
        content = _lines(entries)
        with self._lock:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                length = self._listed()
                size = os.fstat(descriptor).st_size
                try:
                    _write_all(descriptor, content, size)
                except OSError as error:
                    length.refused(error)
                    raise
                length.note(size + len(content))
            finally:
                os.close(descriptor)

    def read(self) -> list[Any]:
        """Every entry; cuts off a last line that was never finished. Raises ConfigurationError for a damaged one."""
        with self._lock:
            try:
                content = self._path.read_bytes()
            except FileNotFoundError:
                return []
            length = self._listed()
            entries, whole = [], 0
            for line in content.splitlines(keepends=True):
                entry = _entry(line)
                if entry is None:
                    break
                entries += entry
                whole += len(line)
            known = length.acknowledged
            # What follows the last acknowledged entry may be cut off; where that is not known, a last line without end.
            if whole < (content.rfind(b"\n") + 1 if known is None else known):
                raise length.damaged(f"the line at byte {whole} is not what was written")
            if whole < len(content):
                os.truncate(self._path, whole)
            length.note(whole)
            return entries

    def replace(self, entries: Iterable[Any]) -> None:
        """Keep these entries alone."""
        content = _lines(entries)
        aside = Aside.of(self._path, content)
        aside.unfinished.write_bytes(content)
        with self._lock:
            length = self._listed()
            length.note(0)  # a kill before the next line finds either file, and both are right
            aside.put_in_place()
            length.note(len(content))

    def _listed(self) -> Mark:
        if self._length is None:
            self._length = self._manifest.length(self._path)
        return self._length


def _lines(entries: Iterable[Any]) -> bytes:
    lines = (orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE) for entry in entries)
    return b"".join(b"%08x %s" % (zlib.crc32(line), line) for line in lines)


def _entry(line: bytes) -> list[Any] | None:
    """The one entry of a line, None when it is not what was written. Stages of before wrote no checksum."""
    text = line if line[:1] in b"[{" else line[_CHECKSUM_BYTES:]
    if text is not line and line[:_CHECKSUM_BYTES] != b"%08x " % zlib.crc32(text):
        return None
    try:
        return [orjson.loads(text)] if line.endswith(b"\n") else None
    except ValueError:
        return None


def _write_all(descriptor: int, content: bytes, size: int) -> None:
    written = 0
    try:
        while written < len(content):
            written += os.write(descriptor, content[written:] if written else content)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
