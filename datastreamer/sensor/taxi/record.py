"""A trip as a meter sends it: one JSON object with TLC's names, and its id."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from datastreamer.events.digest import id_hash, packed
from datastreamer.events.trip import FIELDS, Trip
from datastreamer.sensor.packing import Lines


def device_of(trip: Trip) -> str:
    """What its record is keyed by: trips of a pick-up zone stay in order, and zones spread over the shards."""
    return f"zone-{trip.pickup_zone}"


def lines_of(trip: Trip, trip_id: str) -> Lines:
    """The record, without a line end: each goes alone, as each is scored alone. A field that is null is left out."""
    values = ((field.tlc, getattr(trip, field.column)) for field in FIELDS)
    document: dict[str, Any] = {"trip_id": trip_id} | {
        name: value.isoformat(sep=" ") if isinstance(value, datetime) else value
        for name, value in values
        if value is not None
    }
    body = orjson.dumps(document)
    return Lines(device_of(trip), body, [len(body)], hashes=packed([id_hash(trip_id.encode())]))
