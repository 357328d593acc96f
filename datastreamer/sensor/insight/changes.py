"""What people change in a fleet from day to day: none of it is a fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from datastreamer.events.fleet.payloads import DeviceMoved, DeviceRemoved, FirmwareChanged, LinkChanged
from datastreamer.sensor.insight.installation import REGISTRY, Installation, Said

Change = Callable[[Installation, int, set[int], np.random.Generator], list[Said]]


def changed(fleet: Installation, number: int, dead: set[int], random: np.random.Generator) -> list[Said]:
    """Change something about the device at position ``number``, which has no trouble; ``dead`` are gateways whose
    uplink is. Returns what is to be said of it; nothing where there is nothing to change."""
    kind = CHANGES[int(random.integers(len(CHANGES)))]
    return kind(fleet, number, dead, random)


def _another_gateway(fleet: Installation, number: int, dead: set[int], random: np.random.Generator) -> list[Said]:
    """It roams to a gateway of its site."""
    at = fleet.positions[number]
    choice = [each for each in fleet.gateways_of(at.site) if each not in dead and each != at.gateway]
    if not choice:
        return []
    at.gateway = choice[int(random.integers(len(choice)))]
    gateway = fleet.gateways[at.gateway].name
    rssi = -float(random.integers(45, 95))
    return [Said(fleet.sites[at.site], gateway, LinkChanged(at.device, gateway, rssi))]


def _another_site(fleet: Installation, number: int, dead: set[int], random: np.random.Generator) -> list[Said]:
    """It is carried to another site; one that others need stays."""
    at = fleet.positions[number]
    site = int(random.integers(len(fleet.sites)))
    choice = [each for each in fleet.gateways_of(site) if each not in dead]
    if site == at.site or not choice or fleet.needed_by(number):
        return []
    had = bool(at.needs)
    fleet.move(number, site, choice[int(random.integers(len(choice)))])
    fleet.choose_needs(number, random)
    moved = Said(fleet.sites[site], REGISTRY, DeviceMoved(at.device, fleet.gateways[at.gateway].name))
    return [moved, *([fleet.dependencies(number)] if had or at.needs else [])]


def _replacement(fleet: Installation, number: int, _dead: set[int], _random: np.random.Generator) -> list[Said]:
    """Another device takes its place, and what needed it needs that one."""
    at = fleet.positions[number]
    gone = Said(fleet.sites[at.site], REGISTRY, DeviceRemoved(at.device))
    at.device, at.firmware = fleet.new_device(), fleet.newest_firmware(at.model)
    needs = [fleet.dependencies(number)] if at.needs else []
    return [gone, fleet.registration(number), *needs, *(fleet.dependencies(each) for each in fleet.needed_by(number))]


def _other_needs(fleet: Installation, number: int, _dead: set[int], random: np.random.Generator) -> list[Said]:
    """It is connected to other devices than before."""
    at = fleet.positions[number]
    before = at.needs
    fleet.choose_needs(number, random)
    return [fleet.dependencies(number)] if at.needs != before else []


def _update(fleet: Installation, number: int, _dead: set[int], _random: np.random.Generator) -> list[Said]:
    """It gets the newest firmware of its model, or a new one where it has that."""
    at = fleet.positions[number]
    newest = fleet.newest_firmware(at.model)
    at.firmware = fleet.release(at.model) if at.firmware == newest else newest
    return [Said(fleet.sites[at.site], REGISTRY, FirmwareChanged(at.device, at.firmware))]


CHANGES: Final[tuple[Change, ...]] = (_another_gateway, _another_site, _replacement, _other_needs, _update)
