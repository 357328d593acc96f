"""Which trips a model is trained and validated on, and the SQL that selects them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from datastreamer.errors import UsageError
from datastreamer.events.trip import DETAILS_MISSING
from datastreamer.taxi.month import Month, months_from
from datastreamer.taxi.schema import SILVER_TABLE
from datastreamer.taxi.training.features import FEATURES, LABEL


@dataclass(frozen=True)
class Bounds:
    """Trips beyond them are left out: ``fare`` [US dollars] and ``distance`` [miles], least and most, inclusive.

    3 dollars is what the meter shows at the start (TLC's rates since December 2022). Raises UsageError where the least
    is above the most, or not finite.
    """

    fare: tuple[float, float] = (3.0, 200.0)
    distance: tuple[float, float] = (0.1, 50.0)

    def __post_init__(self) -> None:
        for name, (least, most) in vars(self).items():
            if not 0 <= least <= most < float("inf"):
                raise UsageError(f"{name}: {least:g} to {most:g} are no bounds")


@dataclass(frozen=True)
class Split:
    """Validation is on trips of ``validation``, training on those of ``months`` months before it: a model is judged on
    days later than any that it has seen."""

    validation: Month
    months: int = 3

    @property
    def training(self) -> tuple[Month, ...]:
        """The months of training, in order."""
        before = self.validation.year * 12 + self.validation.month - 1 - self.months
        return tuple(months_from(Month(before // 12, before % 12 + 1), self.months))


_USED_FAULTS: Final = (DETAILS_MISSING,)
"""Of strange trips only those that were booked and not hailed are used: in January 2026 they were 29 % of all, and that
they lack the passengers tells a model which they are."""

_NEGOTIATED: Final = 5
"""TLC's rate code of a fare that driver and passenger agreed on, which no meter says and no feature explains. They are
less than one trip of a hundred and most of the squared error: with them a model learns noise, and its rule marks only
what is 150 dollars off."""


def rows(months: Iterable[Month], bounds: Bounds) -> str:
    """FROM and WHERE of the trips of ``months`` within ``bounds``."""
    partitions = " OR ".join(f"(year = '{month.year}' AND month = '{month.month:02d}')" for month in months)
    used = ", ".join(f"'{fault}'" for fault in _USED_FAULTS)
    return (
        f"FROM {SILVER_TABLE} WHERE ({partitions})"
        f" AND cardinality(array_except(faults, ARRAY[{used}])) = 0"
        f" AND coalesce(rate_code, 0) <> {_NEGOTIATED}"
        f" AND {LABEL} BETWEEN {bounds.fare[0]!r} AND {bounds.fare[1]!r}"
        f" AND trip_distance BETWEEN {bounds.distance[0]!r} AND {bounds.distance[1]!r}"
    )


def columns() -> str:
    """The columns of a training set: the label first, as SageMaker's XGBoost takes it, and nothing but numbers."""
    features = (f"CAST({feature.sql} AS DOUBLE) AS {feature.name}" for feature in FEATURES)
    return ", ".join([f"CAST({LABEL} AS DOUBLE) AS label", *features])


def count(months: Iterable[Month], bounds: Bounds) -> str:
    """The query of how many trips there are."""
    return f"SELECT COUNT(*) {rows(months, bounds)}"


def create(table: str, months: Iterable[Month], bounds: Bounds) -> str:
    """The CTAS of a set. It names no location: its workgroup gives each query one of its own."""
    return (
        f"CREATE TABLE {table} WITH (format = 'PARQUET', write_compression = 'SNAPPY') AS "
        f"SELECT {columns()} {rows(months, bounds)}"
    )
