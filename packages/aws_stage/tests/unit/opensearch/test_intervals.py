"""When the buckets of a date histogram begin, above all where a zone changes its offset: SQL and Python agree, and both
with a clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from aws_stage.engines.opensearch.aggregations.intervals import Interval, segments_of
from hypothesis import given, settings
from hypothesis import strategies as st

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia")
INTERVALS = [Interval.of_calendar(unit) for unit in ("1m", "1h", "1d", "1w", "1M", "1q", "1y")]
INTERVALS += [Interval.fixed(text) for text in ("30m", "90m", "3h", "1d", "7d", "45d")]
MOMENTS = st.integers(1_230_768_000_000, 1_893_456_000_000)
"""From 2009 to 2030."""


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def by_sql(interval: Interval, zone: ZoneInfo, moment: int) -> int:
    segments = segments_of(zone, moment - 400 * 86_400_000, moment + 86_400_000)
    [key] = duckdb.sql(f"SELECT {interval.key('t', segments)} FROM (SELECT {moment}::BIGINT AS t)").fetchone() or [None]
    return int(key)


@settings(max_examples=40, deadline=None)
@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(INTERVALS))
def test_sql_rounds_as_python_does(at: int, name: str, interval: Interval) -> None:
    zone = ZoneInfo(name)
    assert by_sql(interval, zone, at) == interval.rounded(at, zone)


@settings(max_examples=40, deadline=None)
@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(INTERVALS))
def test_a_bucket_holds_its_moment_and_ends_where_the_next_one_begins(at: int, name: str, interval: Interval) -> None:
    zone = ZoneInfo(name)
    key = interval.rounded(at, zone)
    begin = interval.begin(key, zone)
    assert begin <= at
    assert interval.rounded(begin, zone) == key, "a bucket holds its own beginning"
    [_, following, *_] = interval.keys(key, key + 800 * 86_400_000, zone)
    assert interval.begin(following, zone) > at
    assert interval.rounded(interval.begin(following, zone), zone) == following


@pytest.mark.parametrize(
    ("unit", "zone", "moment", "begin"),
    [
        # New York puts its clocks back at 06:00 UTC: the hour from 1 to 2 comes twice, and is two buckets.
        ("1h", "America/New_York", "2026-11-01T05:30:00+00:00", "2026-11-01T05:00:00+00:00"),
        ("1h", "America/New_York", "2026-11-01T06:30:00+00:00", "2026-11-01T06:00:00+00:00"),
        ("1d", "America/New_York", "2026-11-02T04:59:00+00:00", "2026-11-01T04:00:00+00:00"),
        # and forward at 07:00 UTC
        ("1d", "America/New_York", "2026-03-09T03:59:00+00:00", "2026-03-08T05:00:00+00:00"),
        ("1M", "America/New_York", "2026-03-31T12:00:00+00:00", "2026-03-01T05:00:00+00:00"),
        # São Paulo had no midnight on that day: its first moment was 01:00.
        ("1d", "America/Sao_Paulo", "2018-11-04T12:00:00+00:00", "2018-11-04T03:00:00+00:00"),
        ("1w", "Asia/Tokyo", "2026-11-29T14:59:00+00:00", "2026-11-22T15:00:00+00:00"),
        ("1q", "UTC", "2026-11-30T00:00:00+00:00", "2026-10-01T00:00:00+00:00"),
    ],
)
def test_buckets_begin_when_the_clock_on_the_wall_says(unit: str, zone: str, moment: str, begin: str) -> None:
    interval, place = Interval.of_calendar(unit), ZoneInfo(zone)
    assert interval.begin(interval.rounded(ms(moment), place), place) == ms(begin)


def test_segments_are_cut_where_the_offset_changes() -> None:
    zone = ZoneInfo("America/New_York")
    found = segments_of(zone, ms("2026-01-01T00:00:00+00:00"), ms("2026-12-31T00:00:00+00:00"))
    starts = [datetime.fromtimestamp(each.start / 1000, UTC) for each in found[1:]]
    assert starts == [datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)]
    assert [timedelta(milliseconds=each.offset) for each in found] == [timedelta(hours=hours) for hours in (-5, -4, -5)]
