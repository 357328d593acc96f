"""A moment as people write it: ISO-8601, or how long ago (``15m``, ``2h``, ``1d``)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from datastreamer.errors import UsageError

_AGO = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_since(text: str, now: datetime) -> datetime:
    """The moment in UTC; without a time zone it is taken as UTC. Raises UsageError when it is neither form."""
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago:
            return now.astimezone(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text!r} is no moment. Give ISO-8601 (2026-01-31T12:00:00Z) or how long ago (15m, 2h, 1d)"
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
