"""An append-only file of JSON lines: on disk when ``append`` returns, read back whole, a torn last line left out."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from datastreamer.errors import ConfigurationError


class Journal:
    """Safe to use from any thread. Holds no file open: there may be thousands."""

    def __init__(self, path: Path) -> None:
        """A journal in ``path``; its folder must exist, the file need not."""
        self._path = path
        self._lock = threading.Lock()

    def append(self, entries: Iterable[Any]) -> None:
        """Add entries, all or (when the disk refuses: OSError) none."""
        content = _lines(entries)
        with self._lock:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                _write_all(descriptor, content, size)
            finally:
                os.close(descriptor)

    def read(self) -> list[Any]:
        """Every entry; cuts off a last line that was never finished. Raises ConfigurationError for a damaged one."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self._path, whole)
        try:
            return [orjson.loads(line) for line in content[:whole].splitlines()]
        except ValueError as error:
            raise ConfigurationError(
                f"{self._path} is damaged ({error}). The local stage does not start over damaged state. Restore the "
                "file from a copy, or move it away to start without what it held."
            ) from error

    def replace(self, entries: Iterable[Any]) -> None:
        """Keep these entries alone."""
        unfinished = self._path.with_suffix(".tmp")
        unfinished.write_bytes(_lines(entries))
        with self._lock:
            unfinished.replace(self._path)


def _lines(entries: Iterable[Any]) -> bytes:
    return b"".join(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE) for entry in entries)


def _write_all(descriptor: int, content: bytes, size: int) -> None:
    written = 0
    try:
        while written < len(content):
            written += os.write(descriptor, content[written:] if written else content)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
