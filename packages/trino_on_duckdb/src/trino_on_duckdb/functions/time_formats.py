"""Formats of dates and times: MySQL's in date_format and date_parse, Joda's in format_datetime and parse_datetime.

Formatting is DuckDB's strftime with each specifier translated; parsing is ``runtime.time_formats``.
"""

from __future__ import annotations

from collections.abc import Callable

from trino_on_duckdb import types
from trino_on_duckdb.date_patterns import PatternError, joda_pieces
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Overload, Writer, literal_text, one
from trino_on_duckdb.functions.time_fields import local_text
from trino_on_duckdb.runtime.time_formats import joda_reader, mysql_reader
from trino_on_duckdb.values import Value, made_of, once, quoted
from trino_on_duckdb.zones import zone_named

MYSQL = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
"""Trino's date_format specifiers in strftime's; it refuses %D %U %u %V %w %X, and takes any other letter as itself."""

MYSQL_REFUSED = "DUuVwX"

JODA = {
    "yyyy": "%Y", "YYYY": "%Y", "yy": "%y", "xxxx": "%G", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m",
    "dd": "%d", "d": "%-d", "DDD": "%j", "EEEE": "%A", "EEE": "%a", "EE": "%a", "E": "%a", "HH": "%H", "H": "%-H",
    "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "SSS": "%g", "SSSSSS": "%f", "a": "%p",
    "ww": "%V", "e": "%u",
}  # fmt: skip
"""Joda's pattern letters in strftime's."""


def mysql_to_strftime(pattern: str) -> str:
    """A date_format pattern in strftime's letters."""
    found: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character != "%":
            found.append(character)
            continue
        letter = next(characters, "")
        if letter and letter in MYSQL_REFUSED:
            raise QueryError("INVALID_FUNCTION_ARGUMENT", f"%{letter} not supported in date format string")
        found.append(MYSQL.get(letter, letter))
    return "".join(found)


def joda_to_strftime(pattern: str) -> str:
    """A format_datetime pattern in strftime's letters."""
    found: list[str] = []
    try:
        pieces = joda_pieces(pattern)
    except PatternError as error:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", str(error)) from error
    for text, letters in pieces:
        if letters and text not in JODA:
            raise QueryError("NOT_SUPPORTED", f"format_datetime: '{text}' is not supported by the local Athena")
        found.append(JODA[text] if letters else text.replace("%", "%%"))
    return "".join(found)


def _date_format(found: Fit) -> str:
    pattern = mysql_to_strftime(literal_text(found.values[1], "format", "date_format"))
    return f"strftime({local_text(found.values[0])}, {quoted(pattern)})"


def _format_datetime(found: Fit) -> str:
    pattern = joda_to_strftime(literal_text(found.values[1], "format", "format_datetime"))
    return f"strftime({local_text(found.values[0])}, {quoted(pattern)})"


DATE_FORMAT = [
    Overload("timestamp, varchar -> varchar", _date_format),
    Overload("timestamp with time zone, varchar -> varchar", _date_format),
]
FORMAT_DATETIME = [
    Overload("timestamp, varchar -> varchar", _format_datetime),
    Overload("timestamp with time zone, varchar -> varchar", _format_datetime),
]


def _parse(name: str, reader: Callable[[str], object]) -> Writer:
    def write(found: Fit) -> str:
        reader(literal_text(found.values[1], "format", name))  # what it does not read is refused before any row
        return f"CAST(athena_{name}({found.values[0].sql}, {found.values[1].sql}) AS TIMESTAMP)"

    return write


DATE_PARSE = one("varchar, varchar -> timestamp", _parse("date_parse", mysql_reader))


def _parse_datetime(found: Fit) -> Value:
    """In the zone of the text's offset, which is known of a literal; others carry it."""
    reader, fields = joda_reader(literal_text(found.values[1], "format", "parse_datetime"))
    read = f"athena_parse_datetime({found.values[0].sql}, {found.values[1].sql})"
    text = found.values[0].literal
    if "offset" not in fields:
        return made_of(f"athena_read_instant({read})", types.timestamp_of(3, "UTC"), found.values)
    if isinstance(text, str) and (match := reader.fullmatch(text)) is not None:
        zone = zone_named(match[fields.index("offset") + 1])
        return made_of(f"athena_read_instant({read})", types.timestamp_of(3, zone), found.values)
    return made_of(read_zoned(read), types.timestamp_of(3, types.FROM_VALUE), found.values)


def read_zoned(read: str) -> str:
    """What a function of ``runtime.time_formats`` read, as a value that carries its zone."""
    return once(read, lambda text: f"athena_read_zoned({text})")


PARSE_DATETIME = one("varchar, varchar -> timestamp with time zone", _parse_datetime)
