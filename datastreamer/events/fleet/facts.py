"""What an event says about the graph: facts, each of which replaces an older one of its kind and touches no other.

A fact belongs to a vertex (its owner, the entity that the event is about) and to one of the owner's facets. It says all
that there is to say of the facet: properties of the owner, and edges that begin there. So the newest fact of each facet
is the state, in whatever order facts come, and nobody has to read one entity to write about another. An edge is stated
by the events about its start alone: they make it, and they take it away.

A removal voids the facts of its owner that are older than itself, of all facets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from datastreamer.events.fleet.event import Event
from datastreamer.events.fleet.payloads import (
    DependsOn,
    DeviceMoved,
    DeviceRegistered,
    DeviceRemoved,
    FirmwareChanged,
    GatewayRegistered,
    LinkChanged,
    MaintenanceClosed,
    MaintenanceOpened,
    Metric,
    SiteRegistered,
)
from datastreamer.events.reading import format_timestamp

Value = str | float
Properties = Mapping[str, Value]
Order = tuple[int, str]
"""Version and event id; see ``Event.order``."""


class Label(StrEnum):
    """The kinds of vertices."""

    SITE = "Site"
    GATEWAY = "Gateway"
    DEVICE = "Device"
    SENSOR = "Sensor"
    MODEL = "Model"
    FIRMWARE = "Firmware"
    MAINTENANCE = "Maintenance"


class EdgeType(StrEnum):
    """The kinds of edges: what of what."""

    LOCATED_IN = "LOCATED_IN"
    """Gateway of a site."""
    UPLINK = "UPLINK"
    """Gateway that reaches the world through another."""
    CONNECTED_TO = "CONNECTED_TO"
    """Device behind a gateway, with ``rssi`` in dBm where it is known."""
    DEPENDS_ON = "DEPENDS_ON"
    """Device that cannot work without another."""
    OF_MODEL = "OF_MODEL"
    """Device of a model."""
    RUNS = "RUNS"
    """Device that runs a firmware."""
    HAS = "HAS"
    """Device with a sensor."""
    ON = "ON"
    """Maintenance of a device."""


class Facet(StrEnum):
    """What facts are about, of each owner."""

    LIFE = "life"
    PLACE = "place"
    LINK = "link"
    FIRMWARE = "firmware"
    DEPENDENCIES = "dependencies"
    OPENING = "opening"
    CLOSING = "closing"
    PROGRESS = "progress"
    REMOVAL = "removal"
    """Says nothing of its own: facts of the owner that are older are void."""


# ``state`` of what is registered: sites, gateways and devices.
REGISTERED: Final = "registered"
REMOVED: Final = "removed"
# ``state`` of maintenance.
OPEN: Final = "open"
CLOSED: Final = "closed"

_NONE: Final[Properties] = MappingProxyType({})
_LABELS: Final = {label.value.lower(): label for label in Label}
_OWNERS: Final = {
    "site_id": Label.SITE,
    "gateway_id": Label.GATEWAY,
    "device_id": Label.DEVICE,
    "maintenance_id": Label.MAINTENANCE,
}


class EdgeTo(NamedTuple):
    """An edge from a fact's owner to the vertex ``end``."""

    type: EdgeType
    end: str
    properties: Properties = _NONE


@dataclass(frozen=True)
class Fact:
    """One facet of ``owner`` (the id of its vertex), as an event of this ``order`` says it is."""

    owner: str
    facet: Facet
    order: Order
    properties: Properties
    edges: tuple[EdgeTo, ...]


def vertex_id(label: Label, *names: str) -> str:
    """The id of a vertex, ``device:d-1`` or ``sensor:d-1:power``: no two labels share one."""
    return ":".join((label.value.lower(), *names))


def edge_id(start: str, edge_type: EdgeType, end: str) -> str:
    """The id of an edge, ``device:d-1|CONNECTED_TO|gateway:g-2``: written twice, it is there once."""
    return f"{start}|{edge_type.value}|{end}"


def label_of(vertex: str) -> Label:
    """The label of the vertex with this id."""
    return _LABELS[vertex.partition(":")[0]]


def facts_of(event: Event) -> tuple[Fact, ...]:
    """What ``event`` says; nothing for a metric."""
    about, name = event.entity
    owner, when = vertex_id(_OWNERS[about], name), format_timestamp(event.occurred_at)

    def fact(facet: Facet, properties: Properties = _NONE, *edges: EdgeTo) -> Fact:
        return Fact(owner, facet, event.order, properties, edges)

    said: tuple[Fact, ...]
    placed = fact(Facet.PLACE, {"site_id": event.site_id})
    match event.payload:
        case SiteRegistered(name=called):
            said = (fact(Facet.LIFE, _registered(when, name=called)),)
        case GatewayRegistered(uplink_id=uplink):
            site = EdgeTo(EdgeType.LOCATED_IN, vertex_id(Label.SITE, event.site_id))
            uplinks = [EdgeTo(EdgeType.UPLINK, vertex_id(Label.GATEWAY, uplink))] if uplink else []
            said = (fact(Facet.LIFE, _registered(when), site, *uplinks), placed)
        case DeviceRegistered(model=model, firmware=firmware, gateway_id=gateway, sensors=sensors):
            of_model = EdgeTo(EdgeType.OF_MODEL, vertex_id(Label.MODEL, model))
            has = [EdgeTo(EdgeType.HAS, vertex_id(Label.SENSOR, name, sensor)) for sensor in sensors]
            life = fact(Facet.LIFE, _registered(when, model=model), of_model, *has)
            said = (life, placed, fact(Facet.LINK, _NONE, _link(gateway)), fact(Facet.FIRMWARE, _NONE, _runs(firmware)))
        case DeviceMoved(gateway_id=gateway):
            said = (placed, fact(Facet.LINK, _NONE, _link(gateway)))
        case LinkChanged(gateway_id=gateway, rssi=rssi):
            said = (fact(Facet.LINK, _NONE, _link(gateway, rssi)),)
        case FirmwareChanged(firmware=firmware):
            said = (fact(Facet.FIRMWARE, _NONE, _runs(firmware)),)
        case DependsOn(targets=targets):
            needs = [EdgeTo(EdgeType.DEPENDS_ON, vertex_id(Label.DEVICE, target)) for target in targets]
            said = (fact(Facet.DEPENDENCIES, _NONE, *needs),)
        case DeviceRemoved():
            said = (fact(Facet.REMOVAL), fact(Facet.LIFE, {"state": REMOVED, "removed_at": when}))
        case MaintenanceOpened(device_id=device, reason=reason):
            opening = fact(Facet.OPENING, {"opened_at": when, "reason": reason})
            said = (opening, fact(Facet.PROGRESS, {"state": OPEN}, _on(device)), placed)
        case MaintenanceClosed(device_id=device, outcome=outcome):
            closing = fact(Facet.CLOSING, {"closed_at": when, "outcome": outcome})
            said = (closing, fact(Facet.PROGRESS, {"state": CLOSED}, _on(device)), placed)
        case Metric():
            said = ()
    return said


def _registered(when: str, **more: Value) -> Properties:
    return {"state": REGISTERED, "registered_at": when, **more}


def _link(gateway: str, rssi: float | None = None) -> EdgeTo:
    properties = _NONE if rssi is None else {"rssi": rssi}
    return EdgeTo(EdgeType.CONNECTED_TO, vertex_id(Label.GATEWAY, gateway), properties)


def _runs(firmware: str) -> EdgeTo:
    return EdgeTo(EdgeType.RUNS, vertex_id(Label.FIRMWARE, firmware))


def _on(device: str) -> EdgeTo:
    return EdgeTo(EdgeType.ON, vertex_id(Label.DEVICE, device))
