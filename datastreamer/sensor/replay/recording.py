"""A recording: a CSV file, plain or gzip, read line by line, with a digest of its content.

A line ends at LF, CR LF or CR. One line is one row: a quoted field may hold the delimiter but no line end, so that one
unclosed quote spoils one row and not the rest of the file.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import string
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

from datastreamer.errors import UsageError
from datastreamer.events.strict_json import LINE_MAX_BYTES
from datastreamer.sensor.replay.encoding import MARK_BYTES, encoding_of

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BLOCK: Final = 1 << 20
_BYTE_ORDER_MARK: Final = "\ufeff"
_BROKEN: Final = (EOFError, OSError, zlib.error, UnicodeDecodeError)


class Row(NamedTuple):
    """``fields`` of line ``line`` (1-based), or the ``problem`` that made it unreadable. ``read`` is the share of the
    file read so far, from 0 to 1."""

    line: int
    fields: list[str]
    problem: str | None
    read: float


class Recording:
    """The file at ``path``; ``delimiter`` is one character, ``skip_rows`` the lines before the first row.

    ``encoding`` names a codec; None leaves it to the file's byte order mark, or UTF-8. Raises UsageError when the file
    cannot be opened, or is not in that encoding by its mark.
    """

    def __init__(self, path: Path, delimiter: str, *, encoding: str | None = None, skip_rows: int = 0) -> None:
        self.path = path
        self._delimiter = delimiter
        self._skip_rows = skip_rows
        try:
            self._size = path.stat().st_size
            with path.open("rb") as file:
                self._zipped = file.read(2) == _GZIP_MAGIC
                file.seek(0)
                head = self._head(file)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        self.encoding = encoding_of(head, encoding)

    def digest(self) -> str:
        """SHA-256 of the content (unzipped), as far as it can be read."""
        hasher = hashlib.sha256()
        with self.path.open("rb") as raw:
            content = self._content(raw)
            try:
                while block := content.read(_BLOCK):
                    hasher.update(block)
            except _BROKEN:
                pass  # rows() reports where the file breaks off
        return hasher.hexdigest()

    def rows(self) -> Iterator[Row]:
        """Every line that is neither skipped nor blank."""
        # A byte that is not of the encoding becomes half a surrogate pair, which no encoding has.
        errors = "surrogateescape" if self.encoding.splits_by_bytes else "surrogatepass"
        with self.path.open("rb") as raw:
            content = io.TextIOWrapper(self._content(raw), self.encoding.name, errors, newline=None)
            line = 0
            while True:
                line += 1
                try:
                    text, whole = _read_line(content)
                except _BROKEN as error:
                    yield Row(line, [], f"the file breaks off here ({error})", 1.0)
                    return
                if not text:
                    return
                if line == 1:
                    text = text.removeprefix(_BYTE_ORDER_MARK)
                if line <= self._skip_rows:
                    continue
                if not whole:
                    yield Row(line, [], f"it is longer than {LINE_MAX_BYTES:,} characters", raw.tell() / self._size)
                elif text.strip(string.whitespace):
                    yield self._row(line, text.rstrip("\n"), raw.tell() / self._size)

    def _head(self, raw: IO[bytes]) -> bytes:
        try:
            return self._content(raw).read(MARK_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return b""  # rows() reports where the file breaks off

    def _content(self, raw: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
        return gzip.GzipFile(fileobj=raw) if self._zipped else raw

    def _row(self, line: int, text: str, read: float) -> Row:
        problem = self._not_text(text)
        if problem is not None:
            return Row(line, [], problem, read)
        try:
            fields = self._split(text)
        except csv.Error as error:
            return Row(line, [], f"it is not CSV ({error})", read)
        return Row(line, [field.strip() for field in fields], None, read)

    def _not_text(self, text: str) -> str | None:
        if "\0" in text:
            return "it has a zero character; is it UTF-16? See --encoding"
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            before = text[: error.start]
            by_bytes = self.encoding.splits_by_bytes
            place = f"byte {len(before.encode(self.encoding.name)) + 1}" if by_bytes else f"character {len(before) + 1}"
            return f"it is not {self.encoding.name.upper()} ({place} of the line); see --encoding"
        return None

    def _split(self, text: str) -> list[str]:
        if '"' not in text:
            return text.split(self._delimiter)
        return next(csv.reader([text], delimiter=self._delimiter, skipinitialspace=True, strict=True))


def _read_line(content: io.TextIOWrapper) -> tuple[str, bool]:
    """The next line and True; the beginning of one that is too long for a reading, and False."""
    text = content.readline(LINE_MAX_BYTES + 1)
    rest = text
    while len(rest) > LINE_MAX_BYTES and not rest.endswith("\n"):
        rest = content.readline(LINE_MAX_BYTES + 1)
    return text, len(text) <= LINE_MAX_BYTES
