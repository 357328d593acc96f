"""Which of the timed things are due, once each, whatever the stage lives through.

How far each one has been handled is durable and is written before it fires: a restart never fires twice. What came due
while the stage was down is not made up for, as AWS, which is never down, has nothing to make up for either.

Nor are AWS's clocks ever set; a laptop's are. Where the clock is behind what has been handled, a moment that was fired
is not fired again, unless the clock is behind by the thing's own interval or by three hours: then it goes on from the
present. A daily one does not fire twice on a day of which an hour comes twice; one of every five minutes does not wait
out the hour; and three hours are a correction, by which all is timed at once (as for cron(8) of Debian).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aws_stage.kernel.schedule_expression import next_fire, parse
from aws_stage.storage.store import Store

logger = logging.getLogger("aws_stage.scheduler")

PRECISION = timedelta(seconds=60)
"""AWS fires within this time of the moment that is due; what is later than that is missed."""

CORRECTION = timedelta(hours=3)
"""A clock that is set back by this much was wrong before."""

_KIND = "handled"
_JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True)
class Timed:
    """One thing with a schedule: ``key`` names it, ``created`` tells it from an earlier one of that name."""

    key: str
    expression: str
    time_zone: str = "UTC"
    enabled: bool = True
    created: str = ""
    start: datetime | None = None
    end: datetime | None = None

    @property
    def timing(self) -> list[str]:
        """What a change of means that the schedule is another one."""
        return [self.expression, self.time_zone, str(self.start)]


@dataclass(frozen=True)
class Due:
    """A thing and the moment at which it was due."""

    timed: Timed
    moment: datetime


class Timetable:
    """Call ``due`` again and again; it keeps its place in ``store``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places: dict[str, dict[str, Any]] = dict(store.items(_KIND))
        self._next: dict[str, tuple[str, datetime | None]] = {}

    def due(self, items: Sequence[Timed], now: datetime) -> tuple[list[Due], list[Timed]]:
        """What is due at ``now``, and what will never be due again. Things that are not in ``items`` are forgotten."""
        for key in self._places.keys() - {item.key for item in items}:
            self._store.delete(_KIND, key)
            del self._places[key]
            self._next.pop(key, None)
        found: list[Due] = []
        completed: list[Timed] = []
        for item in items:
            place = self._caught_up(item, self._place(item, now), now)
            if not item.enabled:
                continue
            while (moment := self._upcoming(item, place)) is not None and moment <= now:
                if moment < now - PRECISION:
                    logger.warning("%s was due at %s, while the stage was not running: missed", item.key, moment)
                    place = self._keep(item, place | {"until": (now - PRECISION - _JUST_BEFORE).isoformat()})
                    continue
                place = self._keep(item, place | {"until": moment.isoformat(), "fired": moment.isoformat()})
                found.append(Due(item, moment))
            if moment is None:
                completed.append(item)
        return found, completed

    def _place(self, item: Timed, now: datetime) -> dict[str, Any]:
        """How far the thing is. A new one starts now, so that a rate without a start date is due at once, as on AWS.

        One whose timing changed, or that was switched on, goes on from now.
        """
        known = self._places.get(item.key)
        marks = {"created": item.created, "timing": item.timing, "enabled": item.enabled}
        if known is not None and marks.items() <= known.items():
            return known
        start = item.start or now
        if known is None or known["created"] != item.created:
            until = now - _JUST_BEFORE
            return self._keep(item, marks | {"anchor": start.isoformat(), "until": until.isoformat()})
        anchor = known["anchor"] if known["timing"] == item.timing else start.isoformat()
        return self._keep(item, marks | {"anchor": anchor, "until": now.isoformat()})

    def _caught_up(self, item: Timed, place: dict[str, Any], now: datetime) -> dict[str, Any]:
        """How far the thing is when the clock may have been set back behind that."""
        until = datetime.fromisoformat(place["until"])
        if until <= now:
            return place
        fired = place.get("fired")
        if fired is not None and datetime.fromisoformat(fired) > now:
            following = self._upcoming(item, place)
            if following is None or until - now < min(following - until, CORRECTION):
                return place
        logger.warning("%s was handled until %s, and it is %s: the clock was set back", item.key, until, now)
        anchor, every = datetime.fromisoformat(place["anchor"]), parse(item.expression).every
        if every is not None and anchor > now and item.start is None:
            anchor += every * ((now - anchor) // every)
        return self._keep(item, place | {"until": (now - _JUST_BEFORE).isoformat(), "anchor": anchor.isoformat()})

    def _keep(self, item: Timed, place: dict[str, Any]) -> dict[str, Any]:
        self._store.put(_KIND, item.key, place)
        self._places[item.key] = place
        return place

    def _upcoming(self, item: Timed, place: dict[str, Any]) -> datetime | None:
        """The first moment that has not been handled, within the thing's start and end."""
        until = place["until"]
        cached = self._next.get(item.key)
        if cached is None or cached[0] != until:
            after = datetime.fromisoformat(until)
            if item.start is not None:
                after = max(after, item.start - _JUST_BEFORE)
            anchor = datetime.fromisoformat(place["anchor"])
            cached = (until, next_fire(item.expression, after, item.time_zone, anchor))
            self._next[item.key] = cached
        moment = cached[1]
        return None if moment is None or (item.end is not None and moment > item.end) else moment
