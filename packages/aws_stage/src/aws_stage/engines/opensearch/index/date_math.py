"""Date math: ``now-15m``, ``now/d``, ``2026-01-01||+1M/d``.

docs.opensearch.org/latest/field-types/supported-field-types/date/#date-math
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, tzinfo

from aws_stage.engines.opensearch.errors import SearchError
from aws_stage.engines.opensearch.index.dates import ZERO, DateFormat

_STEP = re.compile(r"([+-]\d*|/)([yMwdhHms])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "H": 3600, "d": 86_400, "w": 604_800}


def resolve(text: object, form: DateFormat, now: datetime, zone: tzinfo = UTC, *, up: bool = False) -> int:
    """Milliseconds of a date or an expression. ``up``: what is rounded, or left out, counts to its very end."""
    if isinstance(text, str):
        if text.startswith("now"):
            return _math(now, text[3:], zone, text, up)
        anchor, separator, math = text.partition("||")
        if separator:
            start = ZERO + timedelta(milliseconds=form.parse(anchor, zone))
            return _math(start, math, zone, text, up)
    return form.parse(text, zone, up=up)


def _math(moment: datetime, math: str, zone: tzinfo, text: str, up: bool) -> int:
    moment = moment.astimezone(zone)
    position = 0
    for step in _STEP.finditer(math):
        if step.start() != position:
            break
        position = step.end()
        if step[1] == "/":
            moment = _floor(moment, step[2])
            if up:
                moment = _plus(moment, step[2], 1) - timedelta(milliseconds=1)
        else:
            amount = int(step[1]) if len(step[1]) > 1 else int(f"{step[1]}1")
            moment = _plus(moment, step[2], amount)
    if position != len(math):
        raise SearchError("parse_exception", f"operator not supported for date math [{text}]")
    return (moment - ZERO) // timedelta(milliseconds=1)


def _plus(moment: datetime, unit: str, amount: int) -> datetime:
    if unit in ("y", "M"):
        months = moment.year * 12 + moment.month - 1 + amount * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day)
    if unit in ("d", "w"):
        return moment + timedelta(days=amount * (7 if unit == "w" else 1))  # of the calendar: DST days are not 24 h
    return (moment.astimezone(UTC) + timedelta(seconds=_SECONDS[unit] * amount)).astimezone(moment.tzinfo)


def _floor(moment: datetime, unit: str) -> datetime:
    if unit == "y":
        moment = moment.replace(month=1, day=1)
    elif unit == "M":
        moment = moment.replace(day=1)
    elif unit == "w":
        moment -= timedelta(days=moment.weekday())
    if unit in ("y", "M", "w", "d"):
        return moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit in ("h", "H"):
        return moment.replace(minute=0, second=0, microsecond=0)
    return moment.replace(second=moment.second if unit == "s" else 0, microsecond=0)
