"""Raw objects as they lie in S3: counting the lines of each from its bytes.

The audit counts here anew, without asking the job, so that neither can hide the other's mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from datastreamer.telemetry.manifest import RawObject
from datastreamer.telemetry.raw_lines import RawLines

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES = 256 * 1024
READERS = 8


def count_lines(chunks: Iterable[bytes]) -> int:
    """Lines in an object's bytes that are not empty; a last one that no line end closes, or that a fault cuts off,
    counts too."""
    blocks = RawLines(chunks)
    return sum(len(lines) - lines.count(b"") for lines in blocks) + (blocks.unfinished is not None)


def count_all(
    s3: S3Client, bucket: str, objects: Iterable[RawObject], counted: Callable[[RawObject], None] = lambda _: None
) -> Mapping[str, int]:
    """URI -> lines of every object in ``bucket``, several read at once; ``counted`` is told of each as it is done."""

    def count(found: RawObject) -> tuple[RawObject, int]:
        body = s3.get_object(Bucket=bucket, Key=found.key)["Body"]
        return found, count_lines(body.iter_chunks(CHUNK_BYTES))

    lines: dict[str, int] = {}
    with ThreadPoolExecutor(READERS) as pool:
        for found, number in pool.map(count, objects):
            lines[f"s3://{bucket}/{found.key}"] = number
            counted(found)
    return lines
