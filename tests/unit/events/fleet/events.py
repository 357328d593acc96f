"""A plain event of each type as it is sent, to be changed by tests."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

PAYLOADS: dict[str, dict[str, Any]] = {
    "metric": {
        "device_id": "d-1",
        "gateway_id": "g-1",
        "model": "pump-a",
        "measures": {"temperature": 41.25, "vibration": 1.5, "battery": 88},
    },
    "site_registered": {"name": "Tokyo"},
    "gateway_registered": {"gateway_id": "g-2", "uplink_id": "g-1"},
    "device_registered": {
        "device_id": "d-1",
        "model": "pump-a",
        "firmware": "pump-a-1.0",
        "gateway_id": "g-1",
        "sensors": ["temperature", "vibration"],
    },
    "device_moved": {"device_id": "d-1", "gateway_id": "g-2"},
    "device_removed": {"device_id": "d-1"},
    "link_changed": {"device_id": "d-1", "gateway_id": "g-2", "rssi": -71.0},
    "depends_on": {"device_id": "d-1", "targets": ["d-2", "d-3"]},
    "firmware_changed": {"device_id": "d-1", "firmware": "pump-a-1.1"},
    "maintenance_opened": {"maintenance_id": "m-1", "device_id": "d-1", "reason": "it shakes"},
    "maintenance_closed": {"maintenance_id": "m-1", "device_id": "d-1", "outcome": "bearing replaced"},
}


def document(event_type: str = "metric", **changes: Any) -> dict[str, Any]:
    """``changes`` by the names of the envelope; those of a name with a dot in it are made in the payload."""
    sent: dict[str, Any] = {
        "event_id": "e-1",
        "event_type": event_type,
        "occurred_at": "2026-11-30T08:30:00.123Z",
        "site_id": "tokyo",
        "source": "registry",
        "version": 7,
        "payload": deepcopy(PAYLOADS.get(event_type, {})),
    }
    return sent | changes


def line(event_type: str = "metric", **changes: Any) -> bytes:
    return json.dumps(document(event_type, **changes)).encode()


def with_payload(event_type: str, **changes: Any) -> bytes:
    """An event whose payload has ``changes``; a field that is ``...`` is left out."""
    payload = {**deepcopy(PAYLOADS[event_type]), **changes}
    return line(event_type, payload={name: value for name, value in payload.items() if value is not ...})
