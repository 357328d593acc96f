"""Validating blocks must agree with the contract, line by line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.errors import InvalidRecordError
from datastreamer.events.reading import KNOWN_FIELDS, parse_reading
from datastreamer.events.strict_json import LINE_MAX_BYTES, MAX_DEPTH, MAX_NAMES
from datastreamer.sensor.temperature.dirt import DIRT
from datastreamer.telemetry.job import validation
from datastreamer.telemetry.job.validation import ACCEPTED, validate_block
from tests import hostile_json
from tests.conftest import REPOSITORY

ARRIVED = datetime(2025, 10, 15, 12, tzinfo=UTC)
VALID = {
    "event_id": "e-1",
    "device_id": "d-1",
    "timestamp": "2025-10-15T08:30:00.123Z",
    "temperature": 21.5,
    "humidity": 40.1,
    "battery": 99,
    "site": "roof",
    "firmware": "1.4.2",
}
PLAIN = json.dumps(VALID, separators=(",", ":")).encode()

Row = dict[str, Any]


def by_the_contract(lines: Sequence[bytes]) -> tuple[list[Row], list[tuple[int, str, bytes]]]:
    accepted, rejected = [], []
    for number, text in enumerate(lines, start=1):
        if not text:
            continue
        try:
            reading = vars(parse_reading(text, ARRIVED))
        except InvalidRecordError as error:
            rejected.append((number, error.reason, text[:LINE_MAX_BYTES]))
        else:
            accepted.append(
                {**reading, "event_time": reading["event_time"].replace(tzinfo=None), "line_number": number}
            )
    return accepted, rejected


def by_blocks(lines: Sequence[bytes]) -> tuple[list[Row], list[tuple[int, str, bytes]]]:
    batches, rejected = validate_block(lines, 1, ARRIVED)
    assert all(batch.schema == ACCEPTED for batch in batches)
    accepted = [row for batch in batches for row in batch.to_pylist()]
    return sorted(accepted, key=lambda row: row["line_number"]), [tuple(item) for item in rejected]


texts = st.text(max_size=8) | st.sampled_from(["\ud800", "\\", '"', "\u2003", "", "null", "x" * 130, "é" * 130])
numbers = st.floats(-150, 250) | st.integers(-300, 300) | st.floats() | st.just(10**400)
moments = st.sampled_from(
    [
        *("2025-10-15T08:30:00.123Z", "2025-10-15T08:30:00Z", "2024-02-29T01:02:03.123456Z", "2025-02-29T00:00:00Z"),
        *(
            "2025-10-15T08:30:00+09:00",
            "2025-10-15T08:30:00.123456789Z",
            "2025-04-31T00:00:00Z",
            "2025-10-16T12:00:00Z",
        ),
        *("1999-12-31T23:59:59Z", "2025-10-16T12:00:00.000001Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "now"),
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
values = texts | numbers | moments | anything
shapes = st.builds(
    lambda opened, depth, closed, name: PLAIN[:-1] + b',"%s":' % name + opened * depth + b"1" + closed * depth + b"}",
    st.sampled_from([b"[", b'{"a":', b'[{"":', b"[[],"]),
    st.integers(0, 2 * MAX_DEPTH) | st.sampled_from([MAX_DEPTH - 1, MAX_DEPTH, 1000, 20_000]),
    st.sampled_from([b"]", b"}", b"}]", b""]),
    st.sampled_from([b"x", b"site", b"temperature", b"\\\\"]),
) | st.builds(
    lambda count, value, of: b'{"x":{%s}}' % b",".join(b'"%d":%s' % (number % of, value) for number in range(count)),
    st.sampled_from([1, 300, MAX_NAMES - 1, MAX_NAMES, 20_000]),
    st.sampled_from([b"1", b'":"', b"{}", b"[1,[2]]", b"9" * 20]),
    st.sampled_from([1, 10**9]),
)
objects = st.builds(
    lambda changes, gone, order, escaped: json.dumps(
        {name: value for name, value in order({**VALID, **changes}) if name not in gone}, ensure_ascii=escaped
    ).encode("utf-8", "surrogatepass"),
    st.dictionaries(st.sampled_from(KNOWN_FIELDS) | texts, values, max_size=2),
    st.sets(st.sampled_from(KNOWN_FIELDS), max_size=1),
    st.sampled_from([lambda value: value.items(), lambda value: reversed(value.items())]),
    st.booleans(),
)
damaged = st.builds(
    lambda text, cut, insert: text[:cut] + insert + text[cut:],
    objects,
    st.integers(0, 200),
    st.sampled_from(
        [b"", b"}", b"{", b"\xff", b"\\u0041", b",", b'"', b" ", b"\x00", b"}{", b'"site":null,', b"\xef\xbb\xbf"]
    ),
)
lines_of_text = st.one_of(
    st.just(PLAIN),
    objects,
    damaged,
    shapes,
    hostile_json.objects(VALID),
    st.sampled_from(DIRT).map(lambda kind: kind.spoil(dict(VALID), PLAIN)),
    st.binary(max_size=20),
    st.sampled_from(
        [b"", b"{}", b"[]", b"{}{}", b'{"temperature":1}{"temperature":2}', PLAIN + PLAIN, b" ", b"{ }", b"\r"]
    ),
).map(lambda text: text.replace(b"\n", b" "))


@settings(max_examples=400, deadline=None)
@given(st.lists(lines_of_text, max_size=12))
def test_blocks_are_validated_as_the_contract_validates_each_line(lines: list[bytes]) -> None:
    expected_rows, expected_rejected = by_the_contract(lines)
    rows, rejected = by_blocks(lines)
    assert rejected == expected_rejected
    assert rows == expected_rows


def test_an_empty_line_is_no_line_but_has_a_number() -> None:
    rows, rejected = by_blocks([b"", PLAIN, b"", b" ", b""])
    assert [row["line_number"] for row in rows] == [2]
    assert rejected == [(4, "empty_line", b" ")]


@pytest.mark.parametrize(
    "lines",
    [
        [PLAIN[:-1] + b',"co2":null}'],
        [PLAIN[:-1] + b',"co2":null}', PLAIN[:-1] + b',"co2":4}', PLAIN],
        [PLAIN[:-1] + b',"co2":[]}', PLAIN[:-1] + b',"co2":{}}', PLAIN[:-1] + b',"co2":""}', PLAIN],
        [b'{"z":', b'{"q":1}}', PLAIN + PLAIN],
        [PLAIN + PLAIN, b"", PLAIN],
        [PLAIN.replace(b'"e-1"', rb'"\u0065-\ud83d\ude00"'), PLAIN.replace(b'"event_id"', rb'"\u0065vent_id"')],
        [PLAIN.replace(b'"roof"', rb'"\ud800"'), PLAIN.replace(b'"roof"', rb'"\u0000\/"')],
        [PLAIN.replace(b"2025-10-15T08", b"2023-02-29T08"), PLAIN],
        [PLAIN.replace(b"21.5", b"NaN"), PLAIN.replace(b"40.1", b"Infinity"), PLAIN.replace(b"21.5", b"-0.0")],
    ],
)
def test_lines_that_look_plain_are_validated_as_the_contract_validates_them(lines: list[bytes]) -> None:
    assert by_blocks(lines) == by_the_contract(lines)


def in_another_process(lines: str) -> Any:
    """What becomes of ``lines`` (a Python expression) where a crash hurts nobody: how many readings, the reasons of the
    others, and by how many MB the process has grown."""
    code = f"""
import json, resource
from tests.unit.telemetry.job.test_validation import *
lines = {lines}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
batches, rejected = validate_block(lines, 1, ARRIVED)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([sum(batch.num_rows for batch in batches), [item.reason for item in rejected], grown // 1024]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr[-2000:] or f"the process ended with {done.returncode}"
    return json.loads(done.stdout)


@pytest.mark.parametrize("mark", ["[]", "{}"])
def test_a_field_of_any_depth_is_refused_and_its_neighbours_are_read(mark: str) -> None:
    opened, closed = ("[", "]") if mark == "[]" else ('{"a":', "}")
    deep = f"""PLAIN[:-1] + b',"x":' + b'{opened}' * 60_000 + b"1" + b'{closed}' * 60_000 + b"}}" """
    rows, reasons, _ = in_another_process(f"[PLAIN, {deep}, PLAIN]")
    assert (rows, reasons) == (2, ["nested_too_deep"])


def test_fields_of_other_names_in_every_line_cost_no_memory() -> None:
    """Each line is within the bounds; together they have 90,000 names."""
    names = """b"".join(b',"f%d":%d' % (line * 90 + field, field) for field in range(90))"""
    rows, reasons, megabytes = in_another_process(f"[PLAIN[:-1] + {names} + b'}}' for line in range(1000)]")
    assert (rows, reasons) == (1000, [])
    assert megabytes < 200


def test_lines_that_are_too_wide_are_refused_one_by_one() -> None:
    names = """b"".join(b',"f%d-%d":1' % (line, field) for field in range(50_000))"""
    lines = f"[PLAIN, *(PLAIN[:-1] + {names} + b'}}' for line in range(5))]"
    rows, reasons, megabytes = in_another_process(lines)
    assert (rows, reasons) == (1, ["too_many_fields"] * 5)
    assert megabytes < 200


def test_of_a_line_that_is_too_long_the_beginning_is_kept() -> None:
    long = PLAIN[:-1] + b',"x":"' + b"y" * LINE_MAX_BYTES + b'"}'
    rows, rejected = by_blocks([PLAIN, long, PLAIN])
    assert len(rows) == 2
    assert rejected == [(2, "line_too_long", long[:LINE_MAX_BYTES])]


@pytest.mark.parametrize("kind", DIRT, ids=lambda kind: kind.name)
def test_every_kind_of_dirt_gets_the_reason_that_the_sensor_promises(kind: Any) -> None:
    dirty = kind.spoil(dict(VALID), PLAIN).replace(b"\n", b" ")
    rows, rejected = by_blocks([PLAIN, dirty, PLAIN])
    assert rejected == [(2, kind.reason, dirty)]
    assert [row["line_number"] for row in rows] == [1, 3]


def test_clean_lines_never_take_the_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(line: bytes, _arrived: datetime) -> None:
        raise AssertionError(f"validated alone: {line!r}")

    monkeypatch.setattr(validation, "parse_reading", slow)
    optional_missing = json.dumps({name: VALID[name] for name in list(VALID)[:4]}).encode()
    rows, rejected = by_blocks([PLAIN, optional_missing, json.dumps({**VALID, "site": None}).encode()] * 100)
    assert (len(rows), rejected) == (300, [])


def test_one_bad_line_sends_no_other_line_the_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    alone: list[bytes] = []

    def slow(line: bytes, arrived: datetime) -> Any:
        alone.append(line)
        return parse_reading(line, arrived)

    monkeypatch.setattr(validation, "parse_reading", slow)
    bad = [PLAIN.replace(b"21.5", b'"21.5"'), PLAIN[:-1] + b",}", PLAIN.replace(b"21.5", b"999"), b" ", PLAIN[:40]]
    lines = [PLAIN] * 1000 + bad + [PLAIN] * 1000
    rows, rejected = by_blocks(lines)
    assert (len(rows), len(rejected)) == (2000, len(bad))
    assert sorted(alone) == sorted(bad)
