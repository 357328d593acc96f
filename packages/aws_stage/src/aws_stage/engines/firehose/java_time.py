"""Java ``DateTimeFormatter`` patterns, as ``!{timestamp:…}`` uses them.

Letters, counts and quoting follow java.time.format.DateTimeFormatterBuilder.appendPattern; texts and weeks are those of
Locale.US (a week starts on Sunday, week 1 holds 1 January).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SAMPLE = datetime(2018, 8, 27, 10, 30, tzinfo=UTC)
_RESERVED = frozenset("[]{}#")


class PatternError(ValueError):
    """The pattern is not one that this formatter can print; the message says why."""


def check_pattern(pattern: str) -> None:
    """Raise PatternError unless ``format_time`` can print every part of ``pattern``."""
    format_time(pattern, _SAMPLE)


def format_time(pattern: str, moment: datetime) -> str:
    """Print an aware ``moment`` by ``pattern``, in the zone that ``moment`` carries."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "'":
            literal, at = _quoted(pattern, at)
            parts.append(literal)
            continue
        end = at
        while end < len(pattern) and pattern[end] == letter:
            end += 1
        count = end - at
        if letter.isascii() and letter.isalpha():
            parts.append(_field(letter, count, moment))
        elif letter in _RESERVED:
            raise PatternError(f"the character {letter!r} is reserved in a timestamp pattern; put it in single quotes")
        else:
            parts.append(letter * count)
        at = end
    return "".join(parts)


def _quoted(pattern: str, at: int) -> tuple[str, int]:
    """The literal that starts with the quote at ``at``, and the index after it; ``''`` alone is one quote."""
    text = []
    cursor = at + 1
    while cursor < len(pattern):
        if pattern[cursor] != "'":
            text.append(pattern[cursor])
            cursor += 1
        elif pattern.startswith("''", cursor):
            text.append("'")
            cursor += 2
        else:
            return "".join(text) or "'", cursor + 1
    raise PatternError(f"the quoted text starting at character {at + 1} of {pattern!r} has no closing quote")


def _field(letter: str, count: int, moment: datetime) -> str:
    rule = _FIELDS.get(letter)
    if rule is None:
        raise PatternError(f"the pattern letter {letter!r} is not supported")
    longest, write = rule
    if count > longest:
        raise PatternError(f"too many pattern letters: {letter * count}")
    return write(moment, count)


def _number(value: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    return lambda moment, count: str(value(moment)).zfill(count)


def _year(value: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    def write(moment: datetime, count: int) -> str:
        year = value(moment)
        return f"{year % 100:02d}" if count == 2 else str(year).zfill(count)

    return write


def _month(moment: datetime, count: int) -> str:
    if count <= 2:
        return str(moment.month).zfill(count)
    return _text(_MONTHS[moment.month - 1], count)


def _weekday(moment: datetime, count: int) -> str:
    return _text(_DAYS[moment.weekday()], max(count, 3))


def _text(name: str, count: int) -> str:
    return {3: name[:3], 4: name}.get(count, name[:1])


def _quarter(moment: datetime, count: int) -> str:
    quarter = (moment.month + 2) // 3
    if count == 4:
        return f"{('1st', '2nd', '3rd', '4th')[quarter - 1]} quarter"
    return f"Q{quarter}" if count == 3 else str(quarter).zfill(count)


def _era(_moment: datetime, count: int) -> str:
    return {4: "Anno Domini", 5: "A"}.get(count, "AD")


def _week_end(moment: datetime) -> datetime:
    return moment + timedelta(days=(5 - moment.weekday()) % 7)


def _week(moment: datetime) -> int:
    return (_week_end(moment).timetuple().tm_yday - 1) // 7 + 1


def _fraction(moment: datetime, count: int) -> str:
    return f"{moment.microsecond * 1000:09d}"[:count]


def _milliseconds_of_day(moment: datetime) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1000 + moment.microsecond // 1000


def _offset(moment: datetime, colon: bool, short: bool, zero: str) -> str:
    offset = moment.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    if minutes == 0 and zero:
        return zero
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    if short and not rest:
        return f"{sign}{hours:02d}"
    return f"{sign}{hours:02d}{':' if colon else ''}{rest:02d}"


def _iso_offset(zero: str) -> Callable[[datetime, int], str]:
    return lambda moment, count: _offset(moment, colon=count in (3, 5), short=count == 1, zero=zero)


def _rfc_offset(moment: datetime, count: int) -> str:
    if count == 4:
        return "GMT" if not moment.utcoffset() else f"GMT{_offset(moment, colon=True, short=False, zero='')}"
    return _offset(moment, colon=count == 5, short=False, zero="Z" if count == 5 else "")


def _zone_id(moment: datetime, count: int) -> str:
    if count != 2:
        raise PatternError(f"the pattern letter 'V' must be written twice, not {count} times")
    return str(moment.tzinfo)


def _zone_name(moment: datetime, count: int) -> str:
    if count > 3:
        raise PatternError("the long zone name 'zzzz' is not supported; use 'z' or 'VV'")
    return moment.tzname() or ""


_FIELDS: dict[str, tuple[int, Callable[[datetime, int], str]]] = {
    "G": (5, _era),
    "u": (19, _year(lambda moment: moment.year)),
    "y": (19, _year(lambda moment: moment.year)),
    "Y": (19, _year(lambda moment: _week_end(moment).year)),
    "Q": (4, _quarter),
    "q": (4, _quarter),
    "M": (5, _month),
    "L": (5, _month),
    "w": (2, _number(_week)),
    "E": (5, _weekday),
    "a": (1, lambda moment, _count: "AM" if moment.hour < 12 else "PM"),
    "d": (2, _number(lambda moment: moment.day)),
    "D": (3, _number(lambda moment: moment.timetuple().tm_yday)),
    "H": (2, _number(lambda moment: moment.hour)),
    "k": (2, _number(lambda moment: moment.hour or 24)),
    "K": (2, _number(lambda moment: moment.hour % 12)),
    "h": (2, _number(lambda moment: moment.hour % 12 or 12)),
    "m": (2, _number(lambda moment: moment.minute)),
    "s": (2, _number(lambda moment: moment.second)),
    "S": (9, _fraction),
    "n": (19, _number(lambda moment: moment.microsecond * 1000)),
    "A": (19, _number(_milliseconds_of_day)),
    "N": (19, _number(lambda moment: _milliseconds_of_day(moment) * 1_000_000 + moment.microsecond % 1000 * 1000)),
    "X": (5, _iso_offset("Z")),
    "x": (5, _iso_offset("")),
    "Z": (5, _rfc_offset),
    "V": (2, _zone_id),
    "z": (4, _zone_name),
}
