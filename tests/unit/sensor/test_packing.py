"""Packing: lines of one device, in order, in records within the limits."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.errors import InvalidRecordError
from datastreamer.sensor.kinesis.limits import MAX_RECORD_BYTES
from datastreamer.sensor.kinesis.record import Record
from datastreamer.sensor.packing import Lines, Packer


def lines_of(device: str, lines: list[bytes], marks: list[tuple[int, str]] | None = None) -> Lines:
    return Lines(device, b"".join(lines), list(accumulate(len(line) for line in lines)), marks or [])


@given(
    pack=st.integers(1, 7),
    batches=st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 9)), max_size=15),
)
def test_every_line_comes_out_once_in_order_and_no_record_is_overfull(
    pack: int, batches: list[tuple[str, int]]
) -> None:
    packer, number = Packer(pack), 0
    put: dict[str, list[bytes]] = defaultdict(list)
    records: list[Record] = []
    for device, count in batches:
        lines = [b"%d\n" % (number + place) for place in range(count)]
        number += count
        put[device] += lines
        full = packer.add(lines_of(device, lines, [(place, f"{number}-{place}") for place in range(count)]))
        assert all(record.lines == pack for record in full), "only full records leave by themselves"
        records += full
    records += packer.flush()
    came: dict[str, list[bytes]] = defaultdict(list)
    for record in records:
        lines = record.data.splitlines(keepends=True)
        assert len(lines) == record.lines == len(record.marks) <= pack
        came[record.key] += lines
    assert came == put
    assert packer.flush() == []


def test_marks_travel_with_the_record_of_their_line() -> None:
    packer = Packer(2)
    records = packer.add(lines_of("d", [b"0\n", b"1\n", b"2\n", b"3\n", b"4\n"], [(1, "late"), (2, "x"), (4, "y")]))
    records += packer.add(lines_of("d", [b"5\n"], [(0, "z")]))
    assert [(record.data, record.marks) for record in records] == [
        (b"0\n1\n", ("late",)),
        (b"2\n3\n", ("x",)),
        (b"4\n5\n", ("y", "z")),
    ]


def test_a_record_stays_within_the_size_limit_even_when_pack_allows_more() -> None:
    packer = Packer(1_000)
    line = b"x" * 99_999 + b"\n"
    records = packer.add(lines_of("device", [line] * 25))
    records += packer.add(lines_of("device", [line] * 4)) + packer.flush()
    assert [record.lines for record in records] == [10, 10, 9]
    assert all(record.size <= MAX_RECORD_BYTES for record in records)


def test_a_line_that_fits_in_no_record_is_refused_with_its_size() -> None:
    with pytest.raises(InvalidRecordError, match=r"record_too_large.*1,100,006 bytes"):
        Packer(10).add(lines_of("device", [b"x" * 1_100_000]))


def test_a_record_leaves_unfilled_once_it_is_old() -> None:
    now = 0.0
    packer = Packer(10, linger=1.0, clock=lambda: now)
    packer.add(lines_of("a", [b"1\n"]))
    now = 0.6
    packer.add(lines_of("b", [b"2\n"]))
    packer.add(lines_of("a", [b"3\n"]))
    assert packer.due() == []
    now = 1.1
    assert [(record.key, record.data) for record in packer.due()] == [("a", b"1\n3\n")]
    now = 1.7
    assert [(record.key, record.data) for record in packer.due()] == [("b", b"2\n")]
