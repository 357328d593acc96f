"""A plain event of any type about a device of the fleet: what dirt is made of. None of them is sent as it is."""

from __future__ import annotations

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
    Measures,
    Metric,
    Payload,
    SiteRegistered,
)
from datastreamer.sensor.insight.installation import MODELS, Installation, Said

_MEASURED = Measures(temperature=21.5, humidity=48.0, vibration=1.25, power=400.0, battery=81.0, rssi=-71.0)


def sample(event_type: str, fleet: Installation, position: int) -> Said:
    """An event of ``event_type`` about the device at a position."""
    at = fleet.positions[position]
    device, gateway, model = at.device, fleet.gateways[at.gateway].name, MODELS[at.model]
    payloads: tuple[tuple[str, Payload], ...] = (
        ("metric", Metric(device, gateway, model.name, _MEASURED)),
        ("site_registered", SiteRegistered(fleet.sites[at.site].title())),
        ("gateway_registered", GatewayRegistered(gateway)),
        ("device_registered", DeviceRegistered(device, model.name, at.firmware, gateway, model.sensors)),
        ("device_moved", DeviceMoved(device, gateway)),
        ("device_removed", DeviceRemoved(device)),
        ("link_changed", LinkChanged(device, gateway, -71.0)),
        ("depends_on", DependsOn(device, ())),
        ("firmware_changed", FirmwareChanged(device, at.firmware)),
        ("maintenance_opened", MaintenanceOpened(f"m-{device}", device, "it shakes")),
        ("maintenance_closed", MaintenanceClosed(f"m-{device}", device, "bearing replaced")),
    )
    return Said(fleet.sites[at.site], gateway, dict(payloads)[event_type])
