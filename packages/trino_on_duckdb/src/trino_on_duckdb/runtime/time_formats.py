"""Dates and times read by a pattern: MySQL's for date_parse, Joda's for parse_datetime, and ISO 8601.

A pattern becomes a regular expression; fields are read as Joda does (up to their digits, signs not taken).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from trino_on_duckdb.date_patterns import DAYS, MONTHS, PatternError, expression, joda_pieces
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.zones import offset_minutes, zone_named

_INVALID = "INVALID_FUNCTION_ARGUMENT"
_MONTH_NAMES = "(?:" + "|".join(dict.fromkeys([*MONTHS, *(month[:3] for month in MONTHS)])) + ")"
_DAY_NAMES = "(?:" + "|".join([*DAYS, *(day[:3] for day in DAYS)]) + ")"

_TWO = r"\d{1,2}"
_HALF = ("half", "(?:AM|PM)")
_FRACTION = ("fraction", r"\d{1,9}")
_ZONE = ("offset", r"[+-]\d{2}:?\d{2}")
_MONTH, _DAY = ("month_name", _MONTH_NAMES), ("day_name", _DAY_NAMES)
MYSQL = {
    "a": _DAY, "b": _MONTH, "c": ("month", _TWO), "d": ("day", _TWO), "e": ("day", _TWO), "f": _FRACTION,
    "H": ("hour", _TWO), "h": ("hour12", _TWO), "I": ("hour12", _TWO), "i": ("minute", _TWO),
    "j": ("day_of_year", r"\d{1,3}"), "k": ("hour", _TWO), "l": ("hour12", _TWO), "M": _MONTH, "m": ("month", _TWO),
    "p": _HALF, "S": ("second", _TWO), "s": ("second", _TWO), "W": _DAY, "Y": ("year", r"\d{1,4}"),
    "y": ("year2", r"\d{1,2}"),
}  # fmt: skip
_MYSQL_WHOLE = {"r": "%I:%i:%S %p", "T": "%H:%i:%S"}
_MYSQL_REFUSED = "DUuVwXvx"

JODA = {
    "yyyy": ("year", r"\d{1,9}"), "MMMM": _MONTH, "MMM": _MONTH, "MM": ("month", _TWO), "M": ("month", _TWO),
    "dd": ("day", _TWO), "d": ("day", _TWO), "HH": ("hour", _TWO), "H": ("hour", _TWO), "hh": ("hour12", _TWO),
    "h": ("hour12", _TWO), "mm": ("minute", _TWO), "m": ("minute", _TWO), "ss": ("second", _TWO), "s": ("second", _TWO),
    "a": _HALF, "SSS": _FRACTION, "EEE": _DAY, "EEEE": _DAY, "Z": _ZONE, "ZZ": _ZONE,
}  # fmt: skip


@lru_cache(maxsize=256)
def mysql_reader(pattern: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """The expression of a date_parse pattern and the fields of its groups; QueryError when it is not read here."""
    for letter, whole in _MYSQL_WHOLE.items():
        pattern = re.sub(rf"(?<!%)((?:%%)*)%{letter}", rf"\g<1>{whole}", pattern)
    parts: list[str] = []
    fields: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character != "%":
            parts.append(re.escape(character))
            continue
        letter = next(characters, "")
        if letter and letter in _MYSQL_REFUSED:
            raise QueryError("NOT_SUPPORTED", f"date_parse: %{letter} is not supported by the local Athena")
        field, text = MYSQL.get(letter, ("", re.escape(letter)))
        parts.append(f"({text})" if field else text)
        fields += [field] if field else []
    return re.compile("".join(parts), re.ASCII | re.IGNORECASE), tuple(fields)


@lru_cache(maxsize=256)
def joda_reader(pattern: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """The expression of a parse_datetime pattern and the fields of its groups; QueryError when it is not read here."""
    try:
        return expression(joda_pieces(pattern), _joda_field, re.ASCII | re.IGNORECASE)
    except PatternError as error:
        raise QueryError(_INVALID, str(error)) from error


def _joda_field(letters: str) -> tuple[str, str]:
    if letters not in JODA:
        raise QueryError("NOT_SUPPORTED", f"parse_datetime: '{letters}' is not supported by the local Athena")
    return JODA[letters]


def date_parse(text: str, pattern: str) -> str:
    """The timestamp, as text that DuckDB reads."""
    return _read(text, *mysql_reader(pattern))


def parse_datetime(text: str, pattern: str) -> str:
    """The timestamp in UTC and its zone, as texts with a bar between them."""
    expression, fields = joda_reader(pattern)
    read = _read(text, expression, fields)
    if "offset" not in fields:
        return f"{read}|UTC"
    match = expression.fullmatch(text)
    assert match is not None  # noqa: S101  it was read
    return f"{read}|{zone_named(match[fields.index('offset') + 1])}"


def _read(text: str, expression: re.Pattern[str], fields: tuple[str, ...]) -> str:
    match = expression.fullmatch(text)
    if match is None:
        raise QueryError(_INVALID, f'Invalid format: "{text}"')
    found = dict(zip(fields, match.groups(), strict=True))
    try:
        moment = _moment(found).replace(tzinfo=None) - _offset(found.get("offset", "+0000"))
        return moment.isoformat(sep=" ", timespec="milliseconds")
    except (ValueError, OverflowError) as error:
        raise QueryError(_INVALID, f'Cannot parse "{text}": {error}') from error


def _offset(text: str) -> timedelta:
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return -offset if text[0] == "-" else offset


def _moment(found: dict[str, str]) -> datetime:
    year = int(found.get("year", "1970"))
    if "year2" in found:
        year = _two_digit_year(int(found["year2"]))
    month = int(found.get("month", "1"))
    if "month_name" in found:
        month = [name[:3].lower() for name in MONTHS].index(found["month_name"][:3].lower()) + 1
    hour = int(found.get("hour", "0"))
    if "hour12" in found:
        hour = int(found["hour12"])
        if not 1 <= hour <= 12:
            raise ValueError(f"Value {hour} for clockhourOfHalfday must be in the range [1,12]")
        hour = hour % 12 + (12 if found.get("half", "AM").upper() == "PM" else 0)
    millisecond = int(found.get("fraction", "0").ljust(3, "0")[:3])
    if not 1 <= year <= 9999:
        raise ValueError(f"year {year} is out of range")
    minute, second = int(found.get("minute", "0")), int(found.get("second", "0"))
    start = datetime(year, month, int(found.get("day", "1")), hour, minute, second, millisecond * 1000, tzinfo=UTC)
    if "day_of_year" in found:
        start = start.replace(month=1, day=1) + timedelta(days=int(found["day_of_year"]) - 1)
        if start.year != year or found["day_of_year"].lstrip("0") == "":
            raise ValueError(f"Value {found['day_of_year']} for dayOfYear is out of range")
    if "day_name" in found and DAYS[start.weekday()][:3].lower() != found["day_name"][:3].lower():
        raise ValueError(f"{found['day_name']} is not the day of that date")
    return start


def _two_digit_year(year: int) -> int:
    """Joda's pivot year of ``%y`` in Trino is 2020: 1970 to 2069."""
    return 2000 + year if year < 70 else 1900 + year


_OFFSET = r"(?:Z|[+-]\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d{3})?)?)?)"
_OFFSET_OF_MINUTES = re.compile(r"Z|([+-]\d{2})(?::?(\d{2})(?::?00(?:[.,]000)?)?)?", re.ASCII)
_ISO = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?"
    rf"(?:T(?:(\d{{1,2}})(?::(\d{{1,2}})(?::(\d{{1,2}})(?:[.,](\d+))?)?)?)?({_OFFSET})?)?",
    re.ASCII,
)
_ISO_NOT_READ = re.compile(rf"(\d{{4,9}}(-W\d{{1,2}}(-\d)?|-\d{{3}}|(-\d\d?){{0,2}}))?(T[\d:.,]*{_OFFSET}?)?", re.ASCII)
"""Shapes that Joda's parser may take and this one does not: week and ordinal dates, times alone, fractions of hours."""


def iso8601_timestamp(text: str) -> str:
    """A date with or without time, in UTC, and its zone, as texts with a bar between them."""
    match = _ISO.fullmatch(text)
    if match is None:
        if text and _ISO_NOT_READ.fullmatch(text):
            raise QueryError("NOT_SUPPORTED", f"from_iso8601_timestamp: '{text}' is not read by the local Athena")
        raise QueryError(_INVALID, f'Invalid format: "{text}"')
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    whole = _OFFSET_OF_MINUTES.fullmatch(offset or "Z")
    if whole is None:
        raise QueryError("NOT_SUPPORTED", f"from_iso8601_timestamp: the offset of '{text}' is not of whole minutes")
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError as error:
        raise QueryError(_INVALID, f'Cannot parse "{text}": {error}') from error
    zone = zone_named(f"{whole[1]}:{whole[2] or '00'}") if whole[1] else "UTC"
    shift = timedelta(milliseconds=int((fraction or "0").ljust(3, "0")[:3]))
    if zone != "UTC":
        shift -= timedelta(minutes=offset_minutes(zone))
    try:
        return f"{(moment.replace(tzinfo=None) + shift).isoformat(sep=' ')}|{zone}"
    except OverflowError as error:
        raise QueryError(_INVALID, f'Cannot parse "{text}": {error}') from error
