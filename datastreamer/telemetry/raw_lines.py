"""The lines of a raw object, from its bytes: gzip or plain, whole or broken off.

Gzip is known by its first bytes, not by its name; members that follow each other are one text (RFC 1952, 2.2). A line
ends at LF or CR LF. Where there is nothing between two line ends there is no line, though it has a number: whoever
delivers a record ends it, also one that ends in a line end of its own (docs/adr/0226). Of an object that breaks off,
everything that can be read is given, and what could not be is told. Memory is bounded whatever an object holds: of a
line that is longer than the contract allows, only the beginning is given, longer than allowed still.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from datastreamer.events.strict_json import LINE_MAX_BYTES

GZIP_MAGIC = b"\x1f\x8b"
_BLOCK_BYTES = 1 << 20
_KEPT_BYTES: Final = LINE_MAX_BYTES + 2
"""Of an unfinished line: one byte too many, even when the last one is taken for the CR of a line end."""


@dataclass
class RawLines:
    """Iterating gives blocks of lines (bytes without their ends); after the last one, the rest is known.

    ``unfinished`` is the text after the last line end of an object that breaks off: it cannot be known to be whole.
    ``fault`` says in a sentence why an object could not be read to its end, None when it was.
    """

    chunks: Iterable[bytes]
    fault: str | None = None
    unfinished: bytes | None = None

    def __iter__(self) -> Iterator[list[bytes]]:
        carry: list[bytes] = []
        room = _KEPT_BYTES
        for text in self._texts():
            whole, newline, rest = text.rpartition(b"\n")
            if newline:
                yield _lines(b"".join([*carry, whole]))
                carry, room = [], _KEPT_BYTES
            if kept := rest[:room]:
                carry.append(kept)
                room -= len(kept)
        if carry and self.fault:
            self.unfinished = b"".join(carry)
        elif carry:
            yield _lines(b"".join(carry))

    def _texts(self) -> Iterator[bytes]:
        """The object's text in pieces; sets ``fault`` at the end."""
        stream = (chunk for chunk in self.chunks if chunk)
        head = next(stream, b"")
        while 0 < len(head) < len(GZIP_MAGIC):
            more = next(stream, b"")
            if not more:
                break
            head += more
        if not head.startswith(GZIP_MAGIC):
            yield from filter(None, [head])
            yield from stream
            return
        member = zlib.decompressobj(wbits=31)
        pending = head
        while pending:
            before = member.copy()
            try:
                yield member.decompress(pending, _BLOCK_BYTES)
            except zlib.error as error:
                yield _up_to_the_fault(before, pending)
                unread = len(pending) + sum(map(len, stream))
                self.fault = f"corrupt gzip stream ({error}); about {unread} compressed bytes were not read"
                return
            pending = member.unconsumed_tail
            if member.eof:
                pending = (member.unused_data or next(stream, b"")).lstrip(b"\0")
                if not pending:  # RFC 1952 knows no padding, but gzip(1) and tape-sized writers leave zeros
                    pending = next((part for chunk in stream if (part := chunk.lstrip(b"\0"))), b"")
                member = zlib.decompressobj(wbits=31) if pending else member
            elif not pending:
                pending = next(stream, b"")
        while not member.eof:
            rest = member.decompress(b"", _BLOCK_BYTES)
            if not rest:
                self.fault = "truncated gzip stream: it ends before its end mark"
                return
            yield rest


def _up_to_the_fault(member: zlib._Decompress, chunk: bytes) -> bytes:
    """A decompressor drops the output of the call in which it fails; byte by byte, only the bad byte's is lost."""
    readable = []
    for position in range(len(chunk)):
        try:
            readable.append(member.decompress(chunk[position : position + 1]))
        except zlib.error:
            break
    return b"".join(readable)


def _lines(text: bytes) -> list[bytes]:
    lines = text.split(b"\n")
    if b"\r" in text:
        return [line[:-1] if line.endswith(b"\r") else line for line in lines]
    return lines
