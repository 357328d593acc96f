"""Intervals of a date histogram, and the moments at which they begin in a time zone.

docs.opensearch.org/latest/aggregations/bucket/date-histogram/. Where a zone changes its offset, rounding is that of
OpenSearch (org.opensearch.common.Rounding): a bucket of days or more begins at its first moment of that day; a shorter
one keeps the offset that its documents have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from aws_stage.engines.opensearch.errors import illegal
from aws_stage.engines.opensearch.index.dates import ZERO

_FIXED = re.compile(r"(\d+)(ms|s|m|h|d)")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_CALENDAR = {
    "second": "second", "1s": "second", "minute": "minute", "1m": "minute", "hour": "hour", "1h": "hour",
    "day": "day", "1d": "day", "week": "week", "1w": "week", "month": "month", "1M": "month",
    "quarter": "quarter", "1q": "quarter", "year": "year", "1y": "year",
}  # fmt: skip
_SHORT = {"second": 1000, "minute": 60_000, "hour": 3_600_000}
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Segment:
    """A span of one offset: it begins at ``start``, in ms UTC; ``offset`` in ms."""

    start: int
    offset: int


@dataclass(frozen=True)
class Interval:
    """``length`` in ms of a fixed interval and of units up to an hour; ``unit`` of days and longer ones."""

    length: int | None
    unit: str | None
    calendar: bool

    @classmethod
    def fixed(cls, text: str) -> Interval:
        found = _FIXED.fullmatch(str(text))
        if found is None or int(found[1]) == 0:
            raise illegal(f"failed to parse setting [fixedInterval] with value [{text}] as a time value")
        return cls(int(found[1]) * _UNITS[found[2]], None, calendar=False)

    @classmethod
    def of_calendar(cls, text: str) -> Interval:
        unit = _CALENDAR.get(str(text))
        if unit is None:
            raise illegal(f"The supplied interval [{text}] could not be parsed as a calendar interval.")
        return cls(_SHORT.get(unit), None if unit in _SHORT else unit, calendar=True)

    def key(self, column: str, segments: list[Segment]) -> str:
        """The start of the bucket of a moment, as SQL; ms UTC, of a ``unit`` ms of local time (see ``begin``)."""
        if self.unit is not None:
            local = _cases(column, segments, [f"({column} + {each.offset})" for each in segments])
            return f"epoch_ms(date_trunc('{self.unit}', make_timestamp(({local}) * 1000)))"
        return _cases(column, segments, [self._short_key(column, segments, number) for number in range(len(segments))])

    def begin(self, key: int, zone: tzinfo) -> int:
        """The moment at which the bucket with a ``key`` begins, in ms UTC."""
        return first_moment(key, zone) if self.unit is not None else key

    def keys(self, low: int, high: int, zone: tzinfo) -> list[int]:
        """Keys of the buckets from ``low`` to ``high``, which are keys; cut where they are more than a search makes."""
        found: list[int] = []
        key = low
        while key <= high and len(found) <= 65_536:
            found.append(key)
            key = self._following(key, zone)
        return found

    def rounded(self, moment: int, zone: tzinfo) -> int:
        """The key of a moment in ms UTC."""
        local = moment + offset_of(moment, zone)
        if self.unit is not None:
            return _ms(_floor(_naive(local), self.unit))
        assert self.length is not None  # noqa: S101  the one or the other
        return _short(moment, self.length, segments_of(zone, moment - self.length - _UNITS["d"], moment), self.calendar)

    def _following(self, key: int, zone: tzinfo) -> int:
        if self.unit is not None:
            return _ms(_next(_naive(key), self.unit))
        assert self.length is not None  # noqa: S101  the one or the other
        if self.calendar:
            return self.rounded(key + self.length, zone)
        local = key + offset_of(key, zone) + self.length
        following = first_moment(local, zone)
        return following if following > key else key + self.length

    def _short_key(self, column: str, segments: list[Segment], number: int) -> str:
        assert self.length is not None  # noqa: S101  only such have one
        here, length = segments[number], self.length
        local = f"({column} + {here.offset} - ((({column} + {here.offset}) % {length}) + {length}) % {length})"
        if number == 0:
            return f"{local} - {here.offset}"
        if self.calendar:
            before = _short(here.start - 1, length, segments[:number], calendar=True)
            return f"CASE WHEN {local} - {here.offset} >= {here.start} THEN {local} - {here.offset} ELSE {before} END"
        text = f"CASE WHEN {local} - {here.offset} >= {here.start} THEN {local} - {here.offset}"
        for earlier in range(number - 1, -1, -1):
            each, end = segments[earlier], segments[earlier + 1].start
            start = each.start if earlier else -(2**62)
            text += f" WHEN {local} - {each.offset} >= {start} THEN least({local} - {each.offset}, {end})"
            if each.start < here.start - length - _UNITS["d"]:
                break
        return f"{text} ELSE {local} - {segments[0].offset} END"


def _short(moment: int, length: int, segments: list[Segment], calendar: bool) -> int:
    """What ``_short_key`` computes, for one moment."""
    number = max(at for at, each in enumerate(segments) if at == 0 or each.start <= moment)
    here = segments[number]
    local = (moment + here.offset) // length * length
    if number == 0 or local - here.offset >= here.start:
        return local - here.offset
    if calendar:
        return _short(here.start - 1, length, segments[:number], calendar=True)
    for earlier in range(number - 1, -1, -1):
        each = segments[earlier]
        if earlier == 0 or local - each.offset >= each.start:
            return min(local - each.offset, segments[earlier + 1].start)
    return local - segments[0].offset


def segments_of(zone: tzinfo, low: int, high: int) -> list[Segment]:
    """The spans of one offset that cover ``low`` to ``high``, in ms UTC, in order."""
    found = [Segment(low, offset_of(low, zone))]
    if zone is UTC:
        return found
    day = low
    while day < high:
        following = min(day + 7 * _UNITS["d"], high)
        if offset_of(following, zone) != found[-1].offset:
            start = _change(zone, day, following)
            found.append(Segment(start, offset_of(start, zone)))
            day = start
        else:
            day = following
    return found


def _change(zone: tzinfo, low: int, high: int) -> int:
    """The first moment of a new offset between two moments: offsets change on whole seconds."""
    before = offset_of(low, zone)
    low, high = low // 1000, -(-high // 1000)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_of(middle * 1000, zone) == before:
            low = middle
        else:
            high = middle
    return high * 1000


def offset_of(moment: int, zone: tzinfo) -> int:
    """The offset of a zone at a moment, both in ms."""
    try:
        offset = (ZERO + timedelta(milliseconds=moment)).astimezone(zone).utcoffset()
    except (OverflowError, ValueError):
        return 0  # beyond the years that Python counts
    return 0 if offset is None else offset // _MS


def first_moment(local: int, zone: tzinfo) -> int:
    """The first moment, in ms UTC, at which the wall clock of a zone shows at least ``local``, ms of local time."""
    wall = _naive(local)
    early = wall.replace(tzinfo=zone)
    moment = (early - ZERO) // _MS
    if moment + offset_of(moment, zone) == local:
        return moment
    return _change(zone, moment - _UNITS["d"], moment + _UNITS["d"])  # the clock was put forward over it


def _naive(local: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(milliseconds=local)  # noqa: DTZ001  what a wall clock shows


def _ms(wall: datetime) -> int:
    return (wall - datetime(1970, 1, 1)) // _MS  # noqa: DTZ001  the same


def _floor(wall: datetime, unit: str) -> datetime:
    day = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _next(wall: datetime, unit: str) -> datetime:
    if unit in ("day", "week"):
        return wall + timedelta(days=7 if unit == "week" else 1)
    months = wall.year * 12 + wall.month - 1 + {"month": 1, "quarter": 3, "year": 12}[unit]
    return wall.replace(year=months // 12, month=months % 12 + 1)


def _cases(column: str, segments: list[Segment], values: list[str]) -> str:
    """The value of the segment that a moment lies in."""
    if len(segments) == 1:
        return values[0]
    text = "CASE"
    for number in range(len(segments) - 1, 0, -1):
        text += f" WHEN {column} >= {segments[number].start} THEN {values[number]}"
    return f"{text} ELSE {values[0]} END"
