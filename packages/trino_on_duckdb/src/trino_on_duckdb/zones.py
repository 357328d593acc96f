"""The names of time zones."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

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


def is_offset(zone: str) -> bool:
    """Whether the zone is an offset, ±hh:mm."""
    return _OFFSET.fullmatch(zone) is not None


def offset_minutes(zone: str) -> int:
    """The minutes of an offset, ±hh:mm."""
    match = _OFFSET.fullmatch(zone)
    assert match, zone  # noqa: S101
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return -minutes if match[1] == "-" else minutes


def local_time(moment: datetime, zone: str) -> datetime:
    """The wall clock in ``zone`` at ``moment``, a naive UTC time."""
    if zone == "UTC":
        return moment
    if is_offset(zone):
        return moment + timedelta(minutes=offset_minutes(zone))
    import pytz

    return pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).replace(tzinfo=None)
