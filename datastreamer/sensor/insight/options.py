"""What to simulate, checked once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from datastreamer.errors import UsageError
from datastreamer.events.fleet.event import FUTURE_TOLERANCE
from datastreamer.events.reading import EARLIEST
from datastreamer.sensor.fleet_options import check_fleet_options

MAX_SITES: Final = 100
MAX_DEVICES: Final = 100_000
MAX_INCIDENTS: Final = 20
_FORMAT: Final = 1
"""Raised when equal options begin to give other events, so that event ids never name two different events."""


@dataclass(frozen=True)
class SimulationOptions:
    """A fleet and its troubles; equal options give equal events.

    ``dirty``, ``duplicates`` and ``late`` are fractions of all lines; ``topology_changes`` is how many changes of the
    fleet there are for each event of a metric, ``incidents`` how many incidents go on at a time. ``start`` (aware) is
    the first event's time. ``interval`` is the time between two metrics of a device in seconds, or None when times
    follow the wall clock. Raises UsageError for what cannot be.
    """

    sites: int
    devices: int
    seed: int
    start: datetime
    interval: float | None = None
    dirty: float = 0.0
    duplicates: float = 0.0
    late: float = 0.0
    topology_changes: float = 0.0
    incidents: int = 0

    def __post_init__(self) -> None:
        shares = {"dirty": self.dirty, "duplicates": self.duplicates, "late": self.late}
        check_fleet_options(
            self.devices,
            most_devices=MAX_DEVICES,
            seed=self.seed,
            interval=self.interval,
            fractions={**shares, "topology-changes": self.topology_changes},
        )
        if not 1 <= self.sites <= min(MAX_SITES, self.devices):
            raise UsageError(f"--sites must be from 1 to {MAX_SITES} and at most --devices, not {self.sites}")
        if not 0 <= self.incidents <= MAX_INCIDENTS:
            raise UsageError(f"--incidents must be from 0 to {MAX_INCIDENTS}, not {self.incidents}")
        valid = 1.0 - self.duplicates - self.dirty
        if self.late > valid + 1e-9 or self.duplicates > valid + 1e-9:
            raise UsageError(
                f"--dirty {self.dirty}, --duplicates {self.duplicates} and --late {self.late} do not fit together: "
                "a late or repeated event is a valid one, and these leave too few"
            )
        if self.start < EARLIEST:
            raise UsageError(f"--start must be {EARLIEST:%Y-%m-%d} or later: earlier events are invalid")

    def check_end(self, count: int | None, rate: float, now: datetime) -> None:
        """Refuse event times so far in the future that the contract refuses them; ``count`` is the number of lines,
        None without end, ``rate`` how many are sent a second (0: flat out)."""
        if self.interval is None:
            return
        if count is None and self.interval > (self.devices / rate if rate else 0.0):
            raise UsageError("--start needs a --count when event times run faster than the clock, into the future")
        lasts = self.interval * (count or 0) / self.devices
        if lasts > (now + FUTURE_TOLERANCE - self.start).total_seconds():
            raise UsageError(
                f"events from {self.start:%Y-%m-%dT%H:%M}Z on would last {lasts / 86_400.0:,.1f} days, and times in "
                "the future are refused. Take an earlier --start, a smaller --interval or a smaller --count"
            )

    @property
    def tag(self) -> str:
        """12 hexadecimal digits that all event ids of this simulation share, and no other simulation has."""
        text = json.dumps({**asdict(self), "start": self.start.isoformat(), "format": _FORMAT}, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
