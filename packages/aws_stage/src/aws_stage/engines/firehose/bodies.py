"""Bodies of S3 objects, built as records come."""

from __future__ import annotations

import zlib

GZIP_LEVEL = 3
"""Measured on packed readings: level 6 takes 1.8 times the time of 3 for 11 % less."""
_GZIP_WRAPPER = 31


class Body:
    """Collects bytes, compressing on the way: memory holds the compressed form only."""

    def __init__(self, gzip: bool) -> None:
        self._compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_WRAPPER) if gzip else None
        self._parts: list[bytes] = []
        self.written = 0
        """Bytes before compression."""

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._parts.append(self._compressor.compress(data) if self._compressor else data)

    def finish(self) -> bytes:
        """The whole body, however often it is asked for; nothing may be written afterwards."""
        if self._compressor:
            self._parts.append(self._compressor.flush())
            self._compressor = None
        return b"".join(self._parts)
