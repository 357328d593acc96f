"""Dates and times: arithmetic by units, epochs, zones, ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Callable

from trino_on_duckdb import types
from trino_on_duckdb.casts import cast
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions import time_formats
from trino_on_duckdb.functions.signatures import Fit
from trino_on_duckdb.functions.tables import Overload, Table, literal_text, matching, one, overloads
from trino_on_duckdb.functions.time_fields import local_text
from trino_on_duckdb.types import Type
from trino_on_duckdb.values import Value, cast_to, failure, made_of, once_each, quoted
from trino_on_duckdb.wall_clocks import by_clock, from_local, in_zone, instant, zoned
from trino_on_duckdb.zones import zone_named

CLOCK_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
"""Units that are a fixed number of milliseconds whatever the zone."""
DATE_UNITS = {"day": "to_days({0})", "week": "to_days(7 * {0})", "month": "to_months({0})",
              "quarter": "to_months(3 * {0})", "year": "to_months(12 * {0})"}  # fmt: skip
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


def _unit(value: Value, type_: Type, name: str) -> str:
    unit = literal_text(value, "unit", name).lower()
    allowed = {*DATE_UNITS} if type_.kind == "date" else {*DATE_UNITS, *CLOCK_UNITS}
    if unit not in allowed:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid {type_.kind} field")
    return unit


def _date_trunc(found: Fit) -> Value:
    moment = found.values[1]
    unit = _unit(found.values[0], moment.type, "date_trunc")
    if moment.type.kind == "date":
        sql = f"CAST(date_trunc('{unit}', {moment.sql}) AS DATE)"
    elif unit in CLOCK_UNITS and not _has_odd_offset(moment.type):
        sql = f"date_trunc('{unit}', {moment.sql})"
    else:
        sql = in_zone(moment.sql, moment.type, lambda local: f"date_trunc('{unit}', {local})")
    return made_of(sql, moment.type, [moment])


def _has_odd_offset(type_: Type) -> bool:
    """Whether hours may start within a UTC hour in the type's zone (India, Nepal, …)."""
    return type_.zone not in (None, "UTC")


def _date_add(found: Fit) -> Value:
    _, count, moment = found.values
    unit = _unit(found.values[0], moment.type, "date_add")
    number = cast_to(count.sql, types.INTEGER)
    if moment.type.kind == "date":
        sql = f"CAST({moment.sql} + {DATE_UNITS[unit].format(number)} AS DATE)"
    elif unit in CLOCK_UNITS:
        later = f"to_milliseconds({count.sql} * {CLOCK_UNITS[unit]})"
        sql = by_clock(moment.sql, moment.type, lambda t: f"({t} + {later})")
    else:
        sql = in_zone(moment.sql, moment.type, lambda local: f"({local} + {DATE_UNITS[unit].format(number)})")
    return made_of(sql, moment.type, [count, moment])


def _date_diff(found: Fit) -> Value:
    _, start, end = found.values
    unit = _unit(found.values[0], start.type, "date_diff")
    if unit in CLOCK_UNITS:
        texts = [f"epoch_ms({instant(each.sql, each.type)})" for each in (end, start)]
        sql = f"(({' - '.join(texts)}) // {CLOCK_UNITS[unit]})"
    else:
        pair = [local_text(start), local_text(_in_zone_of(start, end))]
        if unit in _MONTHS:
            # made only of whole months, as Joda counts them: 31 January to 29 February is one
            sql = f"(date_sub('month', CAST({pair[0]} AS TIMESTAMP), CAST({pair[1]} AS TIMESTAMP)) // {_MONTHS[unit]})"
        elif start.type.kind == "date":
            sql = f"(({pair[1]} - {pair[0]}) // {_DAYS[unit]})"
        else:
            sql = f"((epoch_ms({pair[1]}) - epoch_ms({pair[0]})) // {_DAYS[unit] * 86_400_000})"
    return made_of(f"CAST({sql} AS BIGINT)", types.BIGINT, [start, end])


def _in_zone_of(start: Value, end: Value) -> Value:
    """The end in the zone of the start, whose calendar counts."""
    zone, moment = start.type.zone, instant(end.sql, end.type)
    if zone == types.FROM_VALUE:
        moment = zoned(moment, f"struct_extract({start.sql}, 'z')")
    return end.retyped(moment, Type(end.type.kind, end.type.size, zone=zone))


def _from_unixtime(found: Fit) -> Value:
    value, *zones = found.values
    zone = zone_named(literal_text(zones[0], "zone", "from_unixtime")) if zones else "UTC"
    sql = f"make_timestamp(CAST(floor({value.sql} * 1000 + 0.5) AS BIGINT) * 1000)"
    return made_of(sql, types.timestamp_of(3, zone), [value])


def _to_unixtime(found: Fit) -> str:
    value = found.values[0]
    moment = instant(value.sql, value.type)
    if (value.type.size or 0) <= 3:
        return f"(CAST(epoch_ms({moment}) AS DOUBLE) / 1000)"
    return f"(CAST(epoch_us({moment}) AS DOUBLE) / 1000000)"


def _at_timezone(found: Fit) -> Value:
    moment, zone = found.values
    name = zone_named(literal_text(zone, "zone", "at_timezone"))
    return moment.retyped(instant(moment.sql, moment.type), types.timestamp_of(moment.type.size or 0, name))


def _with_timezone(found: Fit) -> Value:
    moment, zone = found.values
    name = zone_named(literal_text(zone, "zone", "with_timezone"))
    return moment.retyped(from_local(moment.sql, name), types.timestamp_of(moment.type.size or 0, name))


_OFFSET_OF_TIME = re.compile(r"[^T]+T.+?([+-]\d{2}(?::?\d{2})?)", re.ASCII)
"""A time of ISO 8601 with its offset."""


def _from_iso8601_timestamp(found: Fit) -> Value:
    text = found.values[0]
    if isinstance(text.literal, str):  # the zone is known, so that it can be the type's
        offset = _OFFSET_OF_TIME.fullmatch(text.literal)
        zone = zone_named(offset[1]) if offset else "UTC"
        read = f"athena_read_instant(athena_iso8601_timestamp({text.sql}))"
        return Value(read, types.timestamp_of(3, zone), constant=True)
    # the shape that devices write goes fast; every other one, and every fault, is the slow reader's
    fast = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?Z?"
    sql = once_each(
        [text.sql],
        lambda name: (
            f"CASE WHEN regexp_full_match({name}, {quoted(fast)}) "
            f"THEN struct_pack(t := CAST(rtrim({name}, 'Z') AS TIMESTAMP), z := 'UTC') "
            f"ELSE {time_formats.read_zoned(f'athena_iso8601_timestamp({name})')} END"
        ),
    )
    return made_of(sql, types.timestamp_of(3, types.FROM_VALUE), [text])


def _iso8601_offset(value: str) -> str:
    zone = f"struct_extract({value}, 'z')"
    named = failure("NOT_SUPPORTED", f"'to_iso8601 in the zone ' || {zone} || ' is not supported here'", types.VARCHAR)
    return f"CASE WHEN {zone} = 'UTC' THEN 'Z' WHEN {zone}[1] IN ('+', '-') THEN {zone} ELSE {named} END"


def _to_iso8601(found: Fit) -> str:
    value = found.values[0]
    if value.type.kind == "date":
        return f"CAST({value.sql} AS VARCHAR)"
    if value.type.zone not in (None, "UTC", types.FROM_VALUE):
        raise QueryError("NOT_SUPPORTED", "to_iso8601 takes UTC timestamps only in the local Athena")
    digits = value.type.size or 0
    cut = f"left(strftime({local_text(value)}, '%Y-%m-%dT%H:%M:%S.%f'), {20 + digits if digits else 19})"
    if value.type.zone == types.FROM_VALUE:
        return f"({cut} || {once_each([value.sql], _iso8601_offset)})"
    return f"({cut} || 'Z')" if value.type.zone else cut


def _date(found: Fit) -> Value:
    return cast(found.values[0], types.DATE)


def _each_time(result: Callable[[str], str], how: Callable[[Fit], str | Value], rest: str = "") -> list[Overload]:
    """Overloads for date, timestamp and timestamp with time zone."""
    return [Overload(f"{rest}{kind} -> {result(kind)}", how) for kind in types.TIMES]


TIMES: Table = {
    "at_timezone": one("timestamp with time zone, varchar -> timestamp with time zone", _at_timezone),
    "current_timezone": one("-> varchar", "'UTC'"),
    "date": [*one("varchar -> date", _date), *_each_time(lambda _: "date", _date)],
    "date_add": _each_time(lambda kind: kind, _date_add, "varchar, bigint, "),
    "date_diff": [Overload(f"varchar, {kind}, {kind} -> bigint", _date_diff) for kind in types.TIMES],
    "date_format": time_formats.DATE_FORMAT,
    "date_parse": time_formats.DATE_PARSE,
    "date_trunc": _each_time(lambda kind: kind, _date_trunc, "varchar, "),
    "format_datetime": time_formats.FORMAT_DATETIME,
    "from_iso8601_date": one("varchar -> date", matching(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}", "CAST({0} AS DATE)", "NOT_SUPPORTED",
        "from_iso8601_date reads YYYY-MM-DD only in the local Athena, not ")),
    "from_iso8601_timestamp": one("varchar -> timestamp with time zone", _from_iso8601_timestamp),
    "from_unixtime": overloads(("double -> timestamp with time zone", _from_unixtime),
                               ("double, varchar -> timestamp with time zone", _from_unixtime)),
    "parse_datetime": time_formats.PARSE_DATETIME,
    "to_iso8601": _each_time(lambda _: "varchar", _to_iso8601),
    "to_milliseconds": one("interval day to second -> bigint", "{0}"),
    "to_unixtime": overloads(("timestamp -> double", _to_unixtime),
                             ("timestamp with time zone -> double", _to_unixtime)),
    "with_timezone": one("timestamp, varchar -> timestamp with time zone", _with_timezone),
}  # fmt: skip
