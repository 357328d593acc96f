"""The records of a JSON Lines file, a line each: plain or gzip, from disk or from standard input."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from datastreamer.aws.putting import MAX_RECORD_BYTES
from datastreamer.errors import InvalidRecordError
from datastreamer.inference.outgoing import Outgoing, outgoing

GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Unreadable:
    """A line that holds no record: its number (from 1), the reason code and what is wrong in words."""

    line: int
    reason: str
    detail: str


@dataclass
class LineReader:
    """Reads records from ``source``; every line that holds none goes to ``refuse``. Blank lines count as lines only.

    ``raw`` takes every line that Kinesis takes. ``line`` is the number of the last line read.
    """

    source: BinaryIO
    refuse: Callable[[Unreadable], None]
    raw: bool = False
    line: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[Outgoing]:
        for data in self._lines():
            if data is None:
                self.refuse(Unreadable(self.line, "record_too_large", f"more than {MAX_RECORD_BYTES:,} bytes"))
            elif data.strip(b" \t\r\n"):
                try:
                    yield outgoing(data, line=self.line, raw=self.raw)
                except InvalidRecordError as error:
                    self.refuse(Unreadable(self.line, error.reason, error.detail))

    def _lines(self) -> Iterator[bytes | None]:
        """Each line without its end; None for one that is too long to be a record, which is not kept in memory."""
        stream = _decompressed(self.source)
        most = MAX_RECORD_BYTES + 2
        try:
            while piece := stream.readline(most):
                self.line += 1
                if piece.endswith(b"\n") or len(piece) < most:
                    yield piece.rstrip(b"\r\n")
                    continue
                while piece and not piece.endswith(b"\n"):
                    piece = stream.readline(most)
                yield None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            self.line += 1
            self.refuse(Unreadable(self.line, "damaged_gzip", f"nothing after this can be read: {error}"))


def _decompressed(source: BinaryIO) -> Any:
    buffered: Any = source if hasattr(source, "peek") else io.BufferedReader(source)
    return gzip.GzipFile(fileobj=buffered) if buffered.peek(2)[:2] == GZIP_MAGIC else buffered
