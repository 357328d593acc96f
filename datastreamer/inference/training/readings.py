"""Labelled readings, simulated: three sets that share no device, no weather and no time.

Each set holds many small fleets, since a model that saw the weather of one fleet alone learns that weather.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from datastreamer.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEATURES: Final = ("temperature [deg C]", "humidity [%]", "pressure [hPa]")
"""What ``data`` of a record holds, in its order."""

MIN_RECORDS: Final = 50_000
"""With fewer, the rarest fault has too few readings in the held-out set for its recall to mean anything."""

_FLEETS: Final = 60
_DEVICES: Final = 5
_INTERVAL_S: Final = 1_800.0
_FIRST_DAY: Final = datetime(2025, 1, 6, tzinfo=UTC)
_DAYS_BETWEEN_FLEETS: Final = 11


@dataclass(frozen=True)
class Part:
    """One of the three sets: ``share`` of all readings, taken by fleets whose seeds begin at ``offset``.

    ``anomalies`` is the fraction of faulty readings. Training has more of them than life, so that it sees enough of
    each kind; the other two have what a stream has.
    """

    name: str
    share: float
    offset: int
    anomalies: float


TRAINING: Final = Part("training", 0.6, 0, 0.10)
VALIDATION: Final = Part("validation", 0.2, 1, 0.03)
HELD_OUT: Final = Part("held-out", 0.2, 2, 0.03)


@dataclass(frozen=True)
class Readings:
    """``values``: (readings, 3) as in FEATURES; ``fault``: the name of each reading's fault, or the empty string."""

    values: NDArray[np.float64]
    fault: NDArray[np.str_]
    seeds: tuple[int, ...]

    @property
    def faulty(self) -> NDArray[np.bool_]:
        """Whether each reading is an anomaly."""
        faulty: NDArray[np.bool_] = self.fault != ""
        return faulty


def simulate(part: Part, seed: int, records: int) -> Readings:
    """The readings of ``part`` when all three sets together have ``records``; equal arguments give equal readings.

    Raises UsageError for a negative seed, or for fewer than MIN_RECORDS.
    """
    import numpy as np

    from datastreamer.sensor.inference.faults import FAULTS
    from datastreamer.sensor.inference.options import SimulationOptions
    from datastreamer.sensor.inference.simulation import InferenceSimulation

    if records < MIN_RECORDS:
        raise UsageError(f"--records must be at least {MIN_RECORDS:,}, not {records:,}")
    if seed < 0:
        raise UsageError(f"--seed must not be negative, not {seed}")
    names = np.array([fault.name for fault in FAULTS] + [""])
    each, over = divmod(round(records * part.share), _FLEETS)
    # Sets of one training, and trainings with other seeds, have seeds apart.
    first = (3 * seed + part.offset) * _FLEETS
    seeds = tuple(range(first, first + _FLEETS))
    values, faults = [], []
    for number, fleet_seed in enumerate(seeds):
        start = _FIRST_DAY + timedelta(days=_DAYS_BETWEEN_FLEETS * (number + _FLEETS * part.offset))
        options = SimulationOptions(_DEVICES, fleet_seed, start, _INTERVAL_S, part.anomalies)
        simulation, left = InferenceSimulation(options), each + (number < over)
        while left:
            block = simulation.take(left)
            values.append(block.values)
            faults.append(names[block.plan.fault])
            left -= block.size
    return Readings(np.concatenate(values), np.concatenate(faults), seeds)
