"""What to simulate, checked once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from datastreamer.errors import UsageError
from datastreamer.events.reading import EARLIEST, FUTURE_TOLERANCE
from datastreamer.sensor.fleet_options import check_fleet_options

MAX_LATENESS: Final = timedelta(hours=72)
MIN_LATENESS: Final = timedelta(hours=1)
MAX_DEVICES: Final = 1_000_000


@dataclass(frozen=True)
class SimulationOptions:
    """A fleet and its troubles; equal options give equal readings.

    ``dirty``, ``duplicates`` and ``late`` are fractions of all lines. ``start`` (aware) is the first reading's event
    time. ``interval`` is the time between two readings of a device in seconds, or None when event times follow the
    wall clock.
    """

    devices: int
    seed: int
    start: datetime
    interval: float | None = None
    dirty: float = 0.0
    duplicates: float = 0.0
    late: float = 0.0

    def __post_init__(self) -> None:
        check_fleet_options(
            self.devices,
            most_devices=MAX_DEVICES,
            seed=self.seed,
            interval=self.interval,
            fractions={"dirty": self.dirty, "duplicates": self.duplicates, "late": self.late},
        )
        clean = 1.0 - self.duplicates - self.dirty
        if self.late > clean + 1e-9 or self.duplicates > clean + 1e-9:
            raise UsageError(
                f"--dirty {self.dirty}, --duplicates {self.duplicates} and --late {self.late} do not fit together: "
                "a late or repeated reading is a valid one, and these leave too few"
            )
        if self.start < EARLIEST + MAX_LATENESS:
            raise UsageError(
                f"--start must be {EARLIEST + MAX_LATENESS:%Y-%m-%d} or later: earlier readings are invalid"
            )

    def check_end(self, count: int, now: datetime) -> None:
        """Refuse event times so far in the future that the lake would refuse them; ``count`` is the number of lines."""
        lasts = (self.interval or 0.0) * count / self.devices
        if lasts > (now + FUTURE_TOLERANCE - self.start).total_seconds():
            raise UsageError(
                f"readings from {self.start:%Y-%m-%dT%H:%M}Z on would last {lasts / 86_400.0:,.1f} days, and the lake "
                "refuses times in the future. Take an earlier --start, a smaller --interval or a smaller --count"
            )

    @property
    def tag(self) -> str:
        """12 hexadecimal digits that all event ids of this simulation share, and no other simulation has."""
        text = json.dumps({**asdict(self), "start": self.start.isoformat()}, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
