"""The simulation: the course of a fleet as lines, some of them late, repeated or dirty, in blocks of any size."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from datastreamer.events.digest import line_hash, packed
from datastreamer.sensor import marks
from datastreamer.sensor.insight.course import Course, Draft, Measured
from datastreamer.sensor.insight.dirt import DIRT, spoil
from datastreamer.sensor.insight.installation import Said
from datastreamer.sensor.insight.options import SimulationOptions
from datastreamer.sensor.insight.samples import sample
from datastreamer.sensor.insight.troubles import Note
from datastreamer.sensor.insight.writing import Line, LineWriter
from datastreamer.sensor.packing import Lines
from datastreamer.sensor.simulated import Window

MOST_BEHIND: Final = 5_000
"""Lines that come at most between an event's turn and the late event, or between an event and its repetition."""
_MOST_HELD: Final = 20_000
"""Lines that wait at a time, at most: where all events are late, some must come."""
_DRAWN: Final = 4_096


class Moment(NamedTuple):
    """A note of the course, and when it was, as events have times."""

    note: Note
    at: str


@dataclass
class Block:
    """Consecutive lines, in the order of sending; ``moments`` are what happened meanwhile and is not sent."""

    lines: list[Line] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many lines."""
        return len(self.lines)

    def by_device(self) -> Iterator[Lines]:
        """The lines of each site, in order, marked for the receipt."""
        of: dict[str, list[Line]] = {}
        for line in self.lines:
            of.setdefault(line.site, []).append(line)
        for site, lines in of.items():
            ends, end = [], 0
            for line in lines:
                end += len(line.data)
                ends.append(end)
            marked = [(place, line.mark) for place, line in enumerate(lines) if line.mark]
            yield Lines(site, b"".join(line.data for line in lines), ends, marked, packed(line.hash for line in lines))


class InsightSimulation:
    """An endless simulation; equal options give equal lines, however they are taken.

    A line is what is due from before (a late event, a repetition), or else dirt, or else the course's next event,
    which may be put off instead: then it comes later, as it was, and the one after it takes its place.
    """

    def __init__(self, options: SimulationOptions) -> None:
        self.options = options
        self._course = Course(options)
        self._writer = LineWriter(self._course.fleet, options.tag)
        self._draws = self._endless_draws()
        self._start_ms = options.start.timestamp() * 1000.0
        self._drafts: Iterator[Draft] = iter(())
        self._rounds = 0
        self._begun_ms = self._start_ms
        self._step_ms: float | None = None if options.interval is None else 0.0
        self._place = 0
        self._lines = 0
        self._due: list[tuple[int, int, Line]] = []
        self._held = 0
        fresh = 1.0 - options.duplicates - options.dirty
        self._dirty = options.dirty / (1.0 - options.duplicates)
        self._late = options.late / fresh if fresh > 0.0 else 0.0
        self._repeated = options.duplicates / fresh if fresh > 0.0 else 0.0
        self._block = Block()

    @property
    def interval(self) -> float | None:
        """Seconds between two metrics of a device, or None when times follow the wall clock."""
        return self.options.interval

    def take(self, limit: int, window: Window | None = None) -> Block:
        """The next ``limit`` lines; ``window`` says when they happened, without it the options do."""
        self._block = block = Block()
        begin, end = window(limit) if window else (self._start_ms, self._start_ms)
        step = (end - begin) / limit
        for place in range(1, limit + 1):
            block.lines.append(self._next(begin + step * place))
            self._lines += 1
        return block

    def _next(self, clock_ms: float) -> Line:
        if self._due and self._due[0][0] <= self._lines:
            return heapq.heappop(self._due)[2]
        while True:
            dirty, late, repeated = next(self._draws)
            if dirty < self._dirty:
                return self._spoilt(dirty / self._dirty, late, clock_ms)
            line = self._event(clock_ms)
            turn = self._lines
            is_late = late < self._late and len(self._due) < _MOST_HELD
            if is_late:
                line = line._replace(mark=marks.LATE)
                turn = self._hold(line, turn, late / self._late)
            if repeated < self._repeated:
                self._hold(line._replace(mark=marks.DUPLICATE), turn, repeated / self._repeated)
            if not is_late:
                return line

    def _hold(self, line: Line, turn: int, luck: float) -> int:
        """Let ``line`` come some lines after ``turn``, seldom many; returns its turn."""
        turn += max(1, int(MOST_BEHIND**luck))
        self._held += 1
        heapq.heappush(self._due, (turn, self._held, line))
        return turn

    def _event(self, clock_ms: float) -> Line:
        """The next event of the course; what is not sent goes to the block."""
        while True:
            for draft in self._drafts:
                time_ms = int(self._time(clock_ms))
                self._place += 1
                if isinstance(draft, Measured):
                    return self._writer.measured(draft.position, draft.measures, time_ms)
                if isinstance(draft, Said):
                    return self._writer.said(draft, time_ms)
                self._block.moments.append(Moment(draft, self._writer.stamp(time_ms)))
            self._begin_round(clock_ms)

    def _begin_round(self, clock_ms: float) -> None:
        interval = self.options.interval
        begin = clock_ms if interval is None else self._start_ms + 1000.0 * interval * self._rounds
        drafts = self._course.round(begin / 1000.0)
        self._rounds += 1
        self._begun_ms, self._place = begin, 0
        self._step_ms = None if interval is None else 1000.0 * interval / max(1, len(drafts))
        self._drafts = iter(drafts)

    def _time(self, clock_ms: float) -> float:
        """When the draft that is next happens."""
        return clock_ms if self._step_ms is None else self._begun_ms + self._step_ms * self._place

    def _spoilt(self, which: float, where: float, clock_ms: float) -> Line:
        """A dirty line: no event of the course is lost by it."""
        kind = DIRT[int(which * len(DIRT))]
        fleet = self._course.fleet
        valid = self._writer.said(
            sample(kind.event_type, fleet, int(where * len(fleet.positions))), int(self._time(clock_ms))
        )
        data = spoil(kind, valid.data[:-1])
        return Line(valid.site, data + b"\n", line_hash(data), marks.DIRTY + kind.reason)

    def _endless_draws(self) -> Iterator[list[float]]:
        """Three numbers from 0 to 1 for each line and each event."""
        random = np.random.Generator(np.random.SFC64(np.random.SeedSequence([self.options.seed, 4])))
        while True:
            yield from random.random((_DRAWN, 3)).tolist()
