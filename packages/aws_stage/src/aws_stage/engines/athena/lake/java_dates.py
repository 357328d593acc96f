"""Date patterns as Java's DateTimeFormatter writes them, for the letters that partition projection uses."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+", re.DOTALL)
_FIELDS = {
    "y": "year",
    "u": "year",
    "M": "month",
    "d": "day",
    "H": "hour",
    "m": "minute",
    "s": "second",
    "S": "fraction",
}
_NATURAL_UNITS = {"day": "DAYS", "month": "MONTHS"}
_ORDER = ("year", "month", "day", "hour", "minute", "second", "fraction")


class DateFormat:
    """A pattern such as ``yyyy/MM/dd/HH``; raises ValueError for one that it cannot read. All moments are UTC."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._parts: list[tuple[str, str]] = []
        expression = ""
        position = 0
        for match in _TOKEN.finditer(pattern):
            if match.start() != position:
                break
            position = match.end()
            text = match[0]
            if text.startswith("'"):
                literal = text[1:-1].replace("''", "'") or "'"
                self._parts.append(("literal", literal))
                expression += re.escape(literal)
            elif match[1]:
                expression += self._field(text)
            else:
                self._parts.append(("literal", text))
                expression += re.escape(text)
        if position != len(pattern) or not any(kind != "literal" for kind, _ in self._parts):
            raise ValueError(f"{pattern!r} is not a date pattern")
        self._expression = re.compile(expression)

    @property
    def natural_unit(self) -> str | None:
        """``DAYS`` or ``MONTHS`` when that is the finest field of the pattern, as then no interval unit is needed."""
        finest = max((_ORDER.index(kind) for kind, _ in self._parts if kind != "literal"))
        return _NATURAL_UNITS.get(_ORDER[finest])

    def format(self, moment: datetime) -> str:
        """``moment`` as the pattern writes it."""
        return "".join(text if kind == "literal" else _write(moment, kind, len(text)) for kind, text in self._parts)

    def parse(self, text: str) -> datetime:
        """The moment that ``text`` names; a missing field has its first value. ValueError if it does not fit."""
        match = self._expression.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} does not fit {self.pattern!r}")
        found = {kind: int(value) for kind, value in match.groupdict().items() if kind != "fraction"}
        if 0 <= found.get("year", 1970) < 100:
            found["year"] += 2000
        return datetime(**{"year": 1970, "month": 1, "day": 1, **found}, tzinfo=UTC)

    def _field(self, letters: str) -> str:
        kind = _FIELDS.get(letters[0])
        if kind is None or (kind == "month" and len(letters) > 2):
            raise ValueError(f"{self.pattern!r}: the local stage does not know the pattern letters {letters!r}")
        repeated = any(known == kind for known, _ in self._parts)
        self._parts.append((kind, letters))
        if repeated:
            return f"(?P={kind})"
        width = len(letters)
        return f"(?P<{kind}>\\d{{{width}}})" if width > 1 else f"(?P<{kind}>\\d+)"


def _write(moment: datetime, kind: str, width: int) -> str:
    if kind == "fraction":
        return f"{moment.microsecond:06d}"[:width].ljust(width, "0")
    value = getattr(moment, kind)
    return f"{value % 100:02d}" if kind == "year" and width == 2 else f"{value:0{width}d}"
