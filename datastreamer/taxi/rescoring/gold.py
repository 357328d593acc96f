"""Predictions as they lie in gold: which of them are wanted, and their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from datastreamer.aws.athena import run_query
from datastreamer.taxi import prediction
from datastreamer.taxi.names import Names
from datastreamer.taxi.prediction import LATEST_VIEW, Kind

_READERS: Final[Mapping[Kind, Callable[[str], Any]]] = {
    Kind.KEYWORD: str,
    Kind.TIME: str,
    Kind.NUMBER: float,
    Kind.WHOLE: int,
    Kind.SMALL: int,
    Kind.BOOLEAN: lambda text: text == "true",
}
FIELDS: Final = {field.name: _READERS[field.kind] for field in prediction.FIELDS}
"""The fields of a prediction in their order, each with what reads it from Athena's text."""


@dataclass(frozen=True)
class Wanted:
    """Trips that ended on the days ``first`` to ``last`` (UTC), the latest prediction being of one of ``versions``."""

    first: date
    last: date
    versions: tuple[str, ...]

    @property
    def condition(self) -> str:
        """As a WHERE has it."""
        versions = ", ".join(f"'{version.replace(chr(39), chr(39) * 2)}'" for version in self.versions)
        return f"event_date BETWEEN '{self.first}' AND '{self.last}' AND model_version IN ({versions})"


def count(athena: Any, names: Names, wanted: Wanted) -> dict[str, int]:
    """Trips by version; a version without any is not in it."""
    sql = f"SELECT model_version, COUNT(*) FROM {LATEST_VIEW} WHERE {wanted.condition} GROUP BY model_version"  # noqa: S608
    return {str(version): int(trips or 0) for version, trips in _ask(athena, names, sql)}


def predictions(athena: Any, names: Names, wanted: Wanted) -> list[dict[str, Any]]:
    """The latest prediction of each trip, fields in order; None where there is none."""
    sql = f"SELECT {', '.join(FIELDS)} FROM {LATEST_VIEW} WHERE {wanted.condition} ORDER BY event_time"  # noqa: S608  our own
    return [_read(row) for row in _ask(athena, names, sql)]


def _read(row: Sequence[str | None]) -> dict[str, Any]:
    return {name: None if cell is None else read(cell) for (name, read), cell in zip(FIELDS.items(), row, strict=True)}


def _ask(athena: Any, names: Names, sql: str) -> list[list[str | None]]:
    return run_query(athena, sql, workgroup=names.workgroup, database=names.database).rows
