"""Instants and wall clocks in DuckDB's SQL: of timestamps whose type has a zone, and of those that carry their own."""

from __future__ import annotations

from collections.abc import Callable

from trino_on_duckdb.types import FROM_VALUE, Type, timestamp_of
from trino_on_duckdb.values import Value, once, quoted
from trino_on_duckdb.zones import is_offset, offset_minutes


def zoned(instant: str, zone: str) -> str:
    """A value that carries its zone, of the texts of both; NULL where the instant is."""
    return once(instant, lambda t: f"CASE WHEN {t} IS NOT NULL THEN struct_pack(t := {t}, z := {zone}) END")


def with_zone(sql: str, type_: Type) -> str:
    """A date or timestamp, with its type's zone or UTC, as a value that carries it."""
    if type_.zone == FROM_VALUE:
        return sql
    return zoned(f"CAST({sql} AS TIMESTAMP)", quoted(type_.zone or "UTC"))


def instant(sql: str, type_: Type) -> str:
    """The UTC TIMESTAMP of a timestamp, whatever holds it."""
    return f"struct_extract({sql}, 't')" if type_.zone == FROM_VALUE else sql


def by_instant(value: Value) -> Value:
    """A timestamp with time zone as an instant in UTC, which is all that comparisons look at; else the value."""
    if value.type.kind != "timestamp with time zone":
        return value
    return value.retyped(instant(value.sql, value.type), timestamp_of(value.type.size or 0, "UTC"))


def wall_clock(sql: str, type_: Type) -> str:
    """What the clock shows: of a date or timestamp itself, or in its zone where it has one."""
    if type_.zone == FROM_VALUE:
        return once(sql, lambda value: f"athena_local({value})")
    return to_local(sql, type_.zone) if type_.zone else sql


def in_zone(sql: str, type_: Type, change: Callable[[str], str]) -> str:
    """A timestamp changed by its wall clock, in its zone where it has one."""
    if type_.zone == FROM_VALUE:
        return once(
            sql,
            lambda value: zoned(
                f"athena_from_local({change(f'athena_local({value})')}, struct_extract({value}, 'z'))",
                f"struct_extract({value}, 'z')",
            ),
        )
    if not type_.zone:
        return change(sql)
    return from_local(change(to_local(sql, type_.zone)), type_.zone)


def by_clock(sql: str, type_: Type, change: Callable[[str], str]) -> str:
    """A timestamp changed by its instant, in the zone that it had."""
    if type_.zone != FROM_VALUE:
        return change(sql)
    return once(sql, lambda value: zoned(change(f"struct_extract({value}, 't')"), f"struct_extract({value}, 'z')"))


def to_local(sql: str, zone: str) -> str:
    """The wall clock in ``zone`` at a UTC instant."""
    if zone == "UTC":
        return sql
    if is_offset(zone):
        return f"({sql} + {_interval(zone)})"
    return f"timezone('{zone}', CAST({sql} AS TIMESTAMPTZ))"


def from_local(sql: str, zone: str) -> str:
    """The UTC instant at which the wall clock in ``zone`` shows this."""
    if zone == "UTC":
        return sql
    if is_offset(zone):
        return f"({sql} - {_interval(zone)})"
    return f"CAST(timezone('{zone}', {sql}) AS TIMESTAMP)"


def _interval(zone: str) -> str:
    return f"to_minutes({offset_minutes(zone)})"
