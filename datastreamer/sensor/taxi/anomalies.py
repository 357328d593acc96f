"""Fares that are wrong on purpose, eight kinds: the truth that a model should find, kept beside the stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from datastreamer.errors import UsageError
from datastreamer.events.trip import Trip
from datastreamer.sensor.taxi.meter import STANDARD
from datastreamer.sensor.taxi.tariffs import tariff_of

_CITY_FARE: Final = 40.0
"""Above it, an airport's flat fare for a trip in the city would not stand out [US dollars]."""


class Anomaly(NamedTuple):
    """``name`` is its kind in the labels; ``fare`` gives the wrong fare of a trip, ``miles`` factors its distance."""

    name: str
    fare: Callable[[Trip], float]
    applies: Callable[[Trip], bool] = lambda trip: trip.fare_amount > 0
    miles: float = 1.0


ANOMALIES: Final = (
    Anomaly("fare_and_a_half", lambda trip: trip.fare_amount * 1.5),
    Anomaly("fare_doubled", lambda trip: trip.fare_amount * 2.0),
    Anomaly("fare_tripled", lambda trip: trip.fare_amount * 3.0),
    Anomaly("fare_halved", lambda trip: trip.fare_amount * 0.5),
    Anomaly("twenty_dollars_more", lambda trip: trip.fare_amount + 20.0),
    Anomaly(
        "airport_fare_in_the_city",
        lambda trip: tariff_of(trip.pickup_time.date()).jfk,
        applies=lambda trip: trip.rate_code == STANDARD and 0 < trip.fare_amount < _CITY_FARE,
    ),
    Anomaly("distance_left_out", lambda trip: trip.fare_amount, miles=0.0),
    Anomaly("negative_fare", lambda trip: -trip.fare_amount),
)


class Injector:
    """Makes a ``share`` of the trips anomalous, each kind as often as another where it applies; equal seeds alike.

    Raises UsageError for a share that is none.
    """

    def __init__(self, share: float, seed: int) -> None:
        if not 0.0 <= share <= 1.0:
            raise UsageError(f"--anomalies is a fraction from 0 to 1, not {share}")
        self._share = share
        self._random = np.random.default_rng(np.random.SeedSequence([seed, 1]))

    def inject(self, trip: Trip) -> tuple[Trip, str]:
        """The trip as it is sent, and the kind of its anomaly; the trip itself and empty where nothing is wrong.

        Two numbers are drawn for each trip, so that another share leaves the kinds of the others as they were.
        """
        drawn, which = self._random.random(2)
        kinds = [kind for kind in ANOMALIES if kind.applies(trip)]
        if drawn >= self._share or not kinds:
            return trip, ""
        kind = kinds[int(which * len(kinds))]
        fare = round(kind.fare(trip), 2)
        return (
            replace(
                trip,
                trip_distance=round(trip.trip_distance * kind.miles, 2),
                fare_amount=fare,
                total_amount=round(trip.total_amount + fare - trip.fare_amount, 2),
            ),
            kind.name,
        )
