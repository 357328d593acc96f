"""What to simulate, checked once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from datastreamer.sensor.fleet_options import check_fleet_options

MAX_DEVICES: Final = 100_000
_FORMAT: Final = 1
"""Raised when equal options begin to give other records, so that event ids never name two different records."""


@dataclass(frozen=True)
class SimulationOptions:
    """A fleet and its troubles; equal options give equal records.

    ``anomalies`` is the fraction of readings that a faulty device takes, ``poison`` the fraction of records that break
    the contract. ``start`` (aware) is the first reading's time. ``interval`` is the time between two readings of a
    device in seconds, or None when times follow the wall clock. Raises UsageError for what cannot be.
    """

    devices: int
    seed: int
    start: datetime
    interval: float | None = None
    anomalies: float = 0.0
    poison: float = 0.0

    def __post_init__(self) -> None:
        check_fleet_options(
            self.devices,
            most_devices=MAX_DEVICES,
            seed=self.seed,
            interval=self.interval,
            fractions={"anomalies": self.anomalies, "poison": self.poison},
        )

    @property
    def tag(self) -> str:
        """12 hexadecimal digits that all event ids of this simulation share, and no other simulation has."""
        text = json.dumps({**asdict(self), "start": self.start.isoformat(), "format": _FORMAT}, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
