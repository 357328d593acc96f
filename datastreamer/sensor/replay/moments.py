"""Timestamps as recordings write them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from datastreamer.errors import UsageError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_YEAR_10000_S: Final = 253_402_300_800


class TimestampUnit(StrEnum):
    """Seconds, milliseconds, microseconds or nanoseconds since 1970-01-01 UTC, or ISO-8601 text."""

    S = "s"
    MS = "ms"
    US = "us"
    NS = "ns"
    ISO = "iso"


_PER_SECOND: Final = {
    TimestampUnit.S: 1,
    TimestampUnit.MS: 1_000,
    TimestampUnit.US: 1_000_000,
    TimestampUnit.NS: 1_000_000_000,
}


def time_zone(name: str) -> tzinfo:
    """The IANA time zone ``name``; raises UsageError, naming the nearest, when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else " Use a name such as Europe/Berlin"
        raise UsageError(f"--time-zone {name!r}: there is no such zone.{hint}") from None


def reader(unit: TimestampUnit, zone: tzinfo) -> Callable[[str], datetime]:
    """A function from a field's text to its moment in UTC, to the microsecond; it raises ValueError with the problem.

    Text without an offset is in ``zone``; of a time that the clock shows twice, it is the first.
    """
    if unit is TimestampUnit.ISO:
        return lambda text: _from_iso(text, zone)
    per_second = _PER_SECOND[unit]
    return lambda text: _from_number(text, unit, per_second)


def _from_iso(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no ISO-8601 time") from None


def _from_number(text: str, unit: str, per_second: int) -> datetime:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number of {unit} since 1970")
    seconds = Decimal(text) / per_second
    if not 0 <= seconds < _YEAR_10000_S:
        raise ValueError(f"{text} {unit} since 1970 is no time; is --timestamp-unit right?")
    return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))


def number(text: str) -> float:
    """A finite decimal number written in ASCII; raises ValueError with the problem."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return value
