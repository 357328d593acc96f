"""Which column holds what: named on the command line by 1-based number or by header name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from datastreamer.errors import UsageError
from datastreamer.sensor.replay.guesses import Guesses
from datastreamer.sensor.replay.numbers import TemperatureUnit

_REMARK: Final = re.compile(r"\s*[(\[,/].*", re.DOTALL)
"""What a header says behind a column's name, its unit most often: ``Temp (°C)``, ``Temp, °C``, ``Temp / °C``."""
_TEMPERATURE_UNIT: Final = re.compile(
    r"(?:[\s_(\[,/]+(?:deg(?:rees?)?[\s_.]*)?[°º]?\s*|[°º]\s*)(c|f|k|celsius|fahrenheit|kelvin)(?=$|[\s_)\],/])",
    re.IGNORECASE,
)


def resolve(
    columns: Mapping[str, str | None], header: Sequence[str] | None, width: int, guesses: Guesses
) -> dict[str, int]:
    """The 0-based column of each field of ``columns`` (option name to what the user gave; None is left out).

    ``header`` is the file's first row, or None when it has none; ``width`` is the number of columns of that row.
    A whole number is a column's number even if a header has that name. A name may lack what the header adds to it (a
    unit) and differ in case if only one column fits; ``guesses`` says so. Raises UsageError for a column that does not
    exist, naming the nearest header.
    """
    return {name: _resolve(name, given, header, width, guesses) for name, given in columns.items() if given is not None}


def temperature_unit(given: TemperatureUnit | None, header: str) -> TemperatureUnit:
    """The unit of the temperature column: ``given``, or Celsius.

    Raises UsageError when none was given and ``header``, the column's, names another than Celsius.
    """
    if given is not None:
        return given
    found = _TEMPERATURE_UNIT.search(header)
    if found and found[1][0].lower() != TemperatureUnit.C:
        unit = TemperatureUnit(found[1][0].lower())
        raise UsageError(f"the column {header!r} seems to be in {unit.upper()}: say --temperature-unit {unit}, or c")
    return TemperatureUnit.C


def _resolve(option: str, given: str, header: Sequence[str] | None, width: int, guesses: Guesses) -> int:
    if given.isascii() and given.isdigit():
        number = int(given)
        if not 1 <= number <= width:
            raise UsageError(f"--{option} {given}: the file has columns 1 to {width}")
        return number - 1
    if header is None:
        raise UsageError(f"--{option} {given!r}: without a header, give the column's number, counted from 1")
    found = [place for place, name in enumerate(header) if name == given]
    if not found:
        found = [place for place, name in enumerate(header) if _bare(name) == _bare(given)]
        if len(found) == 1:
            guesses.add(f"column {header[found[0]]!r} was taken for --{option} {given}")
    if len(found) > 1:
        raise UsageError(f"--{option} {given!r}: {len(found)} columns have that name; give the column's number")
    if not found:
        near = difflib.get_close_matches(given, header, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"--{option} {given!r}: there is no such column.{hint} The header has: {', '.join(header)}")
    return found[0]


def _bare(name: str) -> str:
    """``name`` without its remark, in small letters; as it is when it is nothing but a remark."""
    return (_REMARK.sub("", name) or name).casefold()
