"""The reading contract."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.events.reading import (
    REASONS,
    format_timestamp,
    parse_reading,
    parse_timestamp,
    reject_reason,
)
from datastreamer.events.strict_json import LINE_MAX_BYTES, MAX_DEPTH, MAX_NAMES

ARRIVED = datetime(2025, 10, 15, 12, tzinfo=UTC)
VALID = {"event_id": "e-1", "device_id": "d-1", "timestamp": "2025-10-15T08:30:00.123Z", "temperature": 21.5}


def line(**changes: object) -> bytes:
    return json.dumps({**VALID, **changes}).encode()


def with_text(name: str, text: str) -> bytes:
    """A reading with ``text`` in place of the value of ``name``, as no JSON writer would write it."""
    return line(**{name: "@"}).replace(b'"@"', text.encode())


def test_a_reading_is_taken_apart() -> None:
    reading = parse_reading(line(humidity=40, battery=None, site="roof", co2=412, tags=["a", None]), ARRIVED)
    assert reading.event_time == datetime(2025, 10, 15, 8, 30, 0, 123000, tzinfo=UTC)
    assert (reading.temperature, reading.humidity, reading.battery, reading.site) == (21.5, 40.0, None, "roof")
    assert reading.extra == '{"co2":412,"tags":["a",null]}'


def test_a_reading_of_known_fields_has_no_extra() -> None:
    assert parse_reading(line(), ARRIVED).extra is None


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"", "empty_line"),
        (b" \t\r", "empty_line"),
        (b"\xf3\x89\x9a\xc2" + line(), "kpl_aggregated"),
        (b"\xf3\x89\x9a\xc2", "kpl_aggregated"),
        (b"\xf3\x89\x9a", "invalid_utf8"),
        (b'{"event_id":"\xff"}', "invalid_utf8"),
        (b'{"event_id":"\xed\xa0\x80"}', "invalid_utf8"),
        (b"{", "invalid_json"),
        (b"\xef\xbb\xbf{}", "invalid_json"),
        (line() + line(), "invalid_json"),
        (with_text("temperature", '1,"temperature":2'), "invalid_json"),
        (with_text("co2", '{"a":1,"a":1}'), "invalid_json"),
        (with_text("co2", "NaN"), "invalid_json"),
        (with_text("co2", "1e999"), "invalid_json"),
        (b"[" * 100_000, "nested_too_deep"),
        (with_text("co2", "[" * MAX_DEPTH + "]" * MAX_DEPTH), "nested_too_deep"),
        (with_text("temperature", '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH), "nested_too_deep"),
        (with_text("co2", "[" * (MAX_DEPTH - 1)), "invalid_json"),
        (line(**{f"f{number}": 1 for number in range(MAX_NAMES - 3)}), "too_many_fields"),
        (line(co2=[{"a": 1, "b": 2}] * MAX_NAMES), "too_many_fields"),
        (line(co2="x" * LINE_MAX_BYTES), "line_too_long"),
        (b"null", "not_an_object"),
        (b"NaN", "not_an_object"),
        (b"{}", "missing_event_id"),
        (line(temperature=None), "missing_temperature"),
        (line(event_id="x" * 129), "invalid_event_id"),
        (line(device_id=" \u2003"), "invalid_device_id"),
        (line(device_id="\ud800"), "invalid_device_id"),
        (line(timestamp=1760517000), "invalid_timestamp"),
        (line(timestamp="2025-02-29T00:00:00Z"), "invalid_timestamp"),
        (line(timestamp="2025-10-15T08:30:00"), "invalid_timestamp"),
        (line(timestamp="2025-10-15T24:00:00Z"), "invalid_timestamp"),
        (line(timestamp="2025-10-15T08:30:60Z"), "invalid_timestamp"),
        (line(timestamp="2025-10-15T08:30:00Z\n"), "invalid_timestamp"),
        (line(timestamp="\uff12\uff10\uff12\uff15-10-15T08:30:00Z"), "invalid_timestamp"),
        (line(temperature="21.5"), "invalid_temperature"),
        (line(temperature=True), "invalid_temperature"),
        (with_text("temperature", "NaN"), "invalid_temperature"),
        (with_text("temperature", "1e999"), "invalid_temperature"),
        (with_text("temperature", "9" * 400), "invalid_temperature"),
        (line(humidity=[]), "invalid_humidity"),
        (line(site="x" * 257), "invalid_site"),
        (line(firmware=1), "invalid_firmware"),
        (line(timestamp="1999-12-31T23:59:59.999Z"), "timestamp_out_of_range"),
        (line(timestamp="2025-10-16T12:00:00.001Z"), "timestamp_out_of_range"),
        (line(temperature=200.1), "temperature_out_of_range"),
        (line(battery=-0.1), "battery_out_of_range"),
        (line(temperature=500, humidity=500), "temperature_out_of_range"),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else None,
)
def test_each_bad_line_has_its_reason(bad: bytes, reason: str) -> None:
    assert reject_reason(bad, ARRIVED) == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    "good",
    [
        line(),
        b"  " + line() + b" \r",
        line(temperature=-100),
        line(temperature=200, humidity=0, battery=100),
        line(timestamp="2025-10-16T12:00:00Z"),
        line(timestamp="2000-01-01T00:00:00Z"),
        line(timestamp="2024-02-29T00:00:00.123456789+05:30"),
        line(timestamp="2025-10-15T08:30:00-0330"),
        line(event_id="温" * 128, device_id="\u0000x", site=None, firmware=""),
        line(co2={"nested": [1, {"a": "\ud800"}]}),
        with_text("co2", "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)),
        line(co2=[[]] * 10_000),
        line(co2="[{:" * 10_000),
        line(co2='\\"[' * 10_000),
        line(**{f"f{number}": 1 for number in range(MAX_NAMES - 4)}),
    ],
)
def test_each_good_line_is_accepted(good: bytes) -> None:
    assert reject_reason(good, ARRIVED) is None


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001  the zone is added below
    st.integers(-19 * 60, 19 * 60),
)
def test_a_timestamp_survives_writing_and_reading(moment: datetime, offset_minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    assert parse_timestamp(format_timestamp(aware)) == aware.replace(microsecond=moment.microsecond // 1000 * 1000)
