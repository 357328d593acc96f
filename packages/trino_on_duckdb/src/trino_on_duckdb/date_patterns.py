"""Date patterns of letters, those of Java's DateTimeFormatter and those of Joda: taken apart, printed and read.

Amazon Data Firehose's ``!{timestamp:…}`` and Athena's partition projection have Java's patterns, Trino's
format_datetime and parse_datetime Joda's. Both write fields as runs of one letter and text in single quotes. Letters,
counts and quoting of the first follow java.time.format.DateTimeFormatterBuilder.appendPattern, texts and weeks
Locale.US (a week starts on Sunday, week 1 holds 1 January); quoting of the second org.joda.time.format.DateTimeFormat.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_PIECE = r"(?P<letters>([A-Za-z])\2*)|%s'(?P<quoted>(?:[^']|'')*)'|[^A-Za-z']+"
_JAVA, _JODA = re.compile(_PIECE % ""), re.compile(_PIECE % "''|")
"""To Joda two quotes are one quote wherever they are; to Java they also begin a text, if more follow."""
_RESERVED = re.compile(r"[\[\]{}#]")
_SAMPLE = datetime(2018, 8, 27, 10, 30, tzinfo=UTC)


class PatternError(ValueError):
    """The pattern is not one that can be read or printed; the message says why."""


class Piece(NamedTuple):
    """A run of one letter (``yyyy``), or text that stands for itself, without its quotes."""

    text: str
    letters: bool


def java_pieces(pattern: str) -> list[Piece]:
    """A DateTimeFormatter's pattern; PatternError for a quoted text without an end or a reserved character."""
    found = list(_pieces(pattern, _JAVA))
    for piece, quoted in found:
        reserved = None if quoted else _RESERVED.search(piece.text)
        if reserved:
            raise PatternError(
                f"the character {reserved[0]!r} is reserved in a timestamp pattern; put it in single quotes"
            )
    return [piece for piece, _ in found]


def joda_pieces(pattern: str) -> list[Piece]:
    """A pattern of Joda's DateTimeFormat; PatternError for a quoted text without an end."""
    return [piece for piece, _ in _pieces(pattern, _JODA)]


def expression(
    pieces: Iterable[Piece], field_of: Callable[[str], tuple[str, str]], flags: int = re.ASCII
) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """The expression of the texts that a pattern reads, and the field of each of its groups.

    ``field_of(letters)`` gives a field's name and expression, and raises for letters that it does not know.
    """
    parts: list[str] = []
    fields: list[str] = []
    for piece in pieces:
        if piece.letters:
            field, text = field_of(piece.text)
            parts.append(f"({text})")
            fields.append(field)
        else:
            parts.append(re.escape(piece.text))
    return re.compile("".join(parts), flags), tuple(fields)


def check_pattern(pattern: str) -> None:
    """Raise PatternError unless ``format_time`` can print every part of ``pattern``."""
    format_time(pattern, _SAMPLE)


def format_time(pattern: str, moment: datetime) -> str:
    """Print an aware ``moment`` by a pattern of Java's, in the zone that ``moment`` carries."""
    return "".join(_field(text[0], len(text), moment) if letters else text for text, letters in java_pieces(pattern))


def _pieces(pattern: str, language: re.Pattern[str]) -> Iterator[tuple[Piece, bool]]:
    """Each piece, and whether it was in quotes."""
    position = 0
    while position < len(pattern):
        match = language.match(pattern, position)
        if match is None:
            raise PatternError(
                f"{pattern!r} is not a date pattern: the quoted text starting at character {position + 1} has no "
                "closing quote"
            )
        if match["letters"]:
            yield Piece(match[0], letters=True), False
        elif match[0].startswith("'"):
            yield Piece((match["quoted"] or "'").replace("''", "'"), letters=False), True
        else:
            yield Piece(match[0], letters=False), False
        position = match.end()


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
    return _text(MONTHS[moment.month - 1], count)


def _weekday(moment: datetime, count: int) -> str:
    return _text(DAYS[moment.weekday()], max(count, 3))


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
