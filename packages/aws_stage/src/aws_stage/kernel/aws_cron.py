"""AWS's cron: six fields, with ``? L W #``, evaluated on local calendar time.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based and
https://docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIRST_YEAR, _LAST_YEAR = 1970, 2199

_STEP = re.compile(r"(?P<range>[^/]+)/(?P<step>\d+)")
_NEAREST_WEEKDAY = re.compile(r"(\d+)W")
_LAST_WEEKDAY = re.compile(r"([^L#]+)L")
_NTH_WEEKDAY = re.compile(r"([^#]+)#([1-5])")


@dataclass(frozen=True)
class Cron:
    """Six parsed fields: ``minute hour day-of-month month day-of-week year``.

    ``days`` and ``weekdays`` stay text, since ``L``, ``W`` and ``#`` mean other days in every month; one is ``?``.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: str
    months: tuple[int, ...]
    weekdays: str
    years: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Raises ValueError, with the reason, for what AWS refuses."""
        fields = text.upper().split()
        if len(fields) != 6:
            raise ValueError(
                f"a cron expression has 6 fields (minutes hours day month weekday year), not {len(fields)}"
            )
        minutes, hours, days, months, weekdays, years = fields
        if (days == "?") == (weekdays == "?"):
            raise ValueError("exactly one of day-of-month and day-of-week must be ?")
        cron = cls(
            _numbers(minutes, 0, 59),
            _numbers(hours, 0, 23),
            days,
            _numbers(months, 1, 12, _MONTHS),
            weekdays,
            _numbers(years, _FIRST_YEAR, _LAST_YEAR),
        )
        cron.days_of(2024, 1)
        return cron

    def times_from(self, start: datetime) -> Iterator[datetime]:
        """Every matching minute from ``start`` on, in order; naive, as a wall clock shows them."""
        start = start.replace(second=0, microsecond=0)
        for year in self.years:
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                for day in self.days_of(year, month):
                    if (year, month, day) < (start.year, start.month, start.day):
                        continue
                    for hour in self.hours:
                        for minute in self.minutes:
                            moment = datetime(year, month, day, hour, minute)  # noqa: DTZ001  a wall clock's time
                            if moment >= start:
                                yield moment

    def days_of(self, year: int, month: int) -> list[int]:
        """The days of a month that match, in order."""
        last = calendar.monthrange(year, month)[1]
        if self.weekdays == "?":
            return sorted(_days_of_month(self.days, year, month, last))
        return sorted(_days_of_week(self.weekdays, year, month, last))


def _days_of_month(field: str, year: int, month: int, last: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        if part == "L":
            found.add(last)
        elif part == "LW":
            found.add(_nearest_weekday(year, month, last, last))
        elif match := _NEAREST_WEEKDAY.fullmatch(part):
            [day] = _numbers(match[1], 1, 31)
            if day <= last:
                found.add(_nearest_weekday(year, month, day, last))
        else:
            found.update(day for day in _numbers(part, 1, 31) if day <= last)
    return found


def _days_of_week(field: str, year: int, month: int, last: int) -> set[int]:
    days = range(1, last + 1)
    found: set[int] = set()
    for part in field.split(","):
        if part == "L":
            wanted = {7}
        elif match := _LAST_WEEKDAY.fullmatch(part):
            [weekday] = _numbers(match[1], 1, 7, _WEEKDAYS)
            found.add(max(day for day in days if _weekday(year, month, day) == weekday))
            continue
        elif match := _NTH_WEEKDAY.fullmatch(part):
            [weekday] = _numbers(match[1], 1, 7, _WEEKDAYS)
            matching = [day for day in days if _weekday(year, month, day) == weekday]
            found.update(matching[int(match[2]) - 1 : int(match[2])])
            continue
        else:
            wanted = set(_numbers(part, 1, 7, _WEEKDAYS))
        found.update(day for day in days if _weekday(year, month, day) in wanted)
    return found


def _weekday(year: int, month: int, day: int) -> int:
    """1 is Sunday, 7 is Saturday."""
    return (calendar.weekday(year, month, day) + 1) % 7 + 1


def _nearest_weekday(year: int, month: int, day: int, last: int) -> int:
    """The working day nearest to ``day``, in the same month."""
    weekday = _weekday(year, month, day)
    if weekday == 7:
        return day - 1 if day > 1 else day + 2
    if weekday == 1:
        return day + 1 if day < last else day - 2
    return day


def _numbers(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.split(","):
        step = 1
        base = part
        if match := _STEP.fullmatch(part):
            base, step = match["range"], int(match["step"])
            if not 1 <= step <= high:
                raise ValueError(f"{part}: a step is from 1 to {high}")
        if base == "*":
            start, end = low, high
        elif "-" in base:
            first, _, second = base.partition("-")
            start, end = _number(first, low, high, names), _number(second, low, high, names)
            if end < start:
                raise ValueError(f"{part}: a range goes upwards")
        else:
            start = _number(base, low, high, names)
            end = high if match else start
        found.update(range(start, end + 1, step))
    return tuple(sorted(found))


def _number(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + low
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ValueError(f"{text!r} is not a number from {low} to {high}")
    return int(text)
