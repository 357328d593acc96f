"""Raw objects as they lie in S3: counting the lines of each from its bytes, and what they are known by.

The audit counts here anew, without asking the job, so that neither can hide the other's mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datastreamer.telemetry.audit.identities import Identities, of_raw, together
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


@dataclass(frozen=True)
class RawCount:
    """``lines`` of each object by URI; what the lines of those that were to be identified are known by."""

    lines: Mapping[str, int]
    identities: Identities


def count_all(
    s3: S3Client,
    bucket: str,
    objects: Iterable[RawObject],
    counted: Callable[[RawObject], None] = lambda _: None,
    identify: Callable[[str], bool] = lambda _: False,
) -> RawCount:
    """Every object in ``bucket``, several read at once; ``counted`` is told of each as it is done, ``identify`` says of
    a URI whether its lines are to be identified."""

    def read(found: RawObject) -> tuple[RawObject, int, Identities | None]:
        body = s3.get_object(Bucket=bucket, Key=found.key)["Body"]
        chunks = body.iter_chunks(CHUNK_BYTES)
        if not identify(f"s3://{bucket}/{found.key}"):
            return found, count_lines(chunks), None
        blocks = RawLines(chunks)
        parts = [of_raw(lines) for lines in blocks]
        # Of a line that breaks off nobody knows what it was; it counts, as it does for the job.
        rest = of_raw([blocks.unfinished]) if blocks.unfinished is not None else of_raw([])
        known = together([*parts, rest])
        return found, len(known.lines), known

    lines: dict[str, int] = {}
    identities: list[Identities] = []
    with ThreadPoolExecutor(READERS) as pool:
        for found, number, known in pool.map(read, objects):
            lines[f"s3://{bucket}/{found.key}"] = number
            if known is not None:
                identities.append(known)
            counted(found)
    return RawCount(lines, together(identities))
