"""Raw objects as they lie in S3: listing them, and counting the lines of each from its bytes.

The audit counts here anew, without asking the job, so that neither can hide the other's mistake.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GZIP_MAGIC = b"\x1f\x8b"
CHUNK_BYTES = 256 * 1024
READERS = 8


@dataclass(frozen=True)
class RawObject:
    """One object under the raw prefix; ``size`` in bytes as stored."""

    uri: str
    bucket: str
    key: str
    size: int


def list_raw(s3: S3Client, bucket: str, prefix: str) -> list[RawObject]:
    """Every object under ``prefix``, in key order; folder markers (keys that end in /) are not objects."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [
        RawObject(f"s3://{bucket}/{item['Key']}", bucket, item["Key"], item["Size"])
        for page in pages
        for item in page.get("Contents", [])
        if not item["Key"].endswith("/")
    ]


def count_lines(chunks: Iterable[bytes]) -> int:
    """Lines in an object's bytes: newlines, plus one for a last line that has none.

    Gzip is known by its first bytes, not by its name; several members follow each other; of a stream that breaks off or
    is corrupt, what can be read counts.
    """
    newlines = 0
    last = b"\n"
    for piece in _readable(chunks):
        if piece:
            newlines += piece.count(b"\n")
            last = piece[-1:]
    return newlines + (last != b"\n")


def count_all(
    s3: S3Client, objects: Iterable[RawObject], counted: Callable[[RawObject], None] = lambda _: None
) -> Mapping[str, int]:
    """URI -> lines of every object, several read at once; ``counted`` is told of each as it is done."""

    def count(found: RawObject) -> tuple[RawObject, int]:
        body = s3.get_object(Bucket=found.bucket, Key=found.key)["Body"]
        return found, count_lines(body.iter_chunks(CHUNK_BYTES))

    lines: dict[str, int] = {}
    with ThreadPoolExecutor(READERS) as pool:
        for found, number in pool.map(count, objects):
            lines[found.uri] = number
            counted(found)
    return lines


def _readable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    stream = iter(chunks)
    head = b""
    for chunk in stream:
        head += chunk
        if len(head) >= len(GZIP_MAGIC):
            break
    if not head.startswith(GZIP_MAGIC):
        yield head
        yield from stream
        return
    member = zlib.decompressobj(wbits=31)
    pending: bytes | None = head
    while pending is not None:
        before = member.copy()
        try:
            yield member.decompress(pending)
        except zlib.error:
            yield _up_to_the_fault(before, pending)
            return
        if member.eof:
            pending = member.unused_data or next(stream, None)
            member = zlib.decompressobj(wbits=31)
        else:
            pending = next(stream, None)


def _up_to_the_fault(member: zlib._Decompress, chunk: bytes) -> bytes:
    """A decompressor drops the output of the call in which it fails; byte by byte, only the bad byte's is lost."""
    readable = []
    for position in range(len(chunk)):
        try:
            readable.append(member.decompress(chunk[position : position + 1]))
        except zlib.error:
            break
    return b"".join(readable)
