"""Trips as the source of a run: at a rate, in event time, or flat out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from datastreamer.events.labels import ANOMALY, NORMAL, Label
from datastreamer.events.trip import Trip
from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.packing import Lines
from datastreamer.sensor.stopping import StopRequest
from datastreamer.sensor.taxi.anomalies import Injector
from datastreamer.sensor.taxi.record import device_of, lines_of
from datastreamer.sensor.unreadable import Unreadable

_BATCH: Final = 512
_LONGEST_WAIT: Final = 0.1


class TripSource:
    """``trips`` in the order of their drop-offs, the first ``count`` of them (None: all).

    A trip is due when ``pacer`` says so and, with a ``speedup``, when as much time has passed since the first one as
    lies between their drop-offs, divided by it. ``witness`` gets the labels of a batch before it is sent; ``read`` says
    which share of a file was read, None of a source without end.
    """

    def __init__(
        self,
        trips: Iterator[Trip],
        pacer: Pacer,
        injector: Injector,
        *,
        speedup: float | None,
        count: int | None,
        unreadable: Unreadable,
        read: Callable[[], float | None] = lambda: None,
        witness: Callable[[Iterable[Label]], None] = lambda _labels: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.unreadable = unreadable
        self._trips = trips
        self._pacer = pacer
        self._injector = injector
        self._speedup = speedup
        self._count = count
        self._read = read
        self._witness = witness
        self._clock = clock
        self._begun: tuple[float, datetime] | None = None
        self._sent = 0
        self._done = False

    def progress(self) -> float | None:
        """The fraction done, or None when there is no end."""
        if self._done:
            return 1.0
        return self._read() if self._count is None else self._sent / self._count

    def batches(self, stop: StopRequest) -> Iterator[Iterable[Lines]]:
        """Records as they become due."""
        self._pacer.start()
        held = self._next()
        while held is not None and not stop.stopped:
            allowed = min(_BATCH, self._pacer.due())
            batch: list[Trip] = []
            while held is not None and len(batch) < allowed and self._wait(held) <= 0.0:
                batch.append(held)
                self._sent += 1
                held = self._next()
            if batch:
                self._pacer.sent(len(batch))
                yield self._records(batch)
            elif held is not None:
                yield ()
                pause = self._pacer.pause() if not allowed else self._wait(held)
                stop.wait(min(_LONGEST_WAIT, max(pause, 0.001)))
        self._done = held is None

    def _next(self) -> Trip | None:
        return None if self._sent == self._count else next(self._trips, None)

    def _records(self, batch: Iterable[Trip]) -> list[Lines]:
        records, labels = [], []
        for trip in batch:
            sent, kind = self._injector.inject(trip)
            trip_id = sent.trip_id
            records.append(lines_of(sent, trip_id))
            labels.append(Label(trip_id, device_of(sent), ANOMALY if kind else NORMAL, kind))
        self._witness(labels)
        return records

    def _wait(self, trip: Trip) -> float:
        """Seconds until ``trip`` is due by its drop-off."""
        if self._speedup is None:
            return 0.0
        now = self._clock()
        if self._begun is None:
            self._begun = (now, trip.dropoff_time)
        begun, first = self._begun
        return (trip.dropoff_time - first).total_seconds() / self._speedup - (now - begun)
