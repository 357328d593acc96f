"""Timestamps as recordings write them. A text that can be read in more than one way is refused, or read by a format."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from datastreamer.errors import UsageError
from datastreamer.sensor.replay.guesses import Guesses
from datastreamer.sensor.replay.numbers import NUMBER

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_10000_S: Final = 253_402_300_800

_ISO: Final = re.compile(
    r"(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}-W\d{2}-\d|\d{4}W\d{3})"
    r"(?P<time>[T ](?:\d{2}|(?:\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?|\d{4}(?:\d{2}(?:[.,]\d+)?)?)"
    r"(?:Z|[+-]\d{2}(?::?\d{2})?)?))?",
    re.ASCII,
)
"""What ISO-8601 gives one reading. A fraction stands behind seconds alone: 10.30 has one of an hour by the standard, of
a second to Python, and minutes to the writer. An offset stands behind minutes: 15-08 is an hour and a minute."""
_UTC: Final = "a time without an offset was taken as UTC, for want of --time-zone"
_MIDNIGHT: Final = "a date without a time was taken as its midnight"
_FIRST: Final = "a time that the clock showed twice was taken as the first of the two"
_SAMPLE: Final = datetime(2023, 11, 28, 21, 34, 56, tzinfo=UTC)


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


def reader(unit: TimestampUnit, zone: tzinfo | None, guesses: Guesses) -> Callable[[str], datetime]:
    """A function from a field's text to its moment in UTC, to the microsecond; it raises ValueError with the problem.

    Text without an offset is in ``zone``; if that is None, in UTC, and ``guesses`` counts it. A time that the zone's
    clock skips is refused; of one that it shows twice the first is taken, of a date alone its midnight, and ``guesses``
    counts both.
    """
    if unit is TimestampUnit.ISO:
        return lambda text: _from_iso(text, zone, guesses)
    per_second = _PER_SECOND[unit]
    return lambda text: _from_number(text, unit, per_second)


def format_reader(form: str, zone: tzinfo | None, guesses: Guesses) -> Callable[[str], datetime]:
    """As ``reader``, for text of the format ``form``, written as for Python's ``strptime``.

    Raises UsageError for one that Python does not know, or that does not tell the day and the hour.
    """
    if "%Z" in form:
        raise UsageError("--time-format: %Z names a zone without its offset; use %z, or --time-zone")
    try:
        found = datetime.strptime(_SAMPLE.strftime(form), form)  # noqa: DTZ007  the zone is added in _in_zone
    except (ValueError, re.error) as error:
        raise UsageError(f"--time-format {form!r}: {error}") from None
    if found.date() != _SAMPLE.date():
        raise UsageError(f"--time-format {form!r} does not say which day of which year it is")
    if found.hour != _SAMPLE.hour and found.time() != time():
        raise UsageError(f"--time-format {form!r} does not say which hour of the day it is (%H, or %I and %p)")
    return lambda text: _from_format(text, form, zone, guesses)


def _from_iso(text: str, zone: tzinfo | None, guesses: Guesses) -> datetime:
    found = _ISO.fullmatch(text)
    try:
        moment = datetime.fromisoformat(text) if found else None
    except ValueError:
        moment = None
    if found is None or moment is None:
        raise ValueError(f"{text!r} is no ISO-8601 time; is there a --time-format for it?")
    if found["time"] is None:
        guesses.add(_MIDNIGHT)
    return _in_zone(moment, text, zone, guesses)


def _from_format(text: str, form: str, zone: tzinfo | None, guesses: Guesses) -> datetime:
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007  the zone is added in _in_zone
    except ValueError:
        raise ValueError(f"{text!r} is not of the form {form!r}") from None
    return _in_zone(moment, text, zone, guesses)


def _in_zone(moment: datetime, text: str, zone: tzinfo | None, guesses: Guesses) -> datetime:
    try:
        if moment.tzinfo:
            return moment.astimezone(UTC)
        if zone is None:
            guesses.add(_UTC)
            return moment.replace(tzinfo=UTC)
        first = moment.replace(tzinfo=zone).astimezone(UTC)
        shown = first.astimezone(zone).replace(tzinfo=None)
        second = moment.replace(tzinfo=zone, fold=1).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time: in UTC its year is not from 1 to 9999") from None
    if shown != moment:
        raise ValueError(f"the clock skipped {text!r} in {zone}; is --time-zone right?")
    if second != first:
        guesses.add(_FIRST)
    return first


def _from_number(text: str, unit: str, per_second: int) -> datetime:
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number of {unit} since 1970")
    seconds = Decimal(text) / per_second
    if not 0 <= seconds < _YEAR_10000_S:
        raise ValueError(f"{text} {unit} since 1970 is no time; is --timestamp-unit right?")
    return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
