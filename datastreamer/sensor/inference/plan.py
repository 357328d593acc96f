"""What happens in which order: who reports when, which devices are faulty, which records are poison.

The plan is drawn in chunks whose size depends on the fleet alone, each from its own random stream, so that the order
in which a caller takes records, and how many at once, changes nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datastreamer.sensor.inference.faults import EPISODE_CHANCES, FAULTS, HEALTHY, MEAN_READINGS
from datastreamer.sensor.inference.fleet import Floats, Ints
from datastreamer.sensor.inference.options import SimulationOptions
from datastreamer.sensor.inference.poison import POISONS, WHOLESOME

_CHUNK_RECORDS: Final = 8_192
_MAX_CHUNK_TICKS: Final = 512
_SHORTEST: Final = np.array([fault.shortest for fault in FAULTS])
_LONGEST: Final = np.array([fault.longest for fault in FAULTS])


class Plan(NamedTuple):
    """Records in the order of sending; arrays have one entry a record.

    ``tick``: the device's reading number. ``fault``: index of FAULTS, or HEALTHY; ``progress``: how far its episode
    has come (0 to 1); ``severity`` (0 to 1) and ``direction`` (-1 or 1): of the episode. ``poison``: index of POISONS,
    or WHOLESOME. ``noise_…``: standard normal.
    """

    tick: Ints
    device: Ints
    fault: NDArray[np.int8]
    progress: Floats
    severity: Floats
    direction: Floats
    poison: NDArray[np.int8]
    noise_temperature: Floats
    noise_humidity: Floats
    noise_pressure: Floats

    def part(self, start: int, stop: int) -> Plan:
        """Records ``start`` to ``stop``."""
        return Plan._make(column[start:stop] for column in self)

    @property
    def records(self) -> int:
        """How many there are."""
        return len(self.tick)


class Planner:
    """Draws the chunks of a simulation one after the other."""

    def __init__(self, options: SimulationOptions) -> None:
        self._options = options
        self._ticks = max(1, min(_MAX_CHUNK_TICKS, _CHUNK_RECORDS // options.devices))
        self._chunk = 0
        devices, share = options.devices, options.anomalies
        # A run begins amid the devices' lives: as many are faulty at once as later on, somewhere in their episodes.
        random = np.random.default_rng(np.random.SeedSequence([options.seed, 2]))
        faulty = random.random(devices) < share
        kind = random.integers(0, len(FAULTS), devices)
        self._fault = np.where(faulty, kind, HEALTHY).astype(np.int8)
        self._length = np.where(faulty, random.integers(_SHORTEST[kind], _LONGEST[kind] + 1), 0)
        self._done = np.where(faulty, random.integers(0, self._length + 1), 0)
        self._severity = random.random(devices)
        self._direction = np.where(random.random(devices) < 0.5, -1.0, 1.0)
        # Episodes of L readings and gaps of (1 - p) / p healthy ones between them: the share is L / (L + gap).
        self._onset = share / (share + MEAN_READINGS * (1.0 - share))

    def next_chunk(self) -> Plan:
        """The next records; never none."""
        random = np.random.Generator(np.random.SFC64(np.random.SeedSequence([self._options.seed, 1, self._chunk])))
        shape = (self._ticks, self._options.devices)
        records = shape[0] * shape[1]
        episodes = self._episodes(random, shape)
        tick, device = np.divmod(np.arange(records), self._options.devices)
        poisoned = random.random(records) < self._options.poison
        poison = np.where(poisoned, random.integers(0, len(POISONS), records), WHOLESOME).astype(np.int8)
        noise = random.standard_normal((3, records))
        tick += self._chunk * self._ticks
        self._chunk += 1
        return Plan(tick, device, *episodes, poison, *noise)

    def _episodes(
        self, random: np.random.Generator, shape: tuple[int, int]
    ) -> tuple[NDArray[np.int8], Floats, Floats, Floats]:
        """Fault, progress, severity and direction of every record."""
        onset = random.random(shape) < self._onset
        kind = random.choice(len(FAULTS), shape, p=EPISODE_CHANCES).astype(np.int8)
        length = _SHORTEST[kind] + (random.random(shape) * (_LONGEST[kind] - _SHORTEST[kind] + 1)).astype(np.int64)
        severity = random.random(shape)
        direction = np.where(random.random(shape) < 0.5, -1.0, 1.0)
        drawn = (np.empty(shape, np.int8), np.zeros(shape), np.zeros(shape), np.ones(shape))
        for tick in range(shape[0]):
            ended = self._done >= self._length
            begins = ended & onset[tick]
            self._fault = np.where(begins, kind[tick], np.where(ended, HEALTHY, self._fault)).astype(np.int8)
            self._length = np.where(begins, length[tick], self._length)
            self._severity = np.where(begins, severity[tick], self._severity)
            self._direction = np.where(begins, direction[tick], self._direction)
            self._done = np.where(begins, 1, self._done + 1)
            drawn[0][tick] = self._fault
            drawn[1][tick] = np.minimum(1.0, self._done / np.maximum(self._length, 1))
            drawn[2][tick] = self._severity
            drawn[3][tick] = self._direction
        return drawn[0].ravel(), drawn[1].ravel(), drawn[2].ravel(), drawn[3].ravel()
