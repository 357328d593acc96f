"""The simulation: a plan and a fleet make lines, in blocks of any size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datastreamer.events.digest import HASH_BYTES, id_hash, line_hash
from datastreamer.sensor import marks
from datastreamer.sensor.chunks import Chunks, measured_at
from datastreamer.sensor.packing import Lines
from datastreamer.sensor.simulated import Window
from datastreamer.sensor.temperature.dirt import spoil
from datastreamer.sensor.temperature.encoding import ID_START, EncodedLines, LineEncoder
from datastreamer.sensor.temperature.fleet import Fleet, Floats, Ints
from datastreamer.sensor.temperature.options import SimulationOptions
from datastreamer.sensor.temperature.plan import DIRTY, DUPLICATE, STUCK, Plan, Planner

Hashes = NDArray[np.uint64]

_EXTRAS: Final = (
    b',"rssi":-67}\n',
    ',"note":"温度 ok ✓ Überprüft"}\n'.encode(),
    b',"calibration":{"offset":0.25,"by":"lab","points":[0,50,100]}}\n',
    b',"uptime_s":86400,"debug":null}\n',
)


@dataclass(frozen=True)
class Block:
    """Consecutive lines of a simulation.

    ``plan`` labels every line in the order of sending (its ``fault`` is the truth that a detector should find) and
    ``time_ms`` and ``temperature`` say what it measured (0 for a duplicate). ``order`` sorts lines by device; ``data``
    holds them in that order, ``ends`` says where each ends and ``hashes`` by what each is known. ``reasons`` has the
    reason code of each dirty line.
    """

    plan: Plan
    time_ms: Ints
    temperature: Floats
    order: Ints
    data: bytes
    ends: Ints
    hashes: Hashes
    reasons: dict[int, str]
    names: list[str]

    @property
    def size(self) -> int:
        """How many lines."""
        return self.plan.lines

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines in the order of sending, each with its newline."""
        lines = [b""] * self.plan.lines
        for position, (start, end) in zip(self.order.tolist(), pairwise([0, *self.ends.tolist()]), strict=True):
            lines[position] = self.data[start:end]
        return lines

    def by_device(self) -> Iterator[Lines]:
        """The lines of each device, in order, marked for the ledger."""
        plan, order = self.plan, self.order
        device = plan.device[order]
        firsts = np.flatnonzero(np.diff(device, prepend=-1))
        special = np.flatnonzero(((plan.kind != 0) | (plan.late_ms != 0))[order]).tolist()
        marked = [(place, self._mark(int(order[place]))) for place in special]
        devices = device[firsts].tolist()
        bounds = [*firsts.tolist(), len(order)]
        ends, hashes = self.ends, self.hashes.astype("<u8").tobytes()
        begin, used = 0, 0
        for name, (first, last) in zip(devices, pairwise(bounds), strict=True):
            upto = used
            while upto < len(marked) and marked[upto][0] < last:
                upto += 1
            end = int(ends[last - 1])
            yield Lines(
                self.names[name],
                self.data[begin:end],
                (ends[first:last] - begin).tolist(),
                [(place - first, mark) for place, mark in marked[used:upto]],
                hashes[first * HASH_BYTES : last * HASH_BYTES],
            )
            begin, used = end, upto

    def _mark(self, position: int) -> str:
        kind = self.plan.kind[position]
        if kind == DIRTY:
            return marks.DIRTY + self.reasons[position]
        return marks.DUPLICATE if kind == DUPLICATE else marks.LATE


class TemperatureSimulation:
    """An endless simulation; equal options give equal lines, however they are taken."""

    def __init__(self, options: SimulationOptions) -> None:
        self.options = options
        self.fleet = Fleet(options.devices, options.seed)
        self._encoder = LineEncoder(self.fleet, options.tag)
        self._chunks = Chunks(Planner(options).next_chunk)
        self._held: dict[int, tuple[int, float]] = {}
        self._kept: dict[int, tuple[bytes, np.uint64]] = {}
        self._start_ms = options.start.timestamp() * 1000.0

    @property
    def interval(self) -> float | None:
        """Seconds between two readings of a device, or None when times follow the wall clock."""
        return self.options.interval

    def take(self, limit: int, window: Window | None = None) -> Block:
        """The next lines, at least one and at most ``limit``.

        ``window`` says when they are measured; without it, each device measures every ``interval`` seconds of the
        options, evenly staggered.
        """
        plan = self._chunks.take(limit)
        interval, devices = self.options.interval, self.fleet.size
        time_ms = measured_at(plan, window, start_ms=self._start_ms, interval=interval, devices=devices)
        return self._measure(plan, time_ms - plan.late_ms)

    def _measure(self, plan: Plan, time_ms: Ints) -> Block:
        seconds = time_ms / 1000.0
        temperature = self.fleet.temperature(plan.device, seconds, seconds - self._start_ms / 1000.0, plan.noise)
        temperature = np.clip(temperature + plan.jump, -89.0, 199.0)
        self._stick(plan, temperature)
        humidity = self.fleet.humidity(plan.device, temperature - plan.jump, plan.humidity_noise)
        battery = self.fleet.battery(plan.device, plan.tick)
        order = np.argsort(plan.device, kind="stable")
        encoded = self._encoder.encode(
            device=plan.device[order],
            sequence=plan.tick[order],
            time_ms=time_ms[order],
            centi=np.rint(temperature[order] * 100.0).astype(np.int64),
            humidity=np.rint(humidity[order] * 10.0).astype(np.int64),
            battery=np.rint(battery[order] * 10.0).astype(np.int64),
        )
        hashes = self._hashes(plan.device[order], encoded)
        data, ends, reasons = self._replace(plan, order, encoded.data, encoded.lengths, hashes)
        return Block(plan, time_ms, np.round(temperature, 2), order, data, ends, hashes, reasons, self.fleet.names)

    def _hashes(self, device: Ints, encoded: EncodedLines) -> Hashes:
        """What each line is known by, as long as it is a valid reading."""
        data = encoded.data
        starts = np.cumsum(encoded.lengths) - encoded.lengths + ID_START
        stops = starts + self._encoder.id_lengths[device]
        found = [id_hash(data[start:stop]) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
        return np.array(found, np.uint64)

    def _stick(self, plan: Plan, temperature: Floats) -> None:
        """A stuck sensor repeats the value at which it stuck; changes ``temperature`` in place."""
        for position in np.flatnonzero(plan.fault == STUCK).tolist():
            device, episode = int(plan.device[position]), int(plan.episode[position])
            number, value = self._held.get(device, (0, 0.0))
            if number != episode:
                value = float(temperature[position])
                self._held[device] = (episode, value)
            temperature[position] = value

    def _replace(
        self, plan: Plan, order: Ints, data: bytes, lengths: Ints, hashes: Hashes
    ) -> tuple[bytes, Ints, dict[int, str]]:
        """Put dirty lines, duplicates and lines with unknown fields in their places among the clean ones, and in
        ``hashes`` what dirty lines and duplicates are known by."""
        special = np.flatnonzero((plan.kind != 0) | plan.extra | plan.repeated)
        ends = np.cumsum(lengths)
        reasons: dict[int, str] = {}
        if not len(special):
            return data, ends, reasons
        place_of = np.empty(len(order), np.int64)
        place_of[order] = np.arange(len(order))
        places = place_of[special]
        stops = ends[places]
        starts = stops - lengths[places]
        replaced: list[tuple[int, int, int, bytes]] = []
        for position, place, start, stop in zip(
            special.tolist(), places.tolist(), starts.tolist(), stops.tolist(), strict=True
        ):
            line = data[start:stop]
            ordinal = int(plan.ordinal[position])
            if plan.kind[position] == DIRTY:
                line, reasons[position] = spoil(int(plan.dirt[position]), line)
                hashes[place] = line_hash(line[:-1])
            elif plan.kind[position] == DUPLICATE:
                line, hashes[place] = self._kept.pop(ordinal)
            elif plan.extra[position]:
                line = line[:-2] + _EXTRAS[ordinal % len(_EXTRAS)]
            if plan.repeated[position]:
                self._kept[ordinal] = (line, hashes[place])
            replaced.append((place, start, stop, line))
        pieces: list[bytes] = []
        copied = 0
        for place, start, stop, line in sorted(replaced):
            pieces += (data[copied:start], line)
            copied = stop
            lengths[place] = len(line)
        pieces.append(data[copied:])
        return b"".join(pieces), np.cumsum(lengths), reasons
