"""Raw objects to validated lines: what one task of the job does.

A task reads its objects, validates their lines and writes what it found as Parquet, valid readings and rejected lines
apart, where Spark goes on from. Kept in S3 and not in Spark's memory, so that a lost worker costs nothing, and in
columns from the start, so that no row is ever handed from Python to Java.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import DatastreamerError
from datastreamer.events.reading import CRASHED_THE_READER, TRUNCATED_LINE
from datastreamer.events.strict_json import LINE_MAX_BYTES
from datastreamer.telemetry.job.accounts import LineCount
from datastreamer.telemetry.job.validation import ACCEPTED, Rejected
from datastreamer.telemetry.job.worker_client import s3_of_worker
from datastreamer.telemetry.manifest import RawObject
from datastreamer.telemetry.raw_lines import RawLines

LINE_BITS: Final = 40
"""A line is known by one number, its ``row``: the number of its object, then that of its line in so many bits."""

_INGEST: Final = [pa.field("ingest_time", pa.timestamp("us")), pa.field("source_object", pa.string())]
READINGS: Final = pa.schema(
    [*(field for field in ACCEPTED if field.name != "line_number"), *_INGEST, pa.field("row", pa.int64())]
)
REJECTED: Final = pa.schema(
    [
        pa.field("reason", pa.string()),
        pa.field("line", pa.string()),
        pa.field("line_base64", pa.string()),
        pa.field("line_number", pa.int64()),
        *_INGEST,
    ]
)

_CHUNK_BYTES = 256 * 1024
_TASK_BYTES = 16 * 1024 * 1024
_OBJECT_OVERHEAD_BYTES = 64 * 1024
_ROW_GROUP_ROWS = 128 * 1024
_ROW_GROUP_BYTES = 32 * 1024 * 1024
"""Spark reads up to 4,096 rows of a row group at once: of rows as long as a line may be, it must not find so many."""
_RANDOM = frozenset({"event_id", "event_time", "row", "line", "line_base64", "line_number"})
"""Columns without repetition: a dictionary of them is built in vain."""


Validate = Callable[[Sequence[bytes], int, datetime], tuple[list[pa.RecordBatch], list[Rejected]]]
"""As ``validate_block``."""


class ReaderCrashedError(DatastreamerError):
    """Validating an object's lines broke off for no reason that lies in S3: as good as a crash of the process."""


def pack(objects: Sequence[RawObject], cores: int) -> list[list[int]]:
    """Share the objects (by number) among tasks of like size: the largest first, each to the task that has least."""
    total = sum(item.size for item in objects)
    tasks: list[list[int]] = [[] for _ in range(min(len(objects), max(cores, math.ceil(total / _TASK_BYTES))))]
    load = [0] * len(tasks)
    for number in sorted(range(len(objects)), key=lambda index: -objects[index].size):
        least = load.index(min(load))
        tasks[least].append(number)
        load[least] += objects[number].size + _OBJECT_OVERHEAD_BYTES
    return tasks


def read_objects(
    bucket: str,
    objects: Sequence[RawObject],
    numbers: Sequence[int],
    target: S3Location,
    name: str,
    *,
    validate: Validate,
) -> list[LineCount]:
    """Read the objects with these ``numbers``; readings go to ``readings/<name>.parquet`` in ``target``, rejected
    lines to ``rejected/<name>.parquet``, neither when there are none. The same call writes the same files.

    Raises botocore's ClientError when an object was replaced or removed since it was listed, and ReaderCrashedError.
    """
    readings, rejected = _Spool(READINGS), _Spool(REJECTED)
    counts: list[LineCount] = []
    try:
        for number in numbers:
            counts += _read_object(bucket, objects[number], number, readings, rejected, validate=validate)
        _put(readings, target, "readings", name)
        _put(rejected, target, "rejected", name)
    except MemoryError as error:
        raise ReaderCrashedError(f"out of memory: {error}") from error
    return counts


def reject_all(
    lines: Sequence[bytes], first_number: int, _arrived: datetime
) -> tuple[list[pa.RecordBatch], list[Rejected]]:
    """Validation that looks at nothing: every line that is not empty is rejected as CRASHED_THE_READER."""
    rows = enumerate(lines, start=first_number)
    return [], [Rejected(number, CRASHED_THE_READER, line[:LINE_MAX_BYTES]) for number, line in rows if line]


def name_object(bucket: str, found: RawObject, number: int, target: S3Location, name: str) -> LineCount:
    """Reject an object that cannot even be read: one row without a line, as line number 0, names it."""
    rejected = _Spool(REJECTED)
    row = {"reason": CRASHED_THE_READER, "line_number": 0, **_origin(bucket, found)}
    rejected.add(pa.RecordBatch.from_pylist([row], schema=REJECTED))
    _put(rejected, target, "rejected", name)
    return LineCount(number, CRASHED_THE_READER, "the processes that read it died, so its lines are not known", 1)


def _put(spool: _Spool, target: S3Location, folder: str, name: str) -> None:
    if spool.rows:
        key = target.folder(folder).key(f"{name}.parquet")
        s3_of_worker().put_object(Bucket=target.bucket, Key=key, Body=spool.finish())


def _origin(bucket: str, found: RawObject) -> dict[str, Any]:
    arrived = datetime.fromisoformat(found.last_modified)
    return {
        "ingest_time": arrived.astimezone(UTC).replace(tzinfo=None),
        "source_object": f"s3://{bucket}/{found.key}",
    }


def _read_object(
    bucket: str, found: RawObject, number: int, readings: _Spool, rejected: _Spool, *, validate: Validate
) -> Iterator[LineCount]:
    arrived = datetime.fromisoformat(found.last_modified)
    origin = _origin(bucket, found)
    body = s3_of_worker().get_object(Bucket=bucket, Key=found.key, IfMatch=found.etag)["Body"]
    blocks = RawLines(body.iter_chunks(_CHUNK_BYTES))
    lines_read, valid = 0, 0
    reasons: dict[str, int] = {}

    def reject(lines: Sequence[Rejected]) -> None:
        for line in lines:
            reasons[line.reason] = reasons.get(line.reason, 0) + 1
        if lines:
            rows = [
                {"reason": item.reason, "line_number": item.line_number, **line_text(item.line), **origin}
                for item in lines
            ]
            rejected.add(pa.RecordBatch.from_pylist(rows, schema=REJECTED))

    for lines in blocks:
        try:
            accepted, refused = validate(lines, lines_read + 1, arrived)
        except Exception as error:
            place = f"{origin['source_object']}, lines {lines_read + 1} to {lines_read + len(lines)}"
            raise ReaderCrashedError(f"{place}: {error!r}") from error
        for batch in accepted:
            readings.add(_reading_rows(batch, number, origin))
            valid += batch.num_rows
        reject(refused)
        lines_read += len(lines)
    if blocks.unfinished is not None:
        reject([Rejected(lines_read + 1, TRUNCATED_LINE, blocks.unfinished[:LINE_MAX_BYTES])])
    yield LineCount(number, None, blocks.fault, valid)
    for reason, count in reasons.items():
        yield LineCount(number, reason, None, count)


def _reading_rows(batch: pa.RecordBatch, number: int, origin: dict[str, Any]) -> pa.RecordBatch:
    constants = [pa.repeat(pa.scalar(origin[field.name], field.type), batch.num_rows) for field in _INGEST]
    rows = pa.array(batch.column("line_number").to_numpy() | (number << LINE_BITS), pa.int64())
    return pa.RecordBatch.from_arrays([*batch.columns[:-1], *constants, rows], schema=READINGS)


def line_text(line: bytes) -> dict[str, str | None]:
    """``line`` as the quarantine has it: as text, or in base64 when it is not UTF-8."""
    try:
        return {"line": line.decode("utf-8"), "line_base64": None}
    except UnicodeDecodeError:
        return {"line": None, "line_base64": base64.b64encode(line).decode("ascii")}


class _Spool:
    """A Parquet file that grows in memory, compressed."""

    def __init__(self, schema: pa.Schema) -> None:
        self.rows = 0
        self._schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._buffer = io.BytesIO()
        dictionary = [name for name in schema.names if name not in _RANDOM]
        self._writer = pq.ParquetWriter(
            self._buffer, schema, compression="snappy", use_dictionary=dictionary, write_statistics=False
        )

    def add(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self._waiting_bytes += batch.nbytes
        if self._waiting_rows >= _ROW_GROUP_ROWS or self._waiting_bytes >= _ROW_GROUP_BYTES:
            self._flush()

    def finish(self) -> bytes:
        self._flush()
        self._writer.close()
        return self._buffer.getvalue()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema), row_group_size=1 << 30)
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0
