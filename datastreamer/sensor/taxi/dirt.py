"""What is wrong with real rows, in real proportions: each kind of dirt spoils a share of a day's rows.

The shares of missing details and of trips without distance were published for whole months (2023, February 2024,
January 2025 and 2026); the others are orders of magnitude. Refunds and copies take the place of other rows, so that a
day keeps its number of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from datastreamer.events.trip import AMOUNTS, DETAILS

Columns = dict[str, NDArray[Any]]
Spoil = Callable[[np.random.Generator, Columns, NDArray[np.int64]], None]

_MISSING_DETAILS: Final = {2023: 0.114, 2024: 0.062, 2025: 0.2, 2026: 0.2921}
_MISSING_BEFORE: Final = 0.02
_NO_CHARGE, _DISPUTE = 3.0, 4.0
_FLEX: Final = 0.0


def missing_details(year: int) -> float:
    """The share of rows of ``year`` that lack the five details; that of 2026 from then on."""
    return _MISSING_DETAILS.get(year, _MISSING_BEFORE if year < 2023 else _MISSING_DETAILS[2026])


def _details(random: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    for name in DETAILS:
        columns[name][rows] = "" if name == "store_and_forward" else np.nan
    columns["payment_type"][rows] = _FLEX
    # A booked trip has the price that was agreed when it was ordered, near what the meter would have shown.
    agreed = np.round(columns["fare_amount"][rows] * random.uniform(0.85, 1.25, len(rows)), 2)
    columns["total_amount"][rows] = np.round(columns["total_amount"][rows] + agreed - columns["fare_amount"][rows], 2)
    columns["fare_amount"][rows] = agreed


def _no_distance(_: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    columns["trip_distance"][rows] = 0.0


def _unknown_zone(random: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    columns["dropoff_zone"][rows] = random.choice((264.0, 265.0), len(rows))


def _unknown_rate(_: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    columns["rate_code"][rows] = 99.0


def _negotiated(random: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    agreed = np.round(random.uniform(20.0, 200.0, len(rows)))
    columns["rate_code"][rows] = 5.0
    columns["total_amount"][rows] = np.round(columns["total_amount"][rows] + agreed - columns["fare_amount"][rows], 2)
    columns["fare_amount"][rows] = agreed


def _left_running(random: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    lasting = random.integers(23 * 3600, 24 * 3600, len(rows))
    columns["dropoff_time"][rows] = columns["pickup_time"][rows] + lasting.astype("timedelta64[s]")


def _no_duration(_: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    columns["dropoff_time"][rows] = columns["pickup_time"][rows]


def _backwards(random: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    before = random.integers(1, 3600, len(rows))
    columns["dropoff_time"][rows] = columns["pickup_time"][rows] - before.astype("timedelta64[s]")


def _far(random: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    columns["trip_distance"][rows] = np.round(random.uniform(5e3, 3e5, len(rows)), 2)


def _free(_: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    for name in AMOUNTS:
        columns[name][rows] = 0.0
    columns["payment_type"][rows] = _NO_CHARGE


def _another_year(random: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    # A clock that was never set: its first days of 2009, in which the oldest meters of the programme began.
    lasting = columns["dropoff_time"][rows] - columns["pickup_time"][rows]
    columns["pickup_time"][rows] = np.datetime64("2009-01-01", "us") + random.integers(0, 2 * 86_400, len(rows)).astype(
        "timedelta64[s]"
    )
    columns["dropoff_time"][rows] = columns["pickup_time"][rows] + lasting


def _copied(_: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    _repeat(columns, rows)


def _refunded(random: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    rows, originals = _repeat(columns, rows)
    columns["payment_type"][rows] = columns["payment_type"][originals] = random.choice(
        (_NO_CHARGE, _DISPUTE), len(rows)
    )
    # Tips by card are gone where the ride is not paid by card.
    columns["total_amount"][originals] = np.round(
        columns["total_amount"][originals] - columns["tip_amount"][originals], 2
    )
    columns["tip_amount"][originals] = 0.0
    for name in AMOUNTS:
        columns[name][rows] = 0.0 - columns[name][originals]


def _refund_alone(_: np.random.Generator, columns: Columns, rows: NDArray[np.int64]) -> None:
    columns["payment_type"][rows] = _DISPUTE
    for name in AMOUNTS:
        columns[name][rows] = 0.0 - columns[name][rows]


def _repeat(columns: Columns, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Make rows copies of the ones after them; the copies and their originals. The last row has none after it."""
    rows = rows[rows + 1 < len(columns["pickup_time"])]
    # Of neighbours in the choice, the first would copy what is itself to be replaced.
    rows = rows[~np.isin(rows + 1, rows)]
    for values in columns.values():
        values[rows] = values[rows + 1]
    return rows, rows + 1


DIRT: Final[tuple[tuple[str, float, Spoil], ...]] = (
    ("unknown_zone", 0.006, _unknown_zone),
    ("unknown_rate", 0.008, _unknown_rate),
    ("negotiated", 0.006, _negotiated),
    ("no_distance", 0.0262, _no_distance),
    ("left_running", 0.001, _left_running),
    ("no_duration", 0.0004, _no_duration),
    ("backwards", 0.00005, _backwards),
    ("far", 0.00003, _far),
    ("free", 0.0004, _free),
    ("refund_alone", 0.001, _refund_alone),
    ("refunded", 0.012, _refunded),
    ("copied", 0.00001, _copied),
    ("another_year", 0.00001, _another_year),
)
"""Kinds of dirt with the share of rows that each spoils, in the order in which they do, after the missing details."""


def spoil(random: np.random.Generator, columns: Columns, *, day: date, factor: float) -> Columns:
    """``columns`` with ``factor`` times the real dirt; changes them in place. Kinds may meet in a row."""
    rows = len(columns["pickup_time"])
    _details(random, columns, np.flatnonzero(random.random(rows) < min(1.0, factor * missing_details(day.year))))
    for _, share, apply in DIRT:
        apply(random, columns, np.flatnonzero(random.random(rows) < min(1.0, factor * share)))
    return columns
