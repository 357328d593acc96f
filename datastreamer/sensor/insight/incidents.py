"""What goes wrong, why, and how it is repaired: four kinds of incidents.

An incident has a cause (a vertex of the graph) and devices that it troubles. No event says that it began: that is for
the readers of the stream to find out. Work on devices is ordered and done by events; a gateway comes back by itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from datastreamer.events.fleet.facts import Label, vertex_id
from datastreamer.events.fleet.payloads import FirmwareChanged, MaintenanceClosed, MaintenanceOpened
from datastreamer.sensor.insight.installation import REGISTRY, Installation, Said

MAINTENANCE: Final = "maintenance"
"""The source of orders for work."""

Floats = NDArray[np.float64]


@dataclass
class Effects:
    """What incidents do to what is measured at each position: ``hotter`` by deg C, ``shaking`` more by mm/s, taking so
    many times the ``power``, with a ``battery`` of so many percent at most, or ``silent``."""

    hotter: Floats
    shaking: Floats
    power: Floats
    battery: Floats
    silent: NDArray[np.bool_]

    @classmethod
    def none(cls, positions: int) -> Effects:
        """All is well."""
        calm, full = np.zeros(positions), np.full(positions, 100.0)
        return cls(calm, calm.copy(), np.ones(positions), full, np.zeros(positions, np.bool_))


class Incident(ABC):
    """One of a ``fleet``, the ``number``-th of the run; ``cause`` is the id of a vertex.

    ``troubled`` are the positions whose own measurements suffer or stop, ``dependents`` those that suffer because they
    depend on them. ``lasts``: rounds.
    """

    kind: ClassVar[str]

    def __init__(
        self,
        fleet: Installation,
        *,
        number: int,
        lasts: int,
        cause: str,
        troubled: Sequence[int],
        dependents: Sequence[int] = (),
    ) -> None:
        self._fleet = fleet
        self._number = number
        self.lasts = lasts
        self.cause = cause
        self.troubled = list(troubled)
        self.dependents = list(dependents)
        self.orders: list[str] = []
        self.troubled_devices, self.dependent_devices = (
            [vertex_id(Label.DEVICE, fleet.positions[place].device) for place in places]
            for places in (self.troubled, self.dependents)
        )

    @property
    def name(self) -> str:
        """Its id in the truth."""
        return f"i-{self._number:03d}"

    @property
    def involved(self) -> set[int]:
        """Positions that people should leave alone meanwhile: they would change the truth."""
        return {*self.troubled, *self.dependents}

    @abstractmethod
    def applies(self, effects: Effects, progress: float) -> None:
        """Add to ``effects`` what it does, ``progress`` from 0 to 1 of the way."""

    def begins(self) -> Iterator[Said]:
        """What is said at its beginning, innocently."""
        yield from ()

    def is_seen(self) -> Iterator[Said]:
        """What is said when somebody has seen it."""
        yield from ()

    def ends(self) -> Iterator[Said]:
        """What is said when all is well again."""
        yield from ()


class Repaired(Incident):
    """An incident that ends with work on each troubled device."""

    reason: ClassVar[str]
    outcome: ClassVar[str]

    def is_seen(self) -> Iterator[Said]:
        for number in self.troubled:
            at = self._fleet.positions[number]
            order = f"m-{self._number:03d}-{at.device}"
            self.orders.append(order)
            yield Said(self._fleet.sites[at.site], MAINTENANCE, MaintenanceOpened(order, at.device, self.reason))

    def ends(self) -> Iterator[Said]:
        for number, order in zip(self.troubled, self.orders, strict=True):
            at = self._fleet.positions[number]
            yield Said(self._fleet.sites[at.site], MAINTENANCE, MaintenanceClosed(order, at.device, self.outcome))


class DeadUplink(Incident):
    """All devices behind a gateway, and behind those that it serves, fall silent at once."""

    kind = "dead_uplink"

    def __init__(self, fleet: Installation, number: int, lasts: int, gateway: int, troubled: Sequence[int]) -> None:
        cause = vertex_id(Label.GATEWAY, fleet.gateways[gateway].name)
        super().__init__(fleet, number=number, lasts=lasts, cause=cause, troubled=troubled)
        self.dead = fleet.behind(gateway)

    def applies(self, effects: Effects, progress: float) -> None:  # noqa: ARG002  it is dead or it is not
        effects.silent[self.troubled] = True


class BadFirmware(Repaired):
    """All devices of a model get a firmware that makes them hot and power-hungry, until they get a better one."""

    kind = "bad_firmware"
    reason = "hot since its update"
    outcome = "firmware replaced"

    def __init__(self, fleet: Installation, number: int, lasts: int, model: int, troubled: Sequence[int]) -> None:
        self._model = model
        self._firmware = fleet.release(model)
        cause = vertex_id(Label.FIRMWARE, self._firmware)
        super().__init__(fleet, number=number, lasts=lasts, cause=cause, troubled=troubled)

    def begins(self) -> Iterator[Said]:
        yield from self._updated(self._firmware)

    def applies(self, effects: Effects, progress: float) -> None:
        effects.hotter[self.troubled] += 12.0 * min(1.0, 0.4 + progress)
        effects.power[self.troubled] *= 1.3

    def ends(self) -> Iterator[Said]:
        yield from self._updated(self._fleet.release(self._model))
        yield from super().ends()

    def _updated(self, firmware: str) -> Iterator[Said]:
        for number in self.troubled:
            at = self._fleet.positions[number]
            at.firmware = firmware
            yield Said(self._fleet.sites[at.site], REGISTRY, FirmwareChanged(at.device, firmware))


class _OfADevice(Repaired):
    def __init__(self, fleet: Installation, number: int, lasts: int, position: int) -> None:
        cause = vertex_id(Label.DEVICE, fleet.positions[position].device)
        dependents = fleet.dependents(position)
        super().__init__(fleet, number=number, lasts=lasts, cause=cause, troubled=[position], dependents=dependents)


class WornBearing(_OfADevice):
    """A device shakes more and more, and what depends on it gets hot, until its bearing is replaced."""

    kind = "worn_bearing"
    reason = "vibration rises"
    outcome = "bearing replaced"

    def applies(self, effects: Effects, progress: float) -> None:
        effects.shaking[self.troubled] += 2.0 + 8.0 * progress
        effects.hotter[self.troubled] += 5.0 * progress
        effects.hotter[self.dependents] += 6.0 * progress


class DeadBattery(_OfADevice):
    """A device's battery runs down within a few rounds, and it falls silent until somebody replaces it."""

    kind = "dead_battery"
    reason = "silent"
    outcome = "battery replaced"

    def applies(self, effects: Effects, progress: float) -> None:
        effects.battery[self.troubled] = max(0.0, 4.0 - 20.0 * progress)
        effects.silent[self.troubled] |= progress > 0.2
