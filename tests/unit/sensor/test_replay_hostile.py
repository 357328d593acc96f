"""Whatever a recording holds, each line is a reading or unreadable for a reason, and costs no more than its bytes."""

from __future__ import annotations

import codecs
import gzip
import re
import tempfile
import tracemalloc
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.events.strict_json import LINE_MAX_BYTES
from datastreamer.sensor.replay.guesses import Guesses
from datastreamer.sensor.replay.moments import TimestampUnit, reader
from datastreamer.sensor.replay.readings import ReadingReader
from datastreamer.sensor.replay.recording import Recording
from datastreamer.sensor.unreadable import Unreadable

COLUMNS = {"device-id": 0, "timestamp": 1, "temperature": 2, "site": 3}


def replayed(data: bytes, unit: TimestampUnit, delimiter: str) -> tuple[int, Unreadable]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.csv"
        path.write_bytes(data)
        recording, unreadable = Recording(path, delimiter), Unreadable()
        readings = ReadingReader(COLUMNS, reader(unit, UTC, Guesses()), recording.digest(), Guesses())
        return sum(1 for _ in readings.read(recording.rows(), unreadable)), unreadable


fields = (
    st.text(max_size=6).map(str.encode)
    | st.binary(max_size=6)
    | st.sampled_from(
        [
            *(b'"', b'""', b'"a""b"', b'"' * 1001, b"\x00", b"\r", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"x" * 200_000),
            *(b"9" * 5_000, b"1e999", b"-0", b"." * 50, b"1" * 400 + b"." + b"1" * 400, b"+" * 30, b"NaN", b"1_0"),
            *(b"2025-10-15T08:30:00Z", b"9999-12-31T23:59:59-14:00", b"0001-01-01T00:00:00+14:00", b"2025-W42-3"),
            *(b'"' + b"y" * 150_000 + b'"', b"\xd9\xa1\xd9\xa2", b"1760000000"),
        ]
    )
)
rows = st.lists(st.lists(fields, max_size=5).map(b",".join), max_size=6).map(b"\n".join)


@settings(max_examples=300, deadline=None)
@given(rows | st.binary(max_size=100), st.sampled_from(TimestampUnit), st.sampled_from([",", "\t", ";"]), st.booleans())
def test_every_line_is_a_reading_or_has_a_problem(
    data: bytes, unit: TimestampUnit, delimiter: str, zipped: bool
) -> None:
    lines = sum(1 for line in re.split(rb"\r\n|\r|\n", data) if line.strip())
    read, unreadable = replayed(gzip.compress(data) if zipped else data, unit, delimiter)
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))
    if not marked and (zipped or not data.startswith(b"\x1f\x8b")):
        assert read + unreadable.count == lines


@pytest.mark.parametrize("zipped", [False, True])
def test_a_line_of_any_length_is_one_unreadable_line(zipped: bool) -> None:
    long = b"a,1760000000,20," + b"x" * (20 * LINE_MAX_BYTES)
    data = b"\n".join([b"a,1760000000,20,roof", long, b"b,1760000000,21,roof", long])
    stored = gzip.compress(data) if zipped else data
    tracemalloc.start()
    read, unreadable = replayed(stored, TimestampUnit.S, ",")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (read, unreadable.count) == (2, 2)
    assert peak < 12 * LINE_MAX_BYTES
