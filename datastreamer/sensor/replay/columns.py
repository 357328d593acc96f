"""Which column holds what: named on the command line by 1-based number or by header name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from datastreamer.errors import UsageError


def resolve(columns: Mapping[str, str | None], header: Sequence[str] | None, width: int) -> dict[str, int]:
    """The 0-based column of each field of ``columns`` (option name to what the user gave; None is left out).

    ``header`` is the file's first row, or None when it has none; ``width`` is the number of columns of that row.
    A whole number is a column's number even if a header has that name. Raises UsageError for a column that does not
    exist, naming the nearest header.
    """
    return {name: _resolve(name, given, header, width) for name, given in columns.items() if given is not None}


def _resolve(option: str, given: str, header: Sequence[str] | None, width: int) -> int:
    if given.isascii() and given.isdigit():
        number = int(given)
        if not 1 <= number <= width:
            raise UsageError(f"--{option} {given}: the file has columns 1 to {width}")
        return number - 1
    if header is None:
        raise UsageError(f"--{option} {given!r}: without a header, give the column's number, counted from 1")
    found = [place for place, name in enumerate(header) if name == given]
    if len(found) > 1:
        raise UsageError(f"--{option} {given!r}: {len(found)} columns have that name; give the column's number")
    if not found:
        near = difflib.get_close_matches(given, header, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"--{option} {given!r}: there is no such column.{hint} The header has: {', '.join(header)}")
    return found[0]
