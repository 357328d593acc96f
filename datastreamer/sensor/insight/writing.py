"""What is to be said, as lines: ids, versions and times, and a short way for metrics, of which there are most."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import NamedTuple

from datastreamer.events.digest import id_hash
from datastreamer.events.fleet.event import Event, encode_event
from datastreamer.sensor.insight.installation import MODELS, Installation, Said


class Line(NamedTuple):
    """A line with its newline, of ``site``; what it is known by, its mark, and the event where it says a fact."""

    site: str
    data: bytes
    hash: int
    mark: str = ""
    event: Event | None = None


class LineWriter:
    """Writes the events of ``fleet``; ``tag`` begins every event id. Versions are microseconds since 1970, and more
    where the clock did not move on: they grow from line to line."""

    def __init__(self, fleet: Installation, tag: str) -> None:
        self._fleet = fleet
        self._tag = tag
        self._events = 0
        self._version = 0
        self._second = -1
        self._prefix = ""

    def said(self, said: Said, time_ms: int) -> Line:
        """A fact, at so many milliseconds since 1970."""
        event_id, version = self._next(time_ms)
        moment = datetime.fromtimestamp(time_ms // 1000, UTC).replace(microsecond=time_ms % 1000 * 1000)
        event = Event(event_id, moment, said.site, said.source, version, said.payload)
        return Line(said.site, encode_event(event) + b"\n", id_hash(event_id.encode()), event=event)

    def measured(self, position: int, measures: str, time_ms: int) -> Line:
        """A metric, as ``encode_event`` would write it; ``measures`` without braces."""
        event_id, version = self._next(time_ms)
        fleet = self._fleet
        at = fleet.positions[position]
        site, gateway = fleet.sites[at.site], fleet.gateways[at.gateway].name
        line = (
            f'{{"event_id":"{event_id}","event_type":"metric","occurred_at":"{self.stamp(time_ms)}",'
            f'"site_id":"{site}","source":"{gateway}","version":{version},"payload":{{"device_id":"{at.device}",'
            f'"gateway_id":"{gateway}","model":"{MODELS[at.model].name}","measures":{{{measures}}}}}}}\n'
        )
        return Line(site, line.encode(), id_hash(event_id.encode()))

    def stamp(self, time_ms: int) -> str:
        """A time as events have it."""
        second, rest = divmod(time_ms, 1000)
        if second != self._second:
            self._second = second
            self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
        return f"{self._prefix}{rest:03d}Z"

    def _next(self, time_ms: int) -> tuple[str, int]:
        self._events += 1
        self._version = max(self._version + 1, time_ms * 1000)
        return f"{self._tag}-{self._events:010d}", self._version
