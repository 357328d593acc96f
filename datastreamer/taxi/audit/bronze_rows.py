"""How many rows each bronze object has, counted from the object itself and not by the job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from datastreamer.aws.s3_location import bucket_and_key
from datastreamer.errors import ConfigurationError
from datastreamer.taxi.bronze import CSV, PARQUET, BronzeObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TAIL: Final = 64 * 1024
"""Bytes that hold the whole footer of most files."""
_CLOSING: Final = 8
"""A Parquet file ends in its footer's length (four bytes, little-endian) and ``PAR1``."""
_READERS: Final = 8


def count_rows(
    s3: S3Client, objects: Sequence[BronzeObject], counted: Callable[[int], None] = lambda _done: None
) -> Mapping[str, int]:
    """Rows by URI; ``counted`` is called with how many objects are done.

    Raises ConfigurationError, naming the object, for one that is neither Parquet nor CSV, or broken.
    """
    rows: dict[str, int] = {}
    with ThreadPoolExecutor(_READERS) as pool:
        for found, number in zip(objects, pool.map(lambda each: _rows(s3, each), objects), strict=True):
            rows[found.uri] = number
            counted(len(rows))
    return rows


def _rows(s3: S3Client, found: BronzeObject) -> int:
    if found.suffix == PARQUET:
        return _parquet_rows(s3, found)
    if found.suffix == CSV:
        return _csv_rows(s3, found)
    raise ConfigurationError(f"{found.uri} is neither Parquet nor CSV by its name; TLC publishes nothing else")


def _parquet_rows(s3: S3Client, found: BronzeObject) -> int:
    """By the footer, which is all that is fetched."""
    tail = _last(s3, found, _TAIL)
    footer = int.from_bytes(tail[-_CLOSING:][:4], "little") + _CLOSING
    if len(tail) < footer <= found.size:
        tail = _last(s3, found, footer)
    try:
        return int(pq.read_metadata(pa.BufferReader(tail)).num_rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise ConfigurationError(f"{found.uri} is not a whole Parquet file: {error}") from error


def _last(s3: S3Client, found: BronzeObject, size: int) -> bytes:
    bucket, key = bucket_and_key(found.uri)
    if not found.size:
        return b""
    first = max(found.size - size, 0)
    return s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={first}-{found.size - 1}", IfMatch=found.etag)[
        "Body"
    ].read()


def _csv_rows(s3: S3Client, found: BronzeObject) -> int:
    """Lines that are not blank, but for the header: what the job reads as rows."""
    bucket, key = bucket_and_key(found.uri)
    body = s3.get_object(Bucket=bucket, Key=key, IfMatch=found.etag)["Body"]
    return max(sum(1 for line in body.iter_lines(chunk_size=1 << 20) if line.strip(b" ")) - 1, 0)
