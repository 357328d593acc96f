"""The installed base: which devices stand where, behind which gateway, and what they need to do their work.

A position is a place in a plant that some device fills; the device there can be replaced. Water is pumped to chillers,
chillers cool fans' air: a position needs positions of the layer below at its own site, so that nothing depends on
itself, however far round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from datastreamer.events.fleet.payloads import (
    DependsOn,
    DeviceRegistered,
    GatewayRegistered,
    Payload,
    SiteRegistered,
)

REGISTRY: Final = "registry"
"""The source of what is installed."""

_CITIES: Final = (
    *("tokyo", "nagoya", "sapporo", "kobe", "kyoto", "sendai", "fukuoka", "niigata", "osaka", "kanazawa", "yokohama"),
)
"""In an order in which their hashes, as keys of records, take turns on two and on four shards."""
_DEVICES_A_GATEWAY: Final = 20
_MOST_HOPS: Final = 3
_MOST_NEEDS: Final = 2


class Model(NamedTuple):
    """``share`` of the fleet, the ``sensors`` of a device, and what one measures when all is well.

    ``temperature`` deg C (all are near enough to each other that a fault stands out), ``vibration`` mm/s, ``power`` W.
    ``layer``: what it needs is of the layer below; None: it needs nothing, and nothing needs it.
    """

    name: str
    layer: int | None
    share: float
    sensors: tuple[str, ...]
    temperature: float
    vibration: float = 0.0
    power: float = 0.0


MODELS: Final = (
    Model("pump-p200", 0, 0.2, ("temperature", "vibration", "power", "rssi"), 34.0, 2.2, 1_500.0),
    Model("chiller-c80", 1, 0.2, ("temperature", "vibration", "power", "rssi"), 32.0, 1.4, 9_000.0),
    Model("fan-f40", 2, 0.35, ("temperature", "humidity", "vibration", "power", "rssi"), 31.0, 1.1, 400.0),
    Model("probe-t5", None, 0.25, ("temperature", "humidity", "battery", "rssi"), 29.0),
)


class Said(NamedTuple):
    """What is to be sent as an event: by whom, of which site."""

    site: str
    source: str
    payload: Payload


@dataclass
class Gateway:
    """``site`` and ``uplink`` are indices of sites and gateways; no uplink: it reaches the world itself."""

    name: str
    site: int
    uplink: int | None = None


@dataclass
class Position:
    """``model``, ``site`` and ``gateway`` are indices; ``needs`` are the positions that it depends on."""

    model: int
    site: int
    gateway: int
    device: str
    firmware: str
    needs: list[int] = field(default_factory=list)


class Installation:
    """The fleet as it is now. ``random`` draws how it begins."""

    def __init__(self, sites: int, devices: int, random: np.random.Generator) -> None:
        self.sites = [*_CITIES[:sites], *(f"site-{number + 1:03d}" for number in range(len(_CITIES), sites))]
        self.gateways: list[Gateway] = []
        self._gateways_of: dict[int, list[int]] = {}
        self._releases = [0] * len(MODELS)
        per_site = max(2, -(-devices // (sites * _DEVICES_A_GATEWAY)))
        for site, name in enumerate(self.sites):
            self._add_gateways(site, name, per_site, random)
        shares = np.array([model.share for model in MODELS])
        models = random.choice(len(MODELS), devices, p=shares / shares.sum()).tolist()
        self._named = 0
        self.positions = [self._filled(model, number % sites, random) for number, model in enumerate(models)]
        self._layers: dict[tuple[int, int | None], list[int]] = {}
        self._needed_by: list[set[int]] = [set() for _ in range(devices)]
        for number, position in enumerate(self.positions):
            self._layers.setdefault((position.site, MODELS[position.model].layer), []).append(number)
        for number in range(devices):
            self.choose_needs(number, random)

    def _add_gateways(self, site: int, name: str, count: int, random: np.random.Generator) -> None:
        first, hops = len(self.gateways), [0]
        self._gateways_of[site] = list(range(first, first + count))
        for number in range(count):
            gateway = Gateway(f"{name}-g{number + 1:02d}", site)
            if number:
                near = [each for each in range(number) if hops[each] < _MOST_HOPS]
                uplink = near[int(random.integers(len(near)))]
                hops.append(hops[uplink] + 1)
                gateway.uplink = first + uplink
            self.gateways.append(gateway)

    def _filled(self, model: int, site: int, random: np.random.Generator) -> Position:
        choice = self.gateways_of(site)
        gateway = choice[int(random.integers(len(choice)))]
        return Position(model, site, gateway, self.new_device(), self.newest_firmware(model))

    def new_device(self) -> str:
        """An id that no device had before."""
        self._named += 1
        return f"d-{self._named:05d}"

    def newest_firmware(self, model: int) -> str:
        """The last firmware that was released for the model."""
        return f"{MODELS[model].name}-1.{self._releases[model]}"

    def release(self, model: int) -> str:
        """A new firmware for the model."""
        self._releases[model] += 1
        return self.newest_firmware(model)

    def gateways_of(self, site: int) -> list[int]:
        """The site's gateways."""
        return self._gateways_of[site]

    def behind(self, gateway: int) -> set[int]:
        """The gateway and those that reach the world through it."""
        found = {gateway}
        for number in range(gateway + 1, len(self.gateways)):  # an uplink comes before what uses it
            if self.gateways[number].uplink in found:
                found.add(number)
        return found

    def choose_needs(self, number: int, random: np.random.Generator) -> None:
        """Let a position depend on some of the layer below, at the same site; on none where there are none."""
        mine = self.positions[number]
        layer = MODELS[mine.model].layer
        below = self._layers.get((mine.site, layer - 1), []) if layer else []
        count = min(len(below), int(random.integers(1, _MOST_NEEDS + 1)))
        for other in mine.needs:
            self._needed_by[other].discard(number)
        mine.needs = sorted({below[each] for each in random.integers(len(below), size=count).tolist()}) if count else []
        for other in mine.needs:
            self._needed_by[other].add(number)

    def move(self, number: int, site: int, gateway: int) -> None:
        """Put a device that no other needs behind a gateway of another site, where it needs nothing yet."""
        mine = self.positions[number]
        layer = MODELS[mine.model].layer
        self._layers[mine.site, layer].remove(number)
        mine.site, mine.gateway = site, gateway
        self._layers.setdefault((site, layer), []).append(number)

    def needed_by(self, number: int) -> list[int]:
        """The positions that depend on this one directly."""
        return sorted(self._needed_by[number])

    def dependents(self, number: int) -> list[int]:
        """The positions that depend on this one, however far round."""
        found: set[int] = set()
        reached = {number}
        while reached:
            reached = {other for each in reached for other in self._needed_by[each]} - found
            found |= reached
        return sorted(found)

    def registration(self, number: int) -> Said:
        """The device at a position is installed."""
        at = self.positions[number]
        model = MODELS[at.model]
        gateway = self.gateways[at.gateway].name
        return Said(
            self.sites[at.site],
            REGISTRY,
            DeviceRegistered(at.device, model.name, at.firmware, gateway, model.sensors),
        )

    def dependencies(self, number: int) -> Said:
        """All that the device at a position depends on."""
        at = self.positions[number]
        needs = tuple(self.positions[other].device for other in at.needs)
        return Said(self.sites[at.site], REGISTRY, DependsOn(at.device, needs))

    def opening(self) -> Iterator[Said]:
        """All of it is registered: sites first, then gateways, devices, and what they depend on."""
        for name in self.sites:
            yield Said(name, REGISTRY, SiteRegistered(name.title()))
        for gateway in self.gateways:
            uplink = None if gateway.uplink is None else self.gateways[gateway.uplink].name
            yield Said(self.sites[gateway.site], REGISTRY, GatewayRegistered(gateway.name, uplink))
        for number in range(len(self.positions)):
            yield self.registration(number)
        for number, position in enumerate(self.positions):
            if position.needs:
                yield self.dependencies(number)
