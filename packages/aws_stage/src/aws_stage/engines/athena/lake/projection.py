"""Partition projection: partitions computed from the table's properties instead of being registered.

The rules are those of docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trino_on_duckdb import QueryError

from aws_stage.engines.athena.lake.catalogue import Table
from aws_stage.engines.athena.lake.java_dates import DateFormat

MOST_VALUES = 1_000_000
"""More values than this of one key are refused: the plan would not fit in memory."""

_NOW = re.compile(
    r"\s*NOW\s*(?:(?P<sign>[+-])\s*(?P<count>\d+)\s*(?P<unit>YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?\s*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ProjectedValue:
    """One value of a key: ``text`` as it stands in locations, ``value`` as the column gives it."""

    text: str
    value: str


@dataclass(frozen=True)
class Injected:
    """The values of this key come from the query's equality conditions."""


Values = Sequence[ProjectedValue] | Injected


def is_projected(table: Table) -> bool:
    """Whether the table's partitions are projected."""
    return table.parameters.get("projection.enabled", "").strip().lower() == "true"


def projected_values(table: Table, now: datetime) -> dict[str, Values]:
    """The values of each partition key, in the keys' order; QueryError where the properties are wrong."""
    return {key.name: _KeyProjection(table, key.name, key.type, now).values() for key in table.partition_keys}


def projected_location(table: Table, values: Mapping[str, str]) -> str:
    """Where the partition of these texts lies: by the template, else in folders ``key=value`` of the table's own."""
    template = table.parameters.get("storage.location.template")
    if template:
        location = template
        for key, text in values.items():
            location = location.replace(f"${{{key}}}", text)
        if "${" in location:
            raise _wrong(table, f"storage.location.template {template!r} names a key that the table does not have")
        return location if location.endswith("/") else f"{location}/"
    folders = "".join(f"{key.name}={values[key.name]}/" for key in table.partition_keys)
    return f"{table.storage.location.rstrip('/')}/{folders}"


class _KeyProjection:
    """The properties of one partition key."""

    def __init__(self, table: Table, key: str, column_type: str, now: datetime) -> None:
        self._table = table
        self._key = key
        self._column_type = column_type
        self._now = now

    def values(self) -> Values:
        kinds: dict[str, Callable[[], Values]] = {
            "enum": self._enum,
            "integer": self._integer,
            "date": self._date,
            "injected": Injected,
        }
        kind = self._property("type")
        if kind.lower() not in kinds:
            raise self._wrong("type", f"{kind!r} is not enum, integer, date or injected")
        return kinds[kind.lower()]()

    def _enum(self) -> Values:
        return [ProjectedValue(text.strip(), text.strip()) for text in self._property("values").split(",")]

    def _integer(self) -> Values:
        low, high = self._range()
        step = self._positive("interval", 1)
        digits = self._positive("digits", 0)
        if not re.fullmatch(r"\s*-?\d+\s*", low) or not re.fullmatch(r"\s*-?\d+\s*", high):
            raise self._wrong("range", f"{low},{high} are not two whole numbers")
        numbers = range(int(low), int(high) + 1, step)
        self._bounded(len(numbers))
        as_number = self._column_type in ("tinyint", "smallint", "int", "integer", "bigint")
        texts = ((number, f"{number:0{digits + (number < 0)}d}" if digits else str(number)) for number in numbers)
        return [ProjectedValue(text, str(number) if as_number else text) for number, text in texts]

    def _date(self) -> Values:
        try:
            pattern = DateFormat(self._property("format"))
        except ValueError as error:
            raise self._wrong("format", str(error)) from error
        low, high = (self._moment(text, pattern) for text in self._range())
        unit = (self._optional("interval.unit") or pattern.natural_unit or "").upper().rstrip("S")
        if unit not in _STEPS:
            raise self._wrong("interval.unit", "it is needed unless the format ends in days or months")
        step = _STEPS[unit]
        count = self._positive("interval", 1)
        is_date = self._column_type == "date"
        return list(self._moments(low, high, lambda start, index: step(start, index * count), pattern, is_date))

    def _moments(
        self,
        low: datetime,
        high: datetime,
        nth: Callable[[datetime, int], datetime],
        pattern: DateFormat,
        is_date: bool,
    ) -> Iterator[ProjectedValue]:
        index, moment = 0, low
        while moment <= high:
            text = pattern.format(moment)
            yield ProjectedValue(text, moment.date().isoformat() if is_date else text)
            index += 1
            self._bounded(index)
            moment = nth(low, index)

    def _moment(self, text: str, pattern: DateFormat) -> datetime:
        match = _NOW.fullmatch(text)
        if match:
            now = pattern.parse(pattern.format(self._now))
            if match["unit"] is None:
                return now
            count = int(match["count"]) * (-1 if match["sign"] == "-" else 1)
            return pattern.parse(pattern.format(_STEPS[match["unit"].upper()](self._now, count)))
        try:
            return pattern.parse(text.strip())
        except ValueError as error:
            raise self._wrong("range", f"{text!r} does not fit the format {pattern.pattern!r}") from error

    def _range(self) -> tuple[str, str]:
        ends = self._property("range").split(",")
        if len(ends) != 2:
            raise self._wrong("range", "it must be two values with a comma between them")
        return ends[0], ends[1]

    def _positive(self, name: str, default: int) -> int:
        text = self._optional(name)
        if text is None:
            return default
        if not text.strip().isdecimal() or int(text) < 1:
            raise self._wrong(name, f"{text!r} is not a whole number above 0")
        return int(text)

    def _bounded(self, count: int) -> None:
        if count > MOST_VALUES:
            raise self._wrong("range", f"it has more than {MOST_VALUES} values")

    def _optional(self, name: str) -> str | None:
        return self._table.parameters.get(f"projection.{self._key}.{name}")

    def _property(self, name: str) -> str:
        text = self._optional(name)
        if text is None:
            raise self._wrong(name, "it is missing")
        return text

    def _wrong(self, name: str, why: str) -> QueryError:
        return _wrong(self._table, f"table property projection.{self._key}.{name}: {why}")


def _wrong(table: Table, why: str) -> QueryError:
    return QueryError("INVALID_TABLE_PROPERTY", f"Table {table.name.database}.{table.name.name}: {why}")


def _add_months(moment: datetime, months: int) -> datetime:
    month = moment.year * 12 + moment.month - 1 + months
    year, month = month // 12, month % 12 + 1
    first_of_next = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=moment.tzinfo)
    last_day = (first_of_next - timedelta(days=1)).day
    return moment.replace(year=year, month=month, day=min(moment.day, last_day))


_STEPS: dict[str, Callable[[datetime, int], datetime]] = {
    "YEAR": lambda moment, count: _add_months(moment, 12 * count),
    "MONTH": _add_months,
    "WEEK": lambda moment, count: moment + timedelta(weeks=count),
    "DAY": lambda moment, count: moment + timedelta(days=count),
    "HOUR": lambda moment, count: moment + timedelta(hours=count),
    "MINUTE": lambda moment, count: moment + timedelta(minutes=count),
    "SECOND": lambda moment, count: moment + timedelta(seconds=count),
}
