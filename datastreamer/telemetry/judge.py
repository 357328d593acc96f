"""Lines to judged readings, a block at a time: the reading contract at the speed of Arrow.

Arrow's JSON reader takes whole blocks at once, so a line may only pass that way if nothing about it is doubtful. Every
other line is judged alone by ``parse_reading``, the contract itself: the fast way can be slow, never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from datastreamer.errors import InvalidRecordError
from datastreamer.events.reading import (
    EARLIEST,
    FUTURE_TOLERANCE,
    IDENTIFIER_MAX_CHARS,
    KNOWN_FIELDS,
    PERCENT_RANGE,
    TEMPERATURE_RANGE_C,
    TEXT_MAX_CHARS,
    parse_reading,
)

ACCEPTED: Final = pa.schema(
    [
        ("event_id", pa.string()),
        ("device_id", pa.string()),
        ("event_time", pa.timestamp("us")),
        ("temperature", pa.float64()),
        ("humidity", pa.float64()),
        ("battery", pa.float64()),
        ("site", pa.string()),
        ("firmware", pa.string()),
        ("extra", pa.string()),
        ("line_number", pa.int64()),
    ]
)
"""Valid readings; ``event_time`` is UTC, and says so nowhere, as in Athena."""


class Rejected(NamedTuple):
    """A line that is no valid reading, whole, and why."""

    line_number: int
    reason: str
    line: bytes


_READING_COLUMNS: Final = (
    "event_id",
    "device_id",
    "event_time",
    "temperature",
    "humidity",
    "battery",
    "site",
    "firmware",
)
_WIRE: Final = pa.schema(
    [(name, pa.float64() if name in ("temperature", "humidity", "battery") else pa.string()) for name in KNOWN_FIELDS]
)
_PARSE: Final = pj.ParseOptions(explicit_schema=_WIRE, unexpected_field_behavior="infer")
_PLAIN_TIMESTAMP: Final = (
    r"^\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|[12]\d))"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$"
)
"""The contract's timestamps that Arrow reads as we do: in UTC, at most microseconds, a day that the month has."""
_MOMENT: Final = pa.timestamp("us", "UTC")
_PART_LINES: Final = 1024
_ROW: Final = re.compile(r"in row (\d+)")


def judge_block(
    lines: Sequence[bytes], first_number: int, arrived: datetime
) -> tuple[list[pa.RecordBatch], list[Rejected]]:
    """Judge ``lines`` (no line ends), the first of which is line ``first_number``; an empty one has a number only.

    ``arrived`` (aware): when they reached the lake. Returns the readings (schema ``ACCEPTED``) and the rejected lines.
    """
    doubtful: list[int] = []
    plain: list[int] = []
    for position, line in enumerate(lines):
        if not line:
            continue
        # A line that begins and ends so, in a block whose parse has one row a line, is exactly one object: between
        # two such lines stands ``}{``, which JSON allows at top level only.
        (plain if line[:1] == b"{" and line[-1:] == b"}" else doubtful).append(position)
    accepted = []
    parsed = [_of_known_fields(*part, lines, doubtful) for part in _parsed(lines, plain, doubtful)]
    if parsed:
        table = pa.concat_tables([part for part, _ in parsed]).combine_chunks()
        readings, numbers = _accept(table, np.concatenate([own for _, own in parsed]), arrived, doubtful)
        if len(numbers):
            accepted.append(_accepted_batch(readings, numbers + first_number))
    singly, rejected = _judge_singly(lines, doubtful, first_number, arrived)
    return [*accepted, *singly], rejected


def _parsed(lines: Sequence[bytes], positions: list[int], doubtful: list[int]) -> Iterator[tuple[pa.Table, list[int]]]:
    """Tables of those ``positions`` that Arrow can parse, each with its own positions; the rest become doubtful."""
    # In parts: a line that cannot be parsed costs a second reading of its part.
    pending = [positions[first : first + _PART_LINES] for first in range(0, len(positions), _PART_LINES)]
    while pending:
        part = pending.pop()
        if not part:
            continue
        text = b"\n".join([lines[position] for position in part])
        try:
            text.decode("utf-8")
            table = pj.read_json(
                pa.BufferReader(text), pj.ReadOptions(use_threads=False, block_size=len(text) + 1), _PARSE
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError) as error:
            if len(part) == 1:
                doubtful += part
                continue
            match = _ROW.search(str(error))
            bad = int(match[1]) if match else len(part)
            if bad < len(part):
                doubtful.append(part[bad])
                pending += [part[bad + 1 :], part[:bad]]
                continue
        else:
            if table.num_rows == len(part):
                yield table, part
                continue
            if len(part) == 1:
                doubtful += part
                continue
        middle = len(part) // 2
        pending += [part[middle:], part[:middle]]


def _of_known_fields(
    table: pa.Table, positions: list[int], lines: Sequence[bytes], doubtful: list[int]
) -> tuple[pa.Table, Any]:
    """The rows without unknown fields, and their positions; the others become doubtful."""
    numbers = np.asarray(positions)
    unknown = table.column_names[len(KNOWN_FIELDS) :]
    if not unknown:
        return table, numbers
    # A null tells not whether the field was sent as null or not at all; the line does.
    keep = pa.array([b"null" not in lines[position] for position in positions])
    for name in unknown:
        keep = pc.and_(keep, pc.is_null(table[name]))
    return _filtered(table.select(KNOWN_FIELDS), numbers, keep, doubtful)


def _accept(table: pa.Table, numbers: Any, arrived: datetime, doubtful: list[int]) -> tuple[pa.Table, Any]:
    """Rows of ``table`` that are valid readings beyond doubt, and their numbers; the others become doubtful."""
    keep = pc.match_substring_regex(table["timestamp"], _PLAIN_TIMESTAMP)
    for name in ("event_id", "device_id"):
        keep = pc.and_(keep, pc.match_substring_regex(table[name], "^[!-~]"))
        keep = pc.and_(keep, pc.less_equal(pc.binary_length(table[name]), IDENTIFIER_MAX_CHARS))
    keep = pc.and_(keep, _between(table["temperature"], TEMPERATURE_RANGE_C))
    for name in ("humidity", "battery"):
        keep = pc.and_(keep, pc.fill_null(_between(table[name], PERCENT_RANGE), True))
    for name in ("site", "firmware"):
        keep = pc.and_(keep, pc.fill_null(pc.less_equal(pc.binary_length(table[name]), TEXT_MAX_CHARS), True))
    table, numbers = _filtered(table, numbers, keep, doubtful)
    try:
        moments = pc.cast(table["timestamp"], _MOMENT)
    except pa.ArrowInvalid:  # 29 February of a year that has none
        doubtful += numbers.tolist()
        return table.slice(0, 0), numbers[:0]
    table = table.append_column("event_time", pc.cast(moments, pa.timestamp("us")))
    in_range = pc.and_(
        pc.greater_equal(moments, pa.scalar(EARLIEST, _MOMENT)),
        pc.less_equal(moments, pa.scalar(arrived + FUTURE_TOLERANCE, _MOMENT)),
    )
    return _filtered(table, numbers, in_range, doubtful)


def _between(column: pa.ChunkedArray, limits: tuple[float, float]) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(column, limits[0]), pc.less_equal(column, limits[1]))


def _filtered(table: pa.Table, numbers: Any, keep: pa.ChunkedArray, doubtful: list[int]) -> tuple[pa.Table, Any]:
    mask = np.asarray(pc.fill_null(keep, False))
    if mask.all():
        return table, numbers
    doubtful += numbers[~mask].tolist()
    return table.filter(pa.array(mask)), numbers[mask]


def _accepted_batch(table: pa.Table, line_numbers: Any) -> pa.RecordBatch:
    columns = [table[name].combine_chunks() for name in _READING_COLUMNS]
    extra = pa.nulls(len(line_numbers), pa.string())
    return pa.RecordBatch.from_arrays([*columns, extra, pa.array(line_numbers, pa.int64())], schema=ACCEPTED)


def _judge_singly(
    lines: Sequence[bytes], positions: list[int], first_number: int, arrived: datetime
) -> tuple[list[pa.RecordBatch], list[Rejected]]:
    accepted: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for position in sorted(positions):
        try:
            reading = vars(parse_reading(lines[position], arrived))
        except InvalidRecordError as error:
            rejected.append(Rejected(first_number + position, error.reason, lines[position]))
        else:
            accepted.append({**reading, "line_number": first_number + position})
    return ([pa.RecordBatch.from_pylist(accepted, schema=ACCEPTED)] if accepted else []), rejected
