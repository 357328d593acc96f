"""When rate, cron and at expressions are due, against AWS's own examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aws_stage.kernel.schedule_expression import next_fire, parse, zone


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(expression: str, after: str, count: int, time_zone: str = "UTC") -> list[str]:
    """The next ``count`` moments after ``after``, in UTC, to the minute."""
    found: list[str] = []
    moment: datetime | None = utc(after)
    for _ in range(count):
        assert moment is not None
        moment = next_fire(expression, moment, time_zone)
        found.append(moment.strftime("%Y-%m-%dT%H:%M") if moment else "never")
    return found


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 10 * * ? *)", "2025-10-15T10:00", ["2025-10-16T10:00", "2025-10-17T10:00"]),
        ("cron(15 12 * * ? *)", "2025-10-15T00:00", ["2025-10-15T12:15", "2025-10-16T12:15"]),
        ("cron(0 18 ? * MON-FRI *)", "2025-10-17T18:00", ["2025-10-20T18:00", "2025-10-21T18:00"]),
        ("cron(0 8 1 * ? *)", "2025-10-15T00:00", ["2025-11-01T08:00", "2025-12-01T08:00"]),
        ("cron(0/15 * * * ? *)", "2025-10-15T10:01", ["2025-10-15T10:15", "2025-10-15T10:30"]),
        ("cron(0/10 * ? * MON-FRI *)", "2025-10-17T23:50", ["2025-10-20T00:00", "2025-10-20T00:10"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", "2025-10-15T17:55", ["2025-10-16T08:00", "2025-10-16T08:05"]),
        ("cron(0/30 20-2 ? * MON-FRI *)", None, "a range goes upwards"),
        ("cron(0 9 ? * 2#1 *)", "2025-10-15T00:00", ["2025-11-03T09:00", "2025-12-01T09:00"]),
        ("cron(0 9 ? * FRI#5 *)", "2025-10-15T00:00", ["2025-10-31T09:00", "2026-01-30T09:00"]),
        ("cron(15 10 ? * 6L 2022-2023)", "2022-11-30T00:00", ["2022-12-30T10:15", "2023-01-27T10:15"]),
        ("cron(15 10 ? * 6L 2022-2023)", "2023-12-29T10:15", ["never"]),
        ("cron(0 0 ? * L *)", "2025-10-15T00:00", ["2025-10-18T00:00", "2025-10-25T00:00"]),
        ("cron(0 0 L * ? *)", "2024-01-31T00:00", ["2024-02-29T00:00", "2024-03-31T00:00"]),
        ("cron(0 0 LW * ? *)", "2025-05-01T00:00", ["2025-05-30T00:00", "2025-06-30T00:00"]),
        ("cron(0 0 15W * ? *)", "2025-02-01T00:00", ["2025-02-14T00:00", "2025-03-14T00:00"]),
        ("cron(0 0 1W * ? *)", "2025-02-02T00:00", ["2025-02-03T00:00", "2025-03-03T00:00"]),
        ("cron(0 0 31W * ? *)", "2025-08-01T00:00", ["2025-08-29T00:00", "2025-10-31T00:00"]),
        ("cron(0 0 30 * ? *)", "2025-01-30T00:00", ["2025-03-30T00:00", "2025-04-30T00:00"]),
        ("cron(0 0 29 FEB ? *)", "2025-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(1,31 6 1,15 1/6 ? *)", "2025-07-01T06:01", ["2025-07-01T06:31", "2025-07-15T06:01"]),
        ("cron(0 12 ? JAN,dec SUN,3 2025)", "2025-01-05T12:00", ["2025-01-07T12:00", "2025-01-12T12:00"]),
        ("cron(0 0 1 1 ? 2199)", "2199-01-01T00:00", ["never"]),
        ("at(2025-10-15T12:30:15)", "2025-10-15T12:30", ["2025-10-15T12:30", "never"]),
    ],
)
def test_the_next_moments_are_those_of_aws(expression: str, after: str | None, expected: list[str] | str) -> None:
    if after is None:
        with pytest.raises(ValueError, match=str(expected)):
            parse(expression)
    else:
        assert fires(expression, after, len(expected)) == expected


@pytest.mark.parametrize(
    ("time_zone", "expression", "after", "expected"),
    [
        # New York: on 2025-03-09 the clocks go from 02:00 to 03:00, on 2025-11-02 from 02:00 back to 01:00.
        ("America/New_York", "cron(30 2 * * ? *)", "2025-03-08T08:00", ["2025-03-10T06:30", "2025-03-11T06:30"]),
        ("America/New_York", "cron(30 1 * * ? *)", "2025-11-01T06:00", ["2025-11-02T05:30", "2025-11-03T06:30"]),
        ("America/New_York", "cron(0/30 1 ? * SUN *)", "2025-11-02T05:15", ["2025-11-02T05:30", "2025-11-09T06:00"]),
        ("America/New_York", "cron(0 9 * * ? *)", "2025-03-08T15:00", ["2025-03-09T13:00", "2025-03-10T13:00"]),
        ("America/New_York", "at(2025-03-09T02:30:00)", "2025-01-01T00:00", ["never"]),
        ("America/New_York", "at(2025-11-02T01:30:00)", "2025-01-01T00:00", ["2025-11-02T05:30", "never"]),
        ("Asia/Tokyo", "cron(0 0 * * ? *)", "2025-10-15T00:00", ["2025-10-15T15:00", "2025-10-16T15:00"]),
        ("Asia/Kolkata", "cron(0 9 1 * ? *)", "2025-10-15T00:00", ["2025-11-01T03:30", "2025-12-01T03:30"]),
        # Lord Howe Island changes by half an hour: on 2025-10-05 from 02:00 to 02:30.
        ("Australia/Lord_Howe", "cron(15 2 5 10 ? *)", "2025-10-01T00:00", ["2026-10-04T15:15"]),
    ],
)
def test_cron_and_at_follow_the_wall_clock_through_changes_of_daylight_saving(
    time_zone: str, expression: str, after: str, expected: list[str]
) -> None:
    assert fires(expression, after, len(expected), time_zone) == expected


def test_a_rate_counts_real_time_from_its_anchor() -> None:
    anchor = utc("2025-03-08T12:00:30")
    assert next_fire("rate(15 minutes)", anchor - timedelta(days=1), anchor=anchor) == anchor
    assert next_fire("rate(15 minutes)", anchor, anchor=anchor) == anchor + timedelta(minutes=15)
    later = anchor + timedelta(hours=5, minutes=59)
    assert next_fire("rate(2 hours)", later, anchor=anchor) == anchor + timedelta(hours=6)
    assert next_fire("rate(1 day)", anchor, "America/New_York", anchor) == anchor + timedelta(hours=24)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("rate(0 minutes)", "unit of minutes, hours or days"),
        ("rate(5 weeks)", "unit of minutes, hours or days"),
        ("every 5 minutes", "is not rate"),
        ("cron(0 10 * * *)", "has 6 fields"),
        ("cron(0 10 * * * *)", "exactly one of day-of-month and day-of-week"),
        ("cron(0 10 ? * ? *)", "exactly one of day-of-month and day-of-week"),
        ("cron(60 10 * * ? *)", "'60' is not a number from 0 to 59"),
        ("cron(0 24 * * ? *)", "'24' is not a number from 0 to 23"),
        ("cron(0 0 32 * ? *)", "'32' is not a number from 1 to 31"),
        ("cron(0 0 * FOO ? *)", "'FOO' is not a number from 1 to 12"),
        ("cron(0 0 ? * 0 *)", "'0' is not a number from 1 to 7"),
        ("cron(0 0 ? * 2#6 *)", "is not a number"),
        ("cron(0/0 0 * * ? *)", "a step is from 1"),
        ("cron(0 0 * * ? 1969)", "from 1970 to 2199"),
        ("at(2025-10-15 12:00)", "does not match format"),
        ("at(2025-02-30T00:00:00)", "day is out of range"),
    ],
)
def test_what_aws_refuses_is_refused_with_the_reason(expression: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(expression)


def test_an_unknown_time_zone_is_named() -> None:
    with pytest.raises(ValueError, match="Mars/Olympus"):
        zone("Mars/Olympus")
