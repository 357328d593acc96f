"""Dates, times and intervals in ``+ - * /``."""

from __future__ import annotations

from trino_on_duckdb import types
from trino_on_duckdb.coercions import coerce, common
from trino_on_duckdb.types import INTERVAL_DAY, INTERVAL_YEAR
from trino_on_duckdb.values import Value, cast_to, failure, made_of, once
from trino_on_duckdb.wall_clocks import by_clock, by_instant, in_zone

DAY_MILLISECONDS = 86_400_000
_INTERVALS = (INTERVAL_DAY.kind, INTERVAL_YEAR.kind)


def time_arithmetic(operator: str, left: Value, right: Value) -> Value | None:
    """The result, or None where Trino has no such operator."""
    one, other = left.type.kind, right.type.kind
    if operator in ("+", "-") and one in types.TIMES and other in _INTERVALS:
        return moved(left, right, operator)
    if operator == "+" and one in _INTERVALS and other in types.TIMES:
        return moved(right, left, "+")
    if operator == "-" and one in types.TIMES and other in types.TIMES:
        return _difference(left, right)
    if one == other and one in _INTERVALS and operator in ("+", "-"):
        return made_of(f"({left.sql} {operator} {right.sql})", left.type, [left, right])
    if operator in ("*", "/") and one in _INTERVALS and other in types.NUMBERS:
        return _scaled(operator, left, right)
    if operator == "*" and one in types.NUMBERS and other in _INTERVALS:
        return _scaled(operator, right, left)
    return None


def _difference(left: Value, right: Value) -> Value | None:
    left, right = by_instant(left), by_instant(right)
    joined = common(left.type, right.type)
    assert joined is not None  # noqa: S101  any two of TIMES have a common type
    if joined.kind == "date":
        days = f"(CAST({left.sql} AS DATE) - CAST({right.sql} AS DATE))"
        return made_of(f"(CAST({days} AS BIGINT) * {DAY_MILLISECONDS})", INTERVAL_DAY, [left, right])
    one, other = coerce(left, joined).sql, coerce(right, joined).sql
    return made_of(f"(epoch_ms({one}) - epoch_ms({other}))", INTERVAL_DAY, [left, right])


def _scaled(operator: str, interval: Value, number: Value) -> Value:
    if number.type.kind in types.INTEGERS and operator == "*":
        sql = f"({interval.sql} * {number.sql})"
    else:
        scaled = f"(CAST({interval.sql} AS DOUBLE) {operator} CAST({number.sql} AS DOUBLE))"
        sql = f"trunc({scaled})"  # Java's cast from double to long
    return made_of(cast_to(sql, interval.type), interval.type, [interval, number])


def moved(moment: Value, interval: Value, operator: str) -> Value:
    """A date or timestamp an interval later (``+``) or earlier (``-``)."""
    type_ = moment.type
    if type_.kind == "date":
        return made_of(_moved_date(moment.sql, interval, operator), type_, [moment, interval])
    if interval.type == INTERVAL_DAY:
        sql = by_clock(moment.sql, type_, lambda instant: f"({instant} {operator} {as_duckdb_interval(interval)})")
        return made_of(sql, type_, [moment, interval])
    return made_of(
        in_zone(moment.sql, type_, lambda local: f"({local} {operator} {as_duckdb_interval(interval)})"),
        type_,
        [moment, interval],
    )


def as_duckdb_interval(interval: Value) -> str:
    """An interval as DuckDB's own type."""
    if interval.type == INTERVAL_DAY:
        return f"to_milliseconds({interval.sql})"
    return f"to_months({cast_to(interval.sql, types.INTEGER)})"


def _moved_date(date: str, interval: Value, operator: str) -> str:
    if interval.type == INTERVAL_YEAR:
        return f"CAST({date} {operator} {as_duckdb_interval(interval)} AS DATE)"
    part = failure("INVALID_FUNCTION_ARGUMENT", "'Cannot add hour, minutes or seconds to a date'", types.INTEGER)

    def days(length: str) -> str:
        whole = f"CAST({length} // {DAY_MILLISECONDS} AS INTEGER)"
        return f"CASE WHEN {length} % {DAY_MILLISECONDS} <> 0 THEN {part} ELSE {whole} END"

    return f"({date} {operator} {once(interval.sql, days)})"
