"""When a schedule is due: ``rate(…)``, ``cron(…)`` and ``at(…)``, in a time zone.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aws_stage.kernel.aws_cron import Cron

_FORM = re.compile(r"(?P<kind>rate|cron|at)\((?P<body>[^()]*)\)")
_RATE = re.compile(r"(?P<value>[1-9]\d*) (?P<unit>minute|hour|day)s?")
_MOMENT = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class Expression:
    """Exactly one of ``every``, ``cron`` and ``moment`` is set; ``moment`` is a wall clock's time."""

    every: timedelta | None = None
    cron: Cron | None = None
    moment: datetime | None = None


@lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """Raises ValueError, with the reason, for what is not a schedule expression."""
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise ValueError(f"{text!r} is not rate(…), cron(…) or at(…)")
    body = form["body"].strip()
    if form["kind"] == "cron":
        return Expression(cron=Cron.parse(body))
    if form["kind"] == "at":
        return Expression(moment=datetime.strptime(body, _MOMENT))  # noqa: DTZ007  the zone comes beside it
    rate = _RATE.fullmatch(body)
    if rate is None:
        raise ValueError(f"{text!r} is not rate(value unit) with a unit of minutes, hours or days")
    return Expression(every=timedelta(**{rate["unit"] + "s": int(rate["value"])}))


def zone(name: str) -> ZoneInfo:
    """Raises ValueError for a name that the IANA database does not have."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone of the IANA database") from error


def next_fire(text: str, after: datetime, time_zone: str = "UTC", anchor: datetime | None = None) -> datetime | None:
    """The first moment strictly after ``after`` (aware) at which the schedule is due, in UTC; None when there is none.

    ``anchor`` is a rate's first moment, whence it counts; a rate counts real time, and only cron and at follow the
    time zone. A wall clock's time that a change to daylight saving skips is skipped, and one that the change back
    repeats is due once, the first time.
    """
    expression = parse(text)
    if expression.every is not None:
        start = anchor or after
        passed = (after - start) // expression.every
        return start.astimezone(UTC) if passed < 0 else (start + (passed + 1) * expression.every).astimezone(UTC)
    tz = zone(time_zone)
    if expression.moment is not None:
        due = _in_utc(expression.moment, tz)
        return due if due is not None and due > after else None
    assert expression.cron is not None  # noqa: S101  the only kind that is left
    for local in expression.cron.times_from(after.astimezone(tz).replace(tzinfo=None)):
        due = _in_utc(local, tz)
        if due is not None and due > after:
            return due
    return None


def _in_utc(local: datetime, tz: ZoneInfo | timezone) -> datetime | None:
    """None for a time that the clocks skip."""
    moment = local.replace(tzinfo=tz).astimezone(UTC)
    return moment if moment.astimezone(tz).replace(tzinfo=None) == local else None
