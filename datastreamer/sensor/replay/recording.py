"""A recording: a CSV file, plain or gzip, read line by line, with a digest of its content.

One line is one row: a quoted field may hold the delimiter but no line end, so that one unclosed quote spoils one row
and not the rest of the file.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

from datastreamer.errors import UsageError
from datastreamer.events.reading import LINE_MAX_BYTES

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BLOCK: Final = 1 << 20
_BYTE_ORDER_MARK: Final = "\ufeff"


class Row(NamedTuple):
    """``fields`` of line ``line`` (1-based), or the ``problem`` that made it unreadable. ``read`` is the share of the
    file read so far, from 0 to 1."""

    line: int
    fields: list[str]
    problem: str | None
    read: float


class Recording:
    """The file at ``path``; ``delimiter`` is one character.

    Raises UsageError when the file cannot be opened.
    """

    def __init__(self, path: Path, delimiter: str) -> None:
        self._path = path
        self._delimiter = delimiter
        try:
            self._size = path.stat().st_size
            with path.open("rb") as file:
                self._zipped = file.read(2) == _GZIP_MAGIC
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error

    def digest(self) -> str:
        """SHA-256 of the content (unzipped), as far as it can be read."""
        hasher = hashlib.sha256()
        with self._path.open("rb") as raw:
            content = self._content(raw)
            try:
                while block := content.read(_BLOCK):
                    hasher.update(block)
            except (EOFError, OSError, zlib.error):
                pass  # rows() reports where the file breaks off
        return hasher.hexdigest()

    def rows(self) -> Iterator[Row]:
        """Every line that is not blank."""
        with self._path.open("rb") as raw:
            content = self._content(raw)
            line = 0
            while True:
                line += 1
                try:
                    data, whole = _read_line(content)
                except (EOFError, OSError, zlib.error) as error:
                    yield Row(line, [], f"the file breaks off here ({error})", 1.0)
                    return
                if not data:
                    return
                if not whole:
                    yield Row(line, [], f"it is longer than {LINE_MAX_BYTES:,} bytes", raw.tell() / self._size)
                elif data.strip():
                    yield self._row(line, data, raw.tell() / self._size)

    def _content(self, raw: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
        return gzip.GzipFile(fileobj=raw) if self._zipped else raw

    def _row(self, line: int, data: bytes, read: float) -> Row:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            return Row(line, [], f"it is not UTF-8 (byte {error.start + 1} of the line)", read)
        text = text.rstrip("\r\n")
        if line == 1:
            text = text.removeprefix(_BYTE_ORDER_MARK)
        try:
            fields = self._split(text)
        except csv.Error as error:
            return Row(line, [], f"it is not CSV ({error})", read)
        return Row(line, [field.strip() for field in fields], None, read)

    def _split(self, text: str) -> list[str]:
        if '"' not in text:
            return text.split(self._delimiter)
        return next(csv.reader([text], delimiter=self._delimiter, skipinitialspace=True, strict=True))


def _read_line(content: IO[bytes] | gzip.GzipFile) -> tuple[bytes, bool]:
    """The next line and True; the beginning of one that is too long for a reading, and False."""
    data = content.readline(LINE_MAX_BYTES + 1)
    rest = data
    while len(rest) > LINE_MAX_BYTES and not rest.endswith(b"\n"):
        rest = content.readline(LINE_MAX_BYTES + 1)
    return data, len(data) <= LINE_MAX_BYTES
