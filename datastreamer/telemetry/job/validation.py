"""Lines to validated readings, a block at a time: the reading contract at the speed of Arrow.

Arrow's JSON reader takes whole blocks at once, so a line may only pass that way if nothing about it is doubtful. Every
other line is validated alone by ``parse_reading``, the contract itself: the fast way can be slow, never wrong.

Arrow reads the known fields and passes over all others: it never infers a type, so that neither the depth of a field
nor the number of names in a block costs stack or memory. Lines with other fields are found by their quotation marks.
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
    FIELDS,
    FUTURE_TOLERANCE,
    IDENTIFIER_MAX_CHARS,
    OPTIONAL_FIELDS,
    TEXT_MAX_CHARS,
    Field,
    Kind,
    parse_reading,
)
from datastreamer.events.strict_json import LINE_MAX_BYTES

_ARROW: Final = {
    Kind.IDENTIFIER: pa.string(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.NUMBER: pa.float64(),
    Kind.TEXT: pa.string(),
}
ACCEPTED: Final = pa.schema(
    [
        *((field.column, _ARROW[field.kind]) for field in FIELDS),
        ("extra", pa.string()),
        ("line_number", pa.int64()),
    ]
)
"""Valid readings; ``event_time`` is UTC, and says so nowhere, as in Athena."""


class Rejected(NamedTuple):
    """A line that is no valid reading, and why. It is whole unless it is longer than LINE_MAX_BYTES, its first bytes
    then."""

    line_number: int
    reason: str
    line: bytes


_WIRE: Final = pa.schema([(field.name, pa.float64() if field.kind is Kind.NUMBER else pa.string()) for field in FIELDS])
_MARKS: Final = {field.name: 2 if field.kind is Kind.NUMBER else 4 for field in FIELDS}
"""Quotation marks of a field that is not null: two of its name, and two of its value if that is a string."""
_PARSE: Final = pj.ParseOptions(explicit_schema=_WIRE, unexpected_field_behavior="ignore")
_PLAIN_MAX_BYTES: Final = 4096
"""More than a reading of known fields has, unless it is written in escapes. Longer lines never reach Arrow."""
_QUOTE: Final = ord('"')
_KNOWN_NULL: Final = re.compile(rb'"(?:%s)"\s*:\s*null' % "|".join(OPTIONAL_FIELDS).encode())
"""A known field sent as null. Within a string the marks around the name would be escaped, so it is always a field."""
_PLAIN_TIMESTAMP: Final = (
    r"^\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|[12]\d))"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$"
)
"""The contract's timestamps that Arrow reads as we do: in UTC, at most microseconds, a day that the month has."""
_MOMENT: Final = pa.timestamp("us", "UTC")
_PART_LINES: Final = 1024
_ROW: Final = re.compile(r"in row (\d+)")


def validate_block(
    lines: Sequence[bytes], first_number: int, arrived: datetime
) -> tuple[list[pa.RecordBatch], list[Rejected]]:
    """Validate ``lines`` (no line ends), the first of which is line ``first_number``; an empty one has a number only.

    ``arrived`` (aware): when they reached the lake. Returns the readings (schema ``ACCEPTED``) and the rejected lines.
    """
    doubtful: list[int] = []
    plain: list[int] = []
    for position, line in enumerate(lines):
        if not line:
            continue
        # A line that begins and ends so, in a block whose parse has one row a line, is exactly one object: between
        # two such lines stands ``}{``, which JSON allows at top level only.
        whole = line[:1] == b"{" and line[-1:] == b"}" and len(line) <= _PLAIN_MAX_BYTES
        (plain if whole else doubtful).append(position)
    accepted = []
    parts = list(_parsed(lines, plain, doubtful))
    if parts:
        table = pa.concat_tables([part.table for part in parts]).combine_chunks()
        positions = [position for part in parts for position in part.positions]
        text = b"\n".join([part.text for part in parts])
        table, numbers = _of_known_fields(table, positions, text, lines, doubtful)
        readings, numbers = _accept(table, numbers, arrived, doubtful)
        if len(numbers):
            accepted.append(_accepted_batch(readings, numbers + first_number))
    singly, rejected = _validate_singly(lines, doubtful, first_number, arrived)
    return [*accepted, *singly], rejected


class _Part(NamedTuple):
    """Lines at ``positions``, whose ``text`` Arrow has parsed: ``table`` has a row for each."""

    table: pa.Table
    positions: list[int]
    text: bytes


def _parsed(lines: Sequence[bytes], positions: list[int], doubtful: list[int]) -> Iterator[_Part]:
    """Those ``positions`` that Arrow can parse, in parts; the rest become doubtful."""
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
                yield _Part(table, part, text)
                continue
            if len(part) == 1:
                doubtful += part
                continue
        middle = len(part) // 2
        pending += [part[middle:], part[:middle]]


def _of_known_fields(
    table: pa.Table, positions: list[int], text: bytes, lines: Sequence[bytes], doubtful: list[int]
) -> tuple[pa.Table, Any]:
    """The rows of lines without unknown fields, and their positions; the others become doubtful.

    A line has two quotation marks for each name and two for each string. So one that has more than its known fields
    account for has an unknown field, a known one that is null, or an escaped mark; none can have fewer.
    """
    numbers = np.asarray(positions)
    marks = (np.frombuffer(text, np.uint8) == _QUOTE).view(np.uint8)
    own = _marks_of_known_fields(table)
    if np.count_nonzero(marks) == own.sum() + 2 * _nulls(table, text):
        return table, numbers
    ends = np.cumsum([len(lines[position]) + 1 for position in positions])
    starts = np.concatenate(([0], ends[:-1]))
    excess = np.add.reduceat(marks, starts, dtype=np.uint16) - own
    for row in np.flatnonzero(excess):
        excess[row] -= 2 * len(_KNOWN_NULL.findall(lines[positions[row]]))
    return _filtered(table, numbers, pa.array(excess == 0), doubtful)


def _marks_of_known_fields(table: pa.Table) -> Any:
    """For each row, the quotation marks of its fields that are not null."""
    marks = np.zeros(table.num_rows, np.int64)
    for name, own in _MARKS.items():
        column = table[name]
        marks += own * (np.asarray(column.is_valid()) if column.null_count else 1)
    return marks


def _nulls(table: pa.Table, text: bytes) -> int:
    """How many optional fields are null in one of the usual spellings: quicker than ``_KNOWN_NULL``, and never more."""
    missing = [name.encode() for name in OPTIONAL_FIELDS if table[name].null_count]
    return sum(text.count(b'"%s":%snull' % (name, space)) for name in missing for space in (b"", b" "))


def _accept(table: pa.Table, numbers: Any, arrived: datetime, doubtful: list[int]) -> tuple[pa.Table, Any]:
    """Rows of ``table`` that are valid readings beyond doubt, and their numbers; the others become doubtful."""
    keep = True
    for field in FIELDS:
        fits = _fits(table[field.name], field)
        keep = pc.and_(keep, fits if field.required else pc.fill_null(fits, True))
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


def _fits(column: pa.ChunkedArray, field: Field) -> pa.ChunkedArray:
    """Whether each value is beyond doubt one of ``field``, null if missing. A timestamp's range comes later."""
    if field.kind is Kind.TIMESTAMP:
        return pc.match_substring_regex(column, _PLAIN_TIMESTAMP)
    if field.kind is Kind.NUMBER:
        low, high = field.limits
        return pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))
    if field.kind is Kind.TEXT:
        return pc.less_equal(pc.binary_length(column), TEXT_MAX_CHARS)
    short = pc.less_equal(pc.binary_length(column), IDENTIFIER_MAX_CHARS)
    return pc.and_(pc.match_substring_regex(column, "^[!-~]"), short)


def _filtered(
    table: pa.Table, numbers: Any, keep: pa.ChunkedArray | pa.Array, doubtful: list[int]
) -> tuple[pa.Table, Any]:
    mask = np.asarray(pc.fill_null(keep, False))
    if mask.all():
        return table, numbers
    doubtful += numbers[~mask].tolist()
    return table.filter(pa.array(mask)), numbers[mask]


def _accepted_batch(table: pa.Table, line_numbers: Any) -> pa.RecordBatch:
    columns = [table[field.column].combine_chunks() for field in FIELDS]
    extra = pa.nulls(len(line_numbers), pa.string())
    return pa.RecordBatch.from_arrays([*columns, extra, pa.array(line_numbers, pa.int64())], schema=ACCEPTED)


def _validate_singly(
    lines: Sequence[bytes], positions: list[int], first_number: int, arrived: datetime
) -> tuple[list[pa.RecordBatch], list[Rejected]]:
    accepted: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for position in sorted(positions):
        try:
            reading = vars(parse_reading(lines[position], arrived))
        except InvalidRecordError as error:
            line = lines[position][:LINE_MAX_BYTES]
            rejected.append(Rejected(first_number + position, error.reason, line))
        else:
            accepted.append({**reading, "line_number": first_number + position})
    return ([pa.RecordBatch.from_pylist(accepted, schema=ACCEPTED)] if accepted else []), rejected
