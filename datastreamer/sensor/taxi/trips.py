"""Trips one after the other, in the order in which they end: that is when a meter sends them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from datastreamer.errors import InvalidRecordError, UsageError
from datastreamer.events.trip import FIELDS, REQUIRED, Kind, Trip, parse_trip
from datastreamer.sensor.replay.recording import Recording, Row
from datastreamer.sensor.taxi.simulation import simulate_day
from datastreamer.sensor.taxi.tariffs import tariff_of
from datastreamer.sensor.unreadable import Unreadable

TRIPS_A_DAY: Final = 100_000
"""Of simulated days: about what yellow taxis made in 2025 (3 to 4 million a month)."""


def simulated(begin: date, trips_a_day: int, *, seed: int) -> Iterator[Trip]:
    """Trips of ``begin`` and all days after it, without end, by pick-up; equal arguments give equal trips.

    Raises UsageError for a day before the tariffs.
    """
    tariff_of(begin)
    return _days(begin, trips_a_day, seed)


def _days(begin: date, trips_a_day: int, seed: int) -> Iterator[Trip]:
    for number in count():
        columns = simulate_day(begin + timedelta(days=number), trips_a_day, seed=seed, dirt=0.0)
        values = {field.column: columns[field.column].tolist() for field in FIELDS}
        for field in FIELDS:
            if field.kind is Kind.WHOLE:
                values[field.column] = [int(value) for value in values[field.column]]
        for row in zip(*values.values(), strict=True):
            yield Trip(*row)


def recorded(path: Path, unreadable: Unreadable) -> Iterator[tuple[Trip, float]]:
    """Trips of a CSV file of TLC's (plain or gzip) in its order, each with the share of the file that was read.

    Rows that are no trips go to ``unreadable``, with the contract's reason. Raises UsageError when the file cannot be
    read or lacks a column that a trip must have.
    """
    rows = Recording(path, ",").rows()
    head = next(rows, None)
    if head is None:
        raise UsageError(f"{path} is empty")
    names = [name.lower() for name in head.fields]
    lacking = [field.tlc for field in FIELDS if field.column in REQUIRED and field.tlc.lower() not in names]
    if lacking:
        raise UsageError(f"{path} is not a file of yellow taxis: its first line lacks {', '.join(lacking)}")
    return _trips(rows, names, unreadable)


def _trips(rows: Iterator[Row], names: list[str], unreadable: Unreadable) -> Iterator[tuple[Trip, float]]:
    for row in rows:
        if row.problem or len(row.fields) != len(names):
            unreadable.add(row.line, row.problem or f"it has {len(row.fields)} fields, the first line {len(names)}")
            continue
        try:
            yield parse_trip(dict(zip(names, row.fields, strict=True))), row.read
        except InvalidRecordError as error:
            unreadable.add(row.line, str(error))


def by_dropoff(trips: Iterable[Trip]) -> Iterator[Trip]:
    """``trips``, which come by pick-up, in the order of their drop-offs.

    Those that are under way are held, no more: a trip is let go once one begins that is not earlier than its end. Where
    pick-ups are not in order, a trip may come after one that ended later; none is lost.
    """
    under_way: list[tuple[datetime, int, Trip]] = []
    for number, trip in enumerate(trips):
        while under_way and under_way[0][0] <= trip.pickup_time:
            yield heapq.heappop(under_way)[2]
        heapq.heappush(under_way, (trip.dropoff_time, number, trip))
    while under_way:
        yield heapq.heappop(under_way)[2]
