"""The simulation: a plan and a fleet make records, in blocks of any size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np

from datastreamer.events.labels import ANOMALY, NORMAL, POISON, Label
from datastreamer.sensor import marks
from datastreamer.sensor.chunks import Chunks, measured_at
from datastreamer.sensor.inference.faults import FAULTS, HEALTHY, apply_faults
from datastreamer.sensor.inference.fleet import FIRMWARE, HALLS, Fleet, Floats, Ints
from datastreamer.sensor.inference.options import SimulationOptions
from datastreamer.sensor.inference.plan import Plan, Planner
from datastreamer.sensor.inference.poison import POISONS, WHOLESOME, spoil
from datastreamer.sensor.packing import Lines
from datastreamer.sensor.simulated import Window


@dataclass(frozen=True)
class Block:
    """Consecutive records of a simulation, in the order of sending.

    ``plan`` says what is wrong with each. ``values`` holds what each device measured, (records, 3): deg C, %, hPa, as
    sent; a poison record was made from such a reading too.
    """

    plan: Plan
    time_ms: Ints
    values: Floats
    fleet: Fleet
    tag: str

    @property
    def size(self) -> int:
        """How many records."""
        return self.plan.records

    @cached_property
    def event_ids(self) -> list[str]:
        """The id that the device gave each record."""
        numbers, tag = self.fleet.numbers, self.tag
        return [
            f"{tag}-{numbers[device]}-{tick:010d}"
            for device, tick in zip(self.plan.device.tolist(), self.plan.tick.tolist(), strict=True)
        ]

    @cached_property
    def bodies(self) -> list[bytes]:
        """The bytes of each record: one JSON object, unless it is poison."""
        moments = np.datetime_as_string(self.time_ms.astype("datetime64[ms]"), unit="ms").tolist()
        fleet = self.fleet
        heads = [f'{{"id":"{name}","data":[' for name in fleet.names]
        tails = [
            f'Z","site":"{HALLS[hall].name}","firmware":"{FIRMWARE[firmware]}"}}'
            for hall, firmware in zip(fleet.hall.tolist(), fleet.firmware.tolist(), strict=True)
        ]
        bodies = [
            f'{heads[device]}{temperature},{humidity},{pressure}],"event_id":"{event_id}","timestamp":"{moment}'
            f"{tails[device]}".encode()
            for device, (temperature, humidity, pressure), event_id, moment in zip(
                self.plan.device.tolist(), self.values.tolist(), self.event_ids, moments, strict=True
            )
        ]
        for position in np.flatnonzero(self.plan.poison != WHOLESOME).tolist():
            bodies[position] = spoil(int(self.plan.poison[position]), bodies[position])
        return bodies

    def labels(self) -> Iterator[Label]:
        """The truth about each record."""
        names = self.fleet.names
        for event_id, device, fault, poison in zip(
            self.event_ids, self.plan.device.tolist(), self.plan.fault.tolist(), self.plan.poison.tolist(), strict=True
        ):
            if poison != WHOLESOME:
                yield Label(event_id, names[device], POISON, POISONS[poison].name)
            elif fault != HEALTHY:
                yield Label(event_id, names[device], ANOMALY, FAULTS[fault].name)
            else:
                yield Label(event_id, names[device], NORMAL, "")

    def by_device(self) -> Iterator[Lines]:
        """The records of each device, in order; poison is marked for the receipt. To be sent one to a Kinesis record:
        nothing separates them."""
        order = np.argsort(self.plan.device, kind="stable")
        firsts = np.flatnonzero(np.diff(self.plan.device[order], prepend=-1)).tolist()
        poison = self.plan.poison
        places = order.tolist()
        for first, last in pairwise([*firsts, len(places)]):
            mine = places[first:last]
            bodies = [self.bodies[place] for place in mine]
            marked = [
                (number, marks.DIRTY + POISONS[poison[place]].reason)
                for number, place in enumerate(mine)
                if poison[place] != WHOLESOME
            ]
            name = self.fleet.names[int(self.plan.device[mine[0]])]
            yield Lines(name, b"".join(bodies), list(accumulate(map(len, bodies))), marked)


class InferenceSimulation:
    """An endless simulation; equal options give equal records, however they are taken."""

    def __init__(self, options: SimulationOptions) -> None:
        self.options = options
        self.fleet = Fleet(options.devices, options.seed)
        self._chunks = Chunks(Planner(options).next_chunk)
        self._start_ms = options.start.timestamp() * 1000.0
        self._tag = options.tag

    @property
    def interval(self) -> float | None:
        """Seconds between two readings of a device, or None when times follow the wall clock."""
        return self.options.interval

    def take(self, limit: int, window: Window | None = None) -> Block:
        """The next records, at least one and at most ``limit``.

        ``window`` says when they are measured; without it, each device measures every ``interval`` seconds of the
        options, evenly staggered.
        """
        plan = self._chunks.take(limit)
        interval, devices = self.options.interval, self.fleet.size
        time_ms = measured_at(plan, window, start_ms=self._start_ms, interval=interval, devices=devices)
        return Block(plan, time_ms, self._measure(plan, time_ms), self.fleet, self._tag)

    def _measure(self, plan: Plan, time_ms: Ints) -> Floats:
        noise = np.stack([plan.noise_temperature, plan.noise_humidity, plan.noise_pressure])
        healthy = self.fleet.measure(plan.device, time_ms / 1000.0, noise)
        air = apply_faults(healthy, plan.fault, plan.progress, plan.severity, plan.direction)
        values: Floats = np.stack(air, axis=1).round(2)
        return values
