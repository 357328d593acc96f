"""The date patterns of partition projection: Java's, of which it reads texts as well as printing them."""

from __future__ import annotations

from datetime import UTC, datetime

from trino_on_duckdb.date_patterns import check_pattern, expression, format_time, java_pieces

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
        check_pattern(pattern)
        self._expression, self._fields = expression(java_pieces(pattern), self._field)
        if not self._fields:
            raise ValueError(f"{pattern!r} is not a date pattern")

    @property
    def natural_unit(self) -> str | None:
        """``DAYS`` or ``MONTHS`` when that is the finest field of the pattern, as then no interval unit is needed."""
        return _NATURAL_UNITS.get(max(self._fields, key=_ORDER.index))

    def format(self, moment: datetime) -> str:
        """``moment`` as the pattern writes it."""
        return format_time(self.pattern, moment)

    def parse(self, text: str) -> datetime:
        """The moment that ``text`` names; a missing field has its first value. ValueError if it does not fit."""
        match = self._expression.fullmatch(text)
        read = [(field, int(value)) for field, value in zip(self._fields, match.groups(), strict=True)] if match else []
        found = dict(read)
        if match is None or any(found[field] != value for field, value in read):
            raise ValueError(f"{text!r} does not fit {self.pattern!r}")
        found.pop("fraction", None)
        if 0 <= found.get("year", 1970) < 100:
            found["year"] += 2000
        return datetime(**{"year": 1970, "month": 1, "day": 1, **found}, tzinfo=UTC)

    def _field(self, letters: str) -> tuple[str, str]:
        kind = _FIELDS.get(letters[0])
        if kind is None or (kind == "month" and len(letters) > 2):
            raise ValueError(f"{self.pattern!r}: the local stage does not know the pattern letters {letters!r}")
        return kind, rf"\d{{{len(letters)}}}" if len(letters) > 1 else r"\d+"
