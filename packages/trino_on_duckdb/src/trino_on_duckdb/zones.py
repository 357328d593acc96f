"""Time zones, which a query names as constants."""

from __future__ import annotations

import re

from trino_on_duckdb.errors import QueryError

_UTC = frozenset({"utc", "z", "ut", "uct", "gmt", "gmt0", "greenwich", "universal", "zulu", "etc/utc", "etc/gmt"})
"""Names that Trino takes for UTC (TimeZoneKey)."""
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?")
MAX_OFFSET_MINUTES = 14 * 60


def zone_named(name: str) -> str:
    """The zone's name as Trino shows it; QueryError when there is none."""
    if name.lower() in _UTC:
        return "UTC"
    offset = _OFFSET.fullmatch(name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes > MAX_OFFSET_MINUTES:
            raise QueryError("INVALID_FUNCTION_ARGUMENT", f"Invalid offset minutes: {minutes}")
        return f"{offset[1]}{offset[2]}:{offset[3] or '00'}" if minutes else "UTC"
    import pytz

    known = {zone.lower(): zone for zone in pytz.all_timezones_set if "/" in zone}
    if name.lower() not in known:
        raise QueryError("INVALID_FUNCTION_ARGUMENT", f"'{name}' is not a valid time zone")
    return known[name.lower()]


def to_local(sql: str, zone: str) -> str:
    """The wall clock in ``zone`` at a UTC instant."""
    if zone == "UTC":
        return sql
    if _OFFSET.fullmatch(zone):
        return f"({sql} + {_interval(zone)})"
    return f"timezone('{zone}', CAST({sql} AS TIMESTAMPTZ))"


def from_local(sql: str, zone: str) -> str:
    """The UTC instant at which the wall clock in ``zone`` shows this."""
    if zone == "UTC":
        return sql
    if _OFFSET.fullmatch(zone):
        return f"({sql} - {_interval(zone)})"
    return f"CAST(timezone('{zone}', {sql}) AS TIMESTAMP)"


def _interval(zone: str) -> str:
    match = _OFFSET.fullmatch(zone)
    assert match, zone  # noqa: S101
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return f"to_minutes({-minutes if match[1] == '-' else minutes})"
