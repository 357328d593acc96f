"""Raw objects from S3, judged line by line: what a worker of the job does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import boto3
import pyarrow as pa

from datastreamer.events.reading import TRUNCATED_LINE
from datastreamer.telemetry.judge import JUDGED, judge_block, rejected_batch
from datastreamer.telemetry.manifest import RawObject
from datastreamer.telemetry.raw_lines import RawLines

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

JUDGED_OBJECTS: Final = JUDGED.append(pa.field("object", pa.int32())).append(pa.field("fault", pa.string()))
"""Schema of what ``judged_object`` gives. ``object`` is its number. A row with line number 0 stands for the object
itself: its ``fault`` says why the object could not be read to its end, and is null when it was."""

_CHUNK_BYTES = 256 * 1024
_TASK_BYTES = 16 * 1024 * 1024
_OBJECT_OVERHEAD_BYTES = 64 * 1024
_LEAST_TASKS = 4


def judged_object(bucket: str, found: RawObject, number: int) -> Iterator[pa.RecordBatch]:
    """Batches (schema ``JUDGED_OBJECTS``) of every line of the object.

    Raises botocore's ClientError when the object was replaced or removed since it was listed.
    """
    arrived = datetime.fromisoformat(found.last_modified)
    body = _client().get_object(Bucket=bucket, Key=found.key, IfMatch=found.etag)["Body"]
    blocks = RawLines(body.iter_chunks(_CHUNK_BYTES))
    next_line = 1
    for lines in blocks:
        for batch in judge_block(lines, next_line, arrived):
            yield _of_object(batch, number, None)
        next_line += len(lines)
    if blocks.unfinished is not None:
        yield _of_object(rejected_batch(blocks.unfinished, next_line, TRUNCATED_LINE), number, None)
    yield _of_object(pa.RecordBatch.from_pylist([{"line_number": 0}], schema=JUDGED), number, blocks.fault)


def pack(objects: Sequence[RawObject]) -> list[list[int]]:
    """Share the objects (by number) among tasks of like size: the largest first, each to the task that has least."""
    total = sum(item.size for item in objects)
    tasks: list[list[int]] = [[] for _ in range(min(len(objects), max(_LEAST_TASKS, math.ceil(total / _TASK_BYTES))))]
    load = [0] * len(tasks)
    for number in sorted(range(len(objects)), key=lambda index: -objects[index].size):
        least = load.index(min(load))
        tasks[least].append(number)
        load[least] += objects[number].size + _OBJECT_OVERHEAD_BYTES
    return tasks


def _of_object(batch: pa.RecordBatch, number: int, fault: str | None) -> pa.RecordBatch:
    rows = batch.num_rows
    columns = [pa.repeat(pa.scalar(number, pa.int32()), rows), pa.repeat(pa.scalar(fault, pa.string()), rows)]
    return pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=JUDGED_OBJECTS)


@lru_cache(maxsize=1)
def _client() -> S3Client:
    """One client a worker process: making one takes longer than reading a small object."""
    return boto3.client("s3")
