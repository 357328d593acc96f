"""The types of events and their fields: the one table of both. Readers, writers, docs and dirt take names from here.

An event is about one entity, the one whose id its type names in ``about``: its ``version`` counts among the events
about that entity. Times and places of a fleet are facts of devices and gateways; what was measured is ``Metric``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

from datastreamer.events.fleet.fields import Field, Kind, Rule, fields_of
from datastreamer.events.reading import PERCENT_RANGE, TEMPERATURE_RANGE_C

VIBRATION_RANGE_MM_S: Final = (0.0, 1_000.0)
"""Velocity, root mean square, 10 Hz to 1 kHz. ISO 20816-3 calls a large machine damaged above 11; no sensor measures
hundreds."""
POWER_RANGE_W: Final = (-1_000_000.0, 1_000_000.0)
"""Negative where a device feeds in. A megawatt is more than one metered device of a building takes."""
RSSI_RANGE_DBM: Final = (-160.0, 0.0)
"""The most sensitive receivers in use (LoRa) hear down to -148 dBm (Semtech SX1276, data sheet, table 10)."""


@dataclass(frozen=True)
class Measures:
    """What a device measured at one moment: at least one of them. The series of a device have these names."""

    temperature: Annotated[float | None, Rule(Kind.NUMBER, "Of the device", "deg C", TEMPERATURE_RANGE_C)] = None
    humidity: Annotated[float | None, Rule(Kind.NUMBER, "Relative, of the air around it", "%", PERCENT_RANGE)] = None
    vibration: Annotated[
        float | None, Rule(Kind.NUMBER, "Velocity, root mean square", "mm/s", VIBRATION_RANGE_MM_S)
    ] = None
    power: Annotated[float | None, Rule(Kind.NUMBER, "Taken on average since the last one", "W", POWER_RANGE_W)] = None
    battery: Annotated[float | None, Rule(Kind.NUMBER, "Charge", "%", PERCENT_RANGE)] = None
    rssi: Annotated[float | None, Rule(Kind.NUMBER, "Strength of the gateway's signal", "dBm", RSSI_RANGE_DBM)] = None


_DEVICE: Final = Rule(Kind.ID, "The device")
_GATEWAY_OF: Final = Rule(Kind.ID, "Gateway through which it is reached")


@dataclass(frozen=True)
class Metric:
    """What a device measured. It carries what it was then part of: a later move changes no measurement."""

    device_id: Annotated[str, _DEVICE]
    gateway_id: Annotated[str, Rule(Kind.ID, "Gateway that passed it on")]
    model: Annotated[str, Rule(Kind.ID, "Model of the device")]
    measures: Annotated[Measures, Rule(Kind.OBJECT, "What was measured, by name")]


@dataclass(frozen=True)
class SiteRegistered:
    """A site is there, or its name changed."""

    name: Annotated[str, Rule(Kind.TEXT, "What people call it")]


@dataclass(frozen=True)
class GatewayRegistered:
    """A gateway stands at the event's site, or has another uplink than before."""

    gateway_id: Annotated[str, Rule(Kind.ID, "The gateway")]
    uplink_id: Annotated[
        str | None, Rule(Kind.ID, "Gateway through which it is reached; none: directly", another=True)
    ] = None


@dataclass(frozen=True)
class DeviceRegistered:
    """A device is installed at the event's site; after a removal, again."""

    device_id: Annotated[str, _DEVICE]
    model: Annotated[str, Rule(Kind.ID, "Its model")]
    firmware: Annotated[str, Rule(Kind.ID, "Firmware that it runs; an id is of one model's firmware")]
    gateway_id: Annotated[str, _GATEWAY_OF]
    sensors: Annotated[tuple[str, ...], Rule(Kind.IDS, "What it measures, by the names of measures")]


@dataclass(frozen=True)
class DeviceMoved:
    """A device stands at the event's site now, behind another gateway than before."""

    device_id: Annotated[str, _DEVICE]
    gateway_id: Annotated[str, _GATEWAY_OF]


@dataclass(frozen=True)
class DeviceRemoved:
    """A device is gone. What older events said of it is void."""

    device_id: Annotated[str, _DEVICE]


@dataclass(frozen=True)
class LinkChanged:
    """A device that stayed where it is has its radio link to another gateway, or a better or worse one."""

    device_id: Annotated[str, _DEVICE]
    gateway_id: Annotated[str, _GATEWAY_OF]
    rssi: Annotated[float | None, Rule(Kind.NUMBER, "Strength of its signal", "dBm", RSSI_RANGE_DBM)] = None


@dataclass(frozen=True)
class DependsOn:
    """All that a device needs to do its work, in place of what was said before."""

    device_id: Annotated[str, _DEVICE]
    targets: Annotated[tuple[str, ...], Rule(Kind.IDS, "Devices that it depends on; none: none", another=True)]


@dataclass(frozen=True)
class FirmwareChanged:
    """A device runs another firmware."""

    device_id: Annotated[str, _DEVICE]
    firmware: Annotated[str, Rule(Kind.ID, "Firmware that it runs now")]


@dataclass(frozen=True)
class MaintenanceOpened:
    """Somebody or something asked for work on a device."""

    maintenance_id: Annotated[str, Rule(Kind.ID, "The order")]
    device_id: Annotated[str, Rule(Kind.ID, "Device to work on")]
    reason: Annotated[str, Rule(Kind.TEXT, "Why")]


@dataclass(frozen=True)
class MaintenanceClosed:
    """The work is done."""

    maintenance_id: Annotated[str, Rule(Kind.ID, "The order")]
    device_id: Annotated[str, Rule(Kind.ID, "Device that was worked on")]
    outcome: Annotated[str, Rule(Kind.TEXT, "What was done")]


Payload = (
    Metric
    | SiteRegistered
    | GatewayRegistered
    | DeviceRegistered
    | DeviceMoved
    | DeviceRemoved
    | LinkChanged
    | DependsOn
    | FirmwareChanged
    | MaintenanceOpened
    | MaintenanceClosed
)


class EventType(NamedTuple):
    """A type of events: the ``payload``'s table, and the field that names the entity that an event is ``about``."""

    name: str
    payload: type[Payload]
    about: str


EVENT_TYPES: Final = {
    each.name: each
    for each in (
        EventType("metric", Metric, "device_id"),
        EventType("site_registered", SiteRegistered, "site_id"),
        EventType("gateway_registered", GatewayRegistered, "gateway_id"),
        EventType("device_registered", DeviceRegistered, "device_id"),
        EventType("device_moved", DeviceMoved, "device_id"),
        EventType("device_removed", DeviceRemoved, "device_id"),
        EventType("link_changed", LinkChanged, "device_id"),
        EventType("depends_on", DependsOn, "device_id"),
        EventType("firmware_changed", FirmwareChanged, "device_id"),
        EventType("maintenance_opened", MaintenanceOpened, "maintenance_id"),
        EventType("maintenance_closed", MaintenanceClosed, "maintenance_id"),
    )
}
"""By the name on the wire. ``site_id`` stands in the envelope, every other entity in the payload."""
TYPE_OF: Final = {each.payload: each.name for each in EVENT_TYPES.values()}

FIELDS: Final[dict[str, tuple[Field, ...]]] = {name: fields_of(each.payload) for name, each in EVENT_TYPES.items()}
"""The payload's fields by type."""
MEASURES: Final = fields_of(Measures)
