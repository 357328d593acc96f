"""Lines from the bytes of raw objects, whole and broken."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.events.strict_json import LINE_MAX_BYTES
from datastreamer.telemetry.audit.raw import count_lines
from datastreamer.telemetry.raw_lines import RawLines

TEXT = b"".join(b'{"n":%d,"noise":"%d"}\n' % (number, hash((7, number))) for number in range(20_000))
LINES = TEXT.split(b"\n")[:-1]


def read(data: bytes, chunk: int = 1000) -> tuple[list[bytes], RawLines]:
    found = RawLines(data[start : start + chunk] for start in range(0, len(data), chunk))
    return [line for block in found for line in block], found


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (gzip.compress(b""), []),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\nb", [b"a", b"b"]),
        (b"\n\na\n", [b"", b"", b"a"]),
        (b"a\r\nb\r\r\nc\rd\r\n", [b"a", b"b\r", b"c\rd"]),
        (gzip.compress(b"a\r\nb"), [b"a", b"b"]),
        (gzip.compress(b"a\nb") + gzip.compress(b"c\nd\n"), [b"a", b"bc", b"d"]),
        (gzip.compress(b"a\n") + b"\0" * 600 + gzip.compress(b"b\n") + b"\0" * 3000, [b"a", b"b"]),
        (b"\x1f", [b"\x1f"]),
        (gzip.compress(TEXT), LINES),
        (TEXT, LINES),
    ],
    ids=[
        *("empty", "gzip of nothing", "plain", "no final newline", "empty lines", "CRLF", "gzip CRLF", "members"),
        *("zero padding", "half a magic number", "large gzip", "large plain"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 7, 1_000_000])
def test_a_whole_object_gives_its_lines(data: bytes, lines: list[bytes], chunk: int) -> None:
    if chunk < 1000 and len(data) > 100_000:
        chunk *= 1000
    got, found = read(data, chunk)
    assert (got, found.fault, found.unfinished) == (lines, None, None)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["gzip", "plain"])
def test_a_line_may_be_as_long_as_the_contract_allows_and_a_longer_one_is_still_one(pack: Any, end: bytes) -> None:
    longest = b"\r" * (LINE_MAX_BYTES - 1) + b"y"
    got, found = read(pack(end.join([b"a", longest, longest + b"z", longest * 9, b"b"])), chunk=256 * 1024)
    assert (got[:2], got[-1], len(got)) == ([b"a", longest], b"b", 5)
    assert all(len(line) > LINE_MAX_BYTES for line in got[2:4])
    assert (found.fault, found.unfinished) == (None, None)


@pytest.mark.parametrize("cut", [0, 20])
def test_a_line_without_an_end_costs_little_memory_however_long_it_is(cut: int) -> None:
    bomb = gzip.compress(b"[" * (200 * LINE_MAX_BYTES))
    tracemalloc.start()
    got, found = read(bomb[: len(bomb) - cut], chunk=4096)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (line,) = [found.unfinished] if cut else got
    assert line is not None
    assert len(line) > LINE_MAX_BYTES
    assert peak < 10 * LINE_MAX_BYTES


def test_of_a_truncated_object_the_whole_lines_are_read_and_the_last_is_unfinished() -> None:
    data = gzip.compress(TEXT)
    got, found = read(data[: len(data) // 2])
    assert len(got) > 1000
    assert got == LINES[: len(got)]
    assert found.unfinished is not None
    assert LINES[len(got)].startswith(found.unfinished)
    assert found.fault == "truncated gzip stream: it ends before its end mark"


def test_a_gzip_header_alone_is_truncated() -> None:
    assert read(gzip.compress(b"a\n")[:5])[1].fault == "truncated gzip stream: it ends before its end mark"


def test_of_a_corrupt_object_what_comes_before_the_damage_is_read() -> None:
    data = bytearray(gzip.compress(TEXT))
    data[len(data) // 2 : len(data) // 2 + 64] = b"\xff" * 64
    got, found = read(bytes(data))
    assert len(got) > 1000
    assert got[:1000] == LINES[:1000]
    assert found.fault is not None
    assert found.fault.startswith("corrupt gzip stream (Error -3 while decompressing data")


def test_a_wrong_checksum_is_told_though_every_line_can_be_read() -> None:
    data = bytearray(gzip.compress(TEXT))
    data[-8] ^= 1
    got, found = read(bytes(data))
    assert got == LINES
    assert found.fault is not None
    assert "incorrect data check" in found.fault


def test_what_follows_a_whole_member_and_is_no_gzip_is_told() -> None:
    got, found = read(gzip.compress(b"a\nb") + b"garbage" * 10)
    assert (got, found.unfinished) == ([b"a"], b"b")
    assert found.fault is not None
    assert "about 70 compressed bytes were not read" in found.fault


def test_a_block_is_bounded_however_well_the_object_compresses() -> None:
    blocks = list(RawLines([gzip.compress(b"x\n" * 5_000_000)]))
    assert sum(map(len, blocks)) == 5_000_000
    assert max(map(len, blocks)) < 1_000_000


@given(st.data())
def test_damage_anywhere_loses_no_line_silently_and_invents_none_before_it(data: st.DataObject) -> None:
    """Every line before the damage is read; an object that is not read whole has a fault."""
    rng = random.Random(data.draw(st.integers(0, 1000)))
    text = b"".join(b"%d\n" % rng.getrandbits(64) for _ in range(300))
    whole = gzip.compress(text)
    if data.draw(st.booleans()):
        broken = whole[: data.draw(st.integers(2, len(whole) - 1))]
    else:
        place = data.draw(st.integers(10, len(whole) - 1))
        broken = whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :]
    got, found = read(broken, data.draw(st.integers(1, 5000)))
    assert found.fault is not None or got == text.split(b"\n")[:-1]
    assert len([line for line in got if line]) + (found.unfinished is not None) == count_lines([broken])
