"""Dates in documents and queries: formats, time zones and date math. Milliseconds since the epoch throughout.

docs.opensearch.org/latest/field-types/supported-field-types/date/ and …/query-dsl/term/range/#date-fields
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trino_on_duckdb.date_patterns import PatternError, check_pattern, format_time

from aws_stage.engines.opensearch.errors import SearchError, illegal

DEFAULT_FORMAT = "strict_date_optional_time||epoch_millis"
ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

_STRICT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?)?"
)
_LENIENT = re.compile(
    r"(\d{1,9})(?:-(\d\d?)(?:-(\d\d?)(?:T(?:(\d\d?)(?::(\d\d?)(?::(\d\d?)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?)?"
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")
_LETTERS = {
    "yyyy": r"(?P<year>\d{4})",
    "uuuu": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d\d)",
    "dd": r"(?P<day>\d\d)",
    "HH": r"(?P<hour>\d\d)",
    "mm": r"(?P<minute>\d\d)",
    "ss": r"(?P<second>\d\d)",
    "SSS": r"(?P<ms>\d{3})",
    "XXX": r"(?P<zone>Z|[+-]\d\d:\d\d)",
}
_PIECE = re.compile(r"'([^']*)'|([A-Za-z])\2*|.")

Parse = Callable[[str, tzinfo, bool], int | None]
"""A text, the zone of one that names none, and whether what is missing is rounded up: milliseconds, or None."""


def zone(name: str) -> tzinfo:
    """A time zone by its name or offset; raises for one that there is not."""
    if name in ("Z", "UTC"):
        return UTC
    found = _OFFSET.fullmatch(name)
    if found:
        return _fixed(found)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise illegal(f"Unknown time-zone ID: {name}") from None


def _fixed(found: re.Match[str]) -> tzinfo:
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset)


class DateFormat:
    """What a field's ``format`` says: alternatives with ``||`` between them; the first one writes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._names = text.split("||")
        self._parsers = [_parser(name) for name in self._names]

    def parse(self, value: object, zone_of_text: tzinfo = UTC, *, up: bool = False) -> int:
        """Milliseconds; raises SearchError for what is no date of this format."""
        text = str(value)
        for parser in self._parsers:
            try:
                found = parser(text, zone_of_text, up)
            except (ValueError, OverflowError):
                found = None
            if found is not None:
                return found
        raise SearchError(
            "illegal_argument_exception",
            f"failed to parse date field [{text}] with format [{self.text}]",
        )

    def write(self, milliseconds: float, shown_in: tzinfo = UTC) -> str:
        """A moment as the first alternative has it."""
        name = self._names[0]
        if name == "epoch_millis":
            return str(int(milliseconds))
        if name == "epoch_second":
            return str(int(milliseconds) // 1000)
        moment = (ZERO + timedelta(milliseconds=milliseconds)).astimezone(shown_in)
        if name in ("strict_date_optional_time", "date_optional_time", "strict_date_time", "date_time"):
            text = moment.isoformat(timespec="milliseconds")
            return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
        if name in ("strict_date", "date"):
            return f"{moment:%Y-%m-%d}"
        return format_time(name, moment)


@lru_cache(maxsize=256)
def date_format(text: str) -> DateFormat:
    """The format; raises for one that the stage does not know."""
    return DateFormat(text)


def _parser(name: str) -> Parse:
    known = {
        "epoch_millis": _epoch_millis,
        "epoch_second": _epoch_second,
        "strict_date_optional_time": _iso(_STRICT),
        "date_optional_time": _iso(_LENIENT),
        "strict_date_time": _iso(_STRICT),
        "date_time": _iso(_STRICT),
        "strict_date": _pattern("yyyy-MM-dd"),
        "date": _pattern("yyyy-MM-dd"),
    }.get(name)
    return known or _pattern(name)


def _epoch_millis(text: str, _zone: tzinfo, _up: bool) -> int | None:
    return int(float(text)) if re.fullmatch(r"-?\d{1,18}(\.\d+)?", text) else None


def _epoch_second(text: str, _zone: tzinfo, _up: bool) -> int | None:
    return int(float(text) * 1000) if re.fullmatch(r"-?\d{1,15}(\.\d+)?", text) else None


def _iso(pattern: re.Pattern[str]) -> Parse:
    def parse(text: str, default: tzinfo, up: bool) -> int | None:
        found = pattern.fullmatch(text)
        if found is None:
            return None
        return _moment(found.groups(), default, up=up)

    return parse


def _moment(parts: Sequence[str | None], default: tzinfo, *, up: bool) -> int:
    """``parts``: year, month, day, hour, minute, second, fraction and offset, None where the text leaves one out."""
    year, month, day, hour, minute, second, fraction, offset = parts
    zone_of_text = default if offset is None else zone(offset)
    months = int(month) if month else (12 if up else 1)
    last = calendar.monthrange(int(year or 1970), months)[1] if up else 1
    filled = (59, 59, 23) if up else (0, 0, 0)
    base = datetime(
        int(year or 1970),
        months,
        int(day) if day else last,
        int(hour) if hour else filled[2],
        int(minute) if minute else filled[1],
        int(second) if second else filled[0],
        tzinfo=zone_of_text,
    )
    thousandths = int(fraction[:3].ljust(3, "0")) if fraction is not None else 999 if up else 0
    return (base - ZERO) // _MS + thousandths


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Parse:
    try:
        check_pattern(pattern)
    except PatternError as error:
        raise illegal(f"Invalid format: [{pattern}]: {error}") from error
    expression = ""
    for piece in _PIECE.finditer(pattern):
        if piece[1] is not None:
            expression += re.escape(piece[1])
        elif piece[2]:
            if piece[0] not in _LETTERS:
                raise illegal(f"Invalid format: [{pattern}]: the local stage does not know {piece[0]} in it")
            expression += _LETTERS[piece[0]]
        else:
            expression += re.escape(piece[0])
    compiled = re.compile(expression)

    def parse(text: str, default: tzinfo, up: bool) -> int | None:
        found = compiled.fullmatch(text)
        if found is None:
            return None
        given = found.groupdict()
        names = ("year", "month", "day", "hour", "minute", "second", "ms", "zone")
        year, *rest = (given.get(name) for name in names)
        return _moment([year or "1970", *rest], default, up=up)

    return parse
