"""When and where incidents strike: so many at a time, their kinds in turn, each at a place that has no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from datastreamer.sensor.insight.incidents import BadFirmware, DeadBattery, DeadUplink, Effects, Incident, WornBearing
from datastreamer.sensor.insight.installation import MODELS, Installation, Said

_QUIET_ROUNDS: Final = (3, 11)
_LASTING_ROUNDS: Final = (15, 41)
_SEEN_AFTER: Final = 0.6
"""The part of an incident after which somebody sees it."""
_TRIES: Final = 40
"""Places that are looked at before an incident of a kind is given up for now."""


class Note(NamedTuple):
    """A moment that no event tells of: an incident ``began``, or it is over."""

    incident: Incident
    began: bool


@dataclass
class _Seat:
    """One of the incidents that go on at a time, or the quiet between two: ``left`` rounds of it."""

    left: int
    incident: Incident | None = None
    seen: bool = False


class Troubles:
    """All that goes wrong in a fleet; ``random`` draws it."""

    def __init__(self, fleet: Installation, seats: int, random: np.random.Generator) -> None:
        self._fleet = fleet
        self._random = random
        self._seats = [_Seat(self._drawn(_QUIET_ROUNDS)) for _ in range(seats)]
        self._begun = 0
        self._turn = 0

    @property
    def under_way(self) -> list[Incident]:
        """The incidents that go on."""
        return [seat.incident for seat in self._seats if seat.incident]

    @property
    def involved(self) -> set[int]:
        """Positions that people should leave alone."""
        return {number for incident in self.under_way for number in incident.involved}

    @property
    def dead(self) -> set[int]:
        """Gateways that reach nothing."""
        return {number for incident in self.under_way if isinstance(incident, DeadUplink) for number in incident.dead}

    def round(self) -> Iterator[Said | Note]:
        """What is said in the next round, and what is not."""
        for seat in self._seats:
            seat.left -= 1
            if seat.incident is None and seat.left <= 0:
                yield from self._begin(seat)
            elif seat.incident is not None:
                yield from self._go_on(seat, seat.incident)

    def effects(self) -> Effects:
        """What they do to this round's measurements."""
        effects = Effects.none(len(self._fleet.positions))
        for seat in self._seats:
            if seat.incident:
                seat.incident.applies(effects, 1.0 - seat.left / seat.incident.lasts)
        return effects

    def _begin(self, seat: _Seat) -> Iterator[Said | Note]:
        lasts = self._drawn(_LASTING_ROUNDS)
        for _ in _KINDS:
            draw = _KINDS[self._turn % len(_KINDS)]
            self._turn += 1
            incident = draw(self._fleet, self, self._begun + 1, lasts, self._random)
            if incident:
                self._begun += 1
                seat.incident, seat.left, seat.seen = incident, lasts, False
                yield Note(incident, began=True)
                yield from incident.begins()
                return
        seat.left = self._drawn(_QUIET_ROUNDS)

    def _go_on(self, seat: _Seat, incident: Incident) -> Iterator[Said | Note]:
        if not seat.seen and seat.left <= incident.lasts * (1.0 - _SEEN_AFTER):
            seat.seen = True
            yield from incident.is_seen()
        if seat.left <= 0:
            yield from incident.ends()
            yield Note(incident, began=False)
            seat.incident, seat.left = None, self._drawn(_QUIET_ROUNDS)

    def _drawn(self, span: tuple[int, int]) -> int:
        return int(self._random.integers(*span))


def _exclusive(troubles: Troubles) -> set[int]:
    """Positions of incidents that two at a time would confuse: silence hides others and adds nothing."""
    apart = (incident for incident in troubles.under_way if not isinstance(incident, DeadUplink))
    return {number for incident in apart for number in incident.troubled}


def _dead_uplink(
    fleet: Installation, troubles: Troubles, number: int, lasts: int, random: np.random.Generator
) -> Incident | None:
    """A gateway with devices behind it that reaches the world through another: not a whole site."""
    for gateway in random.integers(len(fleet.gateways), size=_TRIES).tolist():
        if fleet.gateways[gateway].uplink is None or fleet.behind(gateway) & troubles.dead:
            continue
        behind = fleet.behind(gateway)
        silenced = [place for place, at in enumerate(fleet.positions) if at.gateway in behind]
        if len(silenced) > 1:
            return DeadUplink(fleet, number, lasts, gateway, silenced)
    return None


def _bad_firmware(
    fleet: Installation, troubles: Troubles, number: int, lasts: int, random: np.random.Generator
) -> Incident | None:
    """All devices of a model that nothing else troubles."""
    model = int(random.integers(len(MODELS)))
    others = _exclusive(troubles)
    same = [place for place, at in enumerate(fleet.positions) if at.model == model and place not in others]
    return BadFirmware(fleet, number, lasts, model, same) if len(same) > 1 else None


def _worn_bearing(
    fleet: Installation, troubles: Troubles, number: int, lasts: int, random: np.random.Generator
) -> Incident | None:
    """A device that turns, and that others need if one is found."""
    others = _exclusive(troubles)
    places = [
        place
        for place in random.integers(len(fleet.positions), size=_TRIES).tolist()
        if place not in others and "vibration" in MODELS[fleet.positions[place].model].sensors
    ]
    place = next((place for place in places if fleet.needed_by(place)), next(iter(places), None))
    return None if place is None else WornBearing(fleet, number, lasts, place)


def _dead_battery(
    fleet: Installation, troubles: Troubles, number: int, lasts: int, random: np.random.Generator
) -> Incident | None:
    """A device that has a battery."""
    others = _exclusive(troubles)
    for place in random.integers(len(fleet.positions), size=_TRIES).tolist():
        if place not in others and "battery" in MODELS[fleet.positions[place].model].sensors:
            return DeadBattery(fleet, number, lasts, place)
    return None


_KINDS: Final[tuple[Callable[[Installation, Troubles, int, int, np.random.Generator], Incident | None], ...]] = (
    _dead_uplink,
    _bad_firmware,
    _worn_bearing,
    _dead_battery,
)
