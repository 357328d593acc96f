"""What happens in which order: who reports when, and which readings are dirty, late, repeated or faulty.

The plan is drawn in chunks whose size depends on the fleet alone, each from its own random stream, so that the order
in which a caller takes lines, and how many at once, changes nothing.
"""

from __future__ import annotations

import heapq
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datastreamer.sensor.temperature.dirt import DIRT
from datastreamer.sensor.temperature.fleet import Floats, Ints
from datastreamer.sensor.temperature.options import MAX_LATENESS, MIN_LATENESS, SimulationOptions

CLEAN: Final = 0
DIRTY: Final = 1
DUPLICATE: Final = 2

NO_FAULT: Final = 0
STUCK: Final = 1
SPIKE: Final = 2
AFTER_DROPOUT: Final = 3
"""The first reading after a time in which the device was silent."""

_CHUNK_LINES: Final = 8_192
_MAX_CHUNK_TICKS: Final = 512
_SPIKES: Final = 1 / 1_000
_STUCK_ONSETS: Final = 1 / 4_000
_DROPOUT_ONSETS: Final = 1 / 6_000
_FAULT_TICKS: Final = (5, 60)
_EXTRA: Final = 0.005
_MAX_DUPLICATE_LAG: Final = 5_000


class Plan(NamedTuple):
    """Lines in the order of sending; arrays have one entry a line.

    ``tick``: the device's reading number. ``kind``: CLEAN, DIRTY or DUPLICATE. ``ordinal``: number of the line among
    those that are no duplicates; for a duplicate, that of the line it repeats. ``repeated``: whether a duplicate of it
    follows. ``late_ms``: how much earlier it was measured. ``extra``: whether it has unknown fields. ``dirt``: index of
    its kind in DIRT. ``fault``: NO_FAULT, STUCK, SPIKE or AFTER_DROPOUT. ``episode``: number of the stuck episode.
    ``jump``: height of the spike [deg C]. ``noise`` and ``humidity_noise``: standard normal.
    """

    tick: Ints
    device: Ints
    kind: NDArray[np.uint8]
    ordinal: Ints
    repeated: NDArray[np.bool_]
    late_ms: Ints
    extra: NDArray[np.bool_]
    dirt: Ints
    fault: NDArray[np.uint8]
    episode: Ints
    jump: Floats
    noise: Floats
    humidity_noise: Floats

    def part(self, start: int, stop: int) -> Plan:
        """Lines ``start`` to ``stop``."""
        return Plan._make(column[start:stop] for column in self)

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self.tick)


class Planner:
    """Draws the chunks of a simulation one after the other."""

    def __init__(self, options: SimulationOptions) -> None:
        self._options = options
        self._ticks = max(1, min(_MAX_CHUNK_TICKS, _CHUNK_LINES // options.devices))
        self._chunk = 0
        self._ordinals = 0
        self._episodes = 0
        self._pending: list[tuple[int, int, int, int]] = []
        self._stuck_left: dict[int, tuple[int, int]] = {}
        self._silent_left: dict[int, int] = {}
        self._was_silent: NDArray[np.bool_] = np.zeros(options.devices, bool)
        others = 1.0 - options.duplicates
        self._dirty = options.dirty / others if others else 0.0
        self._late = options.late / others if others else 0.0
        clean = others - options.dirty
        self._repeated = options.duplicates / clean if clean > 0 else 0.0

    def next_chunk(self) -> Plan:
        """The next lines; never none."""
        plan = self._draw()
        while not plan.lines:
            plan = self._draw()
        return plan

    def _draw(self) -> Plan:
        random = np.random.Generator(np.random.SFC64(np.random.SeedSequence([self._options.seed, 1, self._chunk])))
        fault, episode = self._faults(random)
        slots = np.flatnonzero(fault.ravel() != _SILENT)
        tick, device = np.divmod(slots, self._options.devices)
        tick += self._chunk * self._ticks
        self._chunk += 1
        lines = len(slots)
        luck = random.random(lines)
        dirty = luck < self._dirty
        late = (luck >= self._dirty) & (luck < self._dirty + self._late)
        lateness = random.uniform(MIN_LATENESS.total_seconds(), MAX_LATENESS.total_seconds(), lines) * late
        whim = random.random(lines)
        fault_of_line = fault.ravel()[slots]
        jump = np.where(
            fault_of_line == SPIKE, random.choice([-1.0, 1.0], lines) * random.uniform(15.0, 40.0, lines), 0.0
        )
        plan = Plan(
            tick=tick,
            device=device,
            kind=dirty.astype(np.uint8),
            ordinal=np.arange(self._ordinals, self._ordinals + lines),
            repeated=~dirty & (random.random(lines) < self._repeated),
            late_ms=(lateness * 1000.0).astype(np.int64),
            extra=~dirty & (whim < _EXTRA),
            dirt=random.integers(0, len(DIRT), lines),
            fault=fault_of_line,
            episode=episode.ravel()[slots],
            jump=jump,
            noise=random.standard_normal(lines),
            humidity_noise=random.standard_normal(lines),
        )
        self._ordinals += lines
        return self._with_duplicates(plan, random)

    def _with_duplicates(self, plan: Plan, random: np.random.Generator) -> Plan:
        """Insert those duplicates, of this chunk's readings and of earlier ones, whose time comes in this chunk."""
        sources = np.flatnonzero(plan.repeated)
        lags = np.exp(random.uniform(0.0, np.log(_MAX_DUPLICATE_LAG), len(sources))).astype(np.int64)
        for source, lag in zip(sources.tolist(), lags.tolist(), strict=True):
            ordinal = int(plan.ordinal[source])
            heapq.heappush(self._pending, (ordinal + lag, ordinal, int(plan.tick[source]), int(plan.device[source])))
        first = self._ordinals - plan.lines
        due: list[tuple[int, int, int, int]] = []
        while self._pending and self._pending[0][0] < self._ordinals:
            due.append(heapq.heappop(self._pending))
        if not due:
            return plan
        table = np.array(due, np.int64)
        inserted: dict[str, Ints | int] = {
            "tick": table[:, 2],
            "device": table[:, 3],
            "ordinal": table[:, 1],
            "kind": DUPLICATE,
        }
        place = table[:, 0] - first + 1
        return Plan._make(np.insert(column, place, inserted.get(name, 0)) for name, column in plan._asdict().items())

    def _faults(self, random: np.random.Generator) -> tuple[NDArray[np.uint8], Ints]:
        """Fault and stuck episode of every slot, as (ticks, devices) arrays; _SILENT where a device sends nothing."""
        shape = (self._ticks, self._options.devices)
        luck = random.random(shape)
        fault = np.where(luck < _SPIKES, SPIKE, NO_FAULT).astype(np.uint8)
        episode = np.zeros(shape, np.int64)
        stuck, self._stuck_left = self._stuck_left, {}
        for device, (number, left) in stuck.items():
            self._stick(fault, episode, slice(0, left), device, number)
        silent, self._silent_left = self._silent_left, {}
        for device, left in silent.items():
            self._silence(fault, 0, device, left)
        onset = (luck >= _SPIKES) & (luck < _SPIKES + _STUCK_ONSETS + _DROPOUT_ONSETS)
        ticks, devices = np.nonzero(onset)
        lasts = random.integers(*_FAULT_TICKS, len(ticks))
        for tick, device, last in zip(ticks.tolist(), devices.tolist(), lasts.tolist(), strict=True):
            if luck[tick, device] < _SPIKES + _STUCK_ONSETS:
                self._episodes += 1
                self._stick(fault, episode, slice(tick, tick + last), device, self._episodes)
            else:
                self._silence(fault, tick, device, last)
        before = np.vstack([self._was_silent, fault[:-1] == _SILENT])
        fault[before & (fault == NO_FAULT)] = AFTER_DROPOUT
        self._was_silent = fault[-1] == _SILENT
        return fault, episode

    def _stick(self, fault: NDArray[np.uint8], episode: Ints, ticks: slice, device: int, number: int) -> None:
        fault[ticks, device] = STUCK
        episode[ticks, device] = number
        if ticks.stop > self._ticks:
            self._stuck_left[device] = (number, ticks.stop - self._ticks)

    def _silence(self, fault: NDArray[np.uint8], tick: int, device: int, last: int) -> None:
        fault[tick : tick + last, device] = _SILENT
        if tick + last > self._ticks:
            self._silent_left[device] = max(self._silent_left.get(device, 0), tick + last - self._ticks)


_SILENT: Final = 255
