"""A recording as the source of a run: as fast as it was recorded, a multiple of that, at a rate, or flat out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.packing import Lines
from datastreamer.sensor.replay.readings import ReadingReader, ReplayedReading
from datastreamer.sensor.replay.recording import Row
from datastreamer.sensor.stopping import StopRequest
from datastreamer.sensor.unreadable import Unreadable

_BATCH: Final = 512
_LONGEST_WAIT: Final = 0.1


class ReplaySource:
    """Readings of ``rows`` in the file's order.

    ``speedup``: how many seconds of the recording pass in one second, or None to take no notice of recorded times.
    A reading is due when both the recorded time and ``pacer`` say so.
    """

    def __init__(
        self,
        rows: Iterator[Row],
        reader: ReadingReader,
        pacer: Pacer,
        speedup: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.unreadable = Unreadable()
        self._readings = reader.read(rows, self.unreadable)
        self._pacer = pacer
        self._speedup = speedup
        self._clock = clock
        self._begun: tuple[float, datetime] | None = None
        self._read = 0.0

    def progress(self) -> float:
        """The share of the file that was read."""
        return self._read

    def batches(self, stop: StopRequest) -> Iterator[Iterable[Lines]]:
        """Lines as they become due."""
        self._pacer.start()
        held = next(self._readings, None)
        while held is not None and not stop.stopped:
            allowed = min(_BATCH, self._pacer.due())
            batch: list[Lines] = []
            while held is not None and len(batch) < allowed and self._wait(held) <= 0.0:
                batch.append(held.lines)
                self._read = held.read
                held = next(self._readings, None)
            if batch:
                self._pacer.sent(len(batch))
                yield batch
            elif held is not None:
                yield ()
                pause = self._pacer.pause() if not allowed else self._wait(held)
                stop.wait(min(_LONGEST_WAIT, max(pause, 0.001)))
        if held is None:
            self._read = 1.0

    def _wait(self, reading: ReplayedReading) -> float:
        """Seconds until ``reading`` is due by its recorded time."""
        if self._speedup is None:
            return 0.0
        now = self._clock()
        if self._begun is None:
            self._begun = (now, reading.moment)
        begun, first = self._begun
        return (reading.moment - first).total_seconds() / self._speedup - (now - begun)
