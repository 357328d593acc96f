"""Months: TLC publishes a file for each, and the lake's tables have a partition for each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from datastreamer.errors import UsageError

_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
_PARTITION: Final = re.compile(r"year=(20\d\d)/month=(0[1-9]|1[0-2])/", re.ASCII)


@dataclass(frozen=True, order=True)
class Month:
    """``month`` is 1 to 12; as text ``2025-01``."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Raises UsageError unless ``text`` is a month of this century, ``yyyy-mm``."""
        match = _MONTH.fullmatch(text)
        if match is None:
            raise UsageError(f"expected a month such as 2025-01, found {text!r}")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of_partition(cls, path: str) -> Month | None:
        """The month of a path that begins with ``year=2025/month=01/``; None when it does not."""
        match = _PARTITION.match(path)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"

    @property
    def partition(self) -> str:
        """``year=2025/month=01/``, the folder of the month below a table."""
        return f"year={self.year}/month={self.month:02d}/"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def next(self) -> Month:
        """The month after it."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def days(self) -> list[date]:
        """Its days, in order."""
        return [self.first + timedelta(days=number) for number in range((self.next.first - self.first).days)]


def months_from(first: Month, count: int) -> Iterator[Month]:
    """``count`` months from ``first`` on."""
    for _ in range(count):
        yield first
        first = first.next
