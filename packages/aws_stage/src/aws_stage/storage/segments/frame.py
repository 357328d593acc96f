"""One append to a log, as it lies on disk: a header, where each record ends, how large each is, the records.

Ordinals count the records of a log from 1 and never repeat.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

MAGIC = b"DSK1"
_FIELDS = struct.Struct("<4sIIIQQ")
_CHECKSUM = struct.Struct("<I")
HEADER_BYTES = _FIELDS.size + _CHECKSUM.size


class CorruptFrameError(Exception):
    """The bytes are not a frame, or not the frame that was written."""


@dataclass(frozen=True)
class Header:
    """``length``: bytes after the header. ``arrival_ms``: since the epoch, the same for every record of the frame."""

    length: int
    checksum: int
    count: int
    first_ordinal: int
    arrival_ms: int


def encode(first_ordinal: int, arrival_ms: int, records: Sequence[bytes], sizes: Sequence[int]) -> bytes:
    """``sizes``: bytes of data in each record, as its writer counts them."""
    count = len(records)
    ends, position = [], 0
    for record in records:
        position += len(record)
        ends.append(position)
    body = b"".join((struct.pack(f"<{2 * count}I", *ends, *sizes), *records))
    fields = _FIELDS.pack(MAGIC, len(body), zlib.crc32(body), count, first_ordinal, arrival_ms)
    return b"".join((fields, _CHECKSUM.pack(zlib.crc32(fields)), body))


def decode_header(raw: bytes) -> Header:
    """Raises CorruptFrameError when ``raw`` does not start with a header."""
    if len(raw) < HEADER_BYTES or raw[:4] != MAGIC:
        raise CorruptFrameError("no frame starts here")
    if _CHECKSUM.unpack_from(raw, _FIELDS.size)[0] != zlib.crc32(raw[: _FIELDS.size]):
        raise CorruptFrameError("a frame's header fails its checksum")
    _, length, checksum, count, first_ordinal, arrival_ms = _FIELDS.unpack_from(raw)
    return Header(length, checksum, count, first_ordinal, arrival_ms)


def verify(header: Header, body: bytes) -> None:
    """Raises CorruptFrameError when ``body`` is not what was written."""
    if len(body) != header.length or zlib.crc32(body) != header.checksum:
        raise CorruptFrameError(f"the frame at ordinal {header.first_ordinal} fails its checksum")


def decode_records(header: Header, body: bytes, skip: int = 0) -> tuple[list[bytes], list[int]]:
    """The records after the first ``skip``, with their sizes."""
    count = header.count
    numbers = struct.unpack_from(f"<{2 * count}I", body)
    base = 8 * count
    starts = (0, *numbers[: count - 1])
    records = [body[base + starts[i] : base + numbers[i]] for i in range(skip, count)]
    return records, list(numbers[count + skip :])
