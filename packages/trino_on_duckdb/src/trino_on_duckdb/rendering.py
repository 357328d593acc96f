"""Values as Athena writes them in GetQueryResults and in its CSV files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from trino_on_duckdb.runtime.numbers import java_double, java_float
from trino_on_duckdb.types import Type
from trino_on_duckdb.zones import local_time

SHOWN_FRACTION = 3
"""Athena shows at least milliseconds of a timestamp."""


def render(value: Any, type_: Type) -> str | None:
    """See ``dialect.render``."""
    return None if value is None else _text(value, type_)


def _text(value: Any, type_: Type) -> str:
    writer = _WRITERS.get(type_.kind)
    return str(value) if writer is None else writer(value, type_)


def _inside(value: Any, type_: Type) -> str:
    return "null" if value is None else _text(value, type_)


def _timestamp(value: Any, type_: Type) -> str:
    if isinstance(value, str):  # of another zone than UTC: written by the query itself
        return value
    zone = type_.zone
    if isinstance(value, dict):  # it carries its zone
        zone = str(value["z"])
        value = local_time(value["t"], zone)
    assert isinstance(value, datetime)  # noqa: S101
    text = value.isoformat(sep=" ", timespec="microseconds")[: 20 + max(type_.size or 0, SHOWN_FRACTION)]
    return f"{text} {zone}" if zone else text


def _time(value: time, type_: Type) -> str:
    return value.isoformat(timespec="microseconds")[: 9 + max(type_.size or 0, SHOWN_FRACTION)]


def _array(value: list[Any], type_: Type) -> str:
    return "[" + ", ".join(_inside(item, type_.items[0]) for item in value) + "]"


def _map(value: dict[Any, Any], type_: Type) -> str:
    key, item = type_.items
    return "{" + ", ".join(f"{_inside(k, key)}={_inside(v, item)}" for k, v in _entries(value)) + "}"


def _entries(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """A map's entries; DuckDB gives keys that Python cannot hash as two lists."""
    if set(value) == {"key", "value"} and isinstance(value["key"], list) and isinstance(value["value"], list):
        return list(zip(value["key"], value["value"], strict=True))
    return list(value.items())


def _row(value: dict[str, Any], type_: Type) -> str:
    parts = zip(type_.fields, type_.items, value.values(), strict=True)
    return "{" + ", ".join(f"{n or f'field{i}'}={_inside(v, t)}" for i, (n, t, v) in enumerate(parts)) + "}"


def _interval_day(value: int, _: Type) -> str:
    sign, rest = ("-" if value < 0 else ""), abs(value)
    seconds, milliseconds = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{sign}{days} {hour:02}:{minute:02}:{second:02}.{milliseconds:03}"


def _interval_year(value: int, _: Type) -> str:
    years, months = divmod(abs(value), 12)
    return f"{'-' if value < 0 else ''}{years}-{months}"


_WRITERS: dict[str, Callable[[Any, Type], str]] = {
    "boolean": lambda value, _: "true" if value else "false",
    "real": lambda value, _: java_float(value),
    "double": lambda value, _: java_double(value),
    "decimal": lambda value, _: f"{value:f}",
    "varbinary": lambda value, _: bytes(value).hex(" "),
    "timestamp": _timestamp,
    "timestamp with time zone": _timestamp,
    "time": _time,
    "array": _array,
    "map": _map,
    "row": _row,
    "interval day to second": _interval_day,
    "interval year to month": _interval_year,
}
