"""A day of trips: riders, traffic, the meter, how people pay, and what goes wrong.

Each day is drawn from a random stream of its own, so that a day's trips are the same whatever else is simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from datastreamer.sensor.taxi.city import AIRPORT, NUMBER, Floats, draw_routes
from datastreamer.sensor.taxi.dirt import spoil
from datastreamer.sensor.taxi.meter import charge, fast_speed
from datastreamer.sensor.taxi.tariffs import tariff_of

Columns = dict[str, NDArray[Any]]
"""Trips as columns by the names of ``datastreamer.events.trip``: times as datetime64[us], ``store_and_forward`` as text
(empty: null), numbers as floats (NaN: null)."""

_HOURS_WEEKDAY: Final = np.array(
    [21, 12, 8, 6, 6, 9, 22, 38, 47, 46, 44, 46, 49, 50, 53, 55, 50, 58, 68, 66, 62, 60, 55, 39], np.float64
)
_HOURS_WEEKEND: Final = np.array(
    [59, 53, 45, 33, 20, 9, 9, 13, 21, 31, 39, 45, 50, 51, 51, 51, 50, 54, 57, 55, 50, 50, 52, 52], np.float64
)
"""How many trips begin in each hour, relative."""
_WEEKDAYS: Final = (0.90, 1.0, 1.04, 1.06, 1.10, 1.04, 0.86)
"""Trips a day from Monday to Sunday, relative."""

_MPH: Final = np.array(
    [13, 14, 14.5, 15, 15.5, 15, 12.5, 10, 8.4, 8.2, 8.2, 8, 7.8, 7.8, 7.6, 7.6, 8, 7.8, 8, 8.8, 9.8, 10.4, 11, 12]
)
"""Average speed of a short trip by hour [mph]; the sample's median over the day is 9.8."""

_PASSENGERS: Final = ((0, 1, 2, 3, 4, 5, 6), (0.02, 0.697, 0.155, 0.035, 0.02, 0.048, 0.025))
_CARD, _CASH = 1.0, 2.0
_CARD_SHARE: Final = 0.725
_TIP_NONE: Final = 0.05
_TIPS: Final = ((0.20, 0.25, 0.30), (0.55, 0.25, 0.20))
"""What the screen in the back offers, as parts of what the meter shows, and how often each is taken."""


def trips_by_day(days: list[date], trips: int) -> list[int]:
    """``trips`` spread over ``days`` as the week has them, by largest remainder."""
    weights = np.array([_WEEKDAYS[day.weekday()] for day in days])
    exact = trips * weights / weights.sum()
    counts = np.floor(exact).astype(np.int64)
    for place in np.argsort(counts - exact, kind="stable")[: trips - counts.sum()]:
        counts[place] += 1
    return [int(count) for count in counts]


def simulate_day(day: date, trips: int, *, seed: int, dirt: float = 1.0) -> Columns:
    """``trips`` rows of ``day``, in the order of pick-up, refunds and copies among them.

    ``dirt`` multiplies the real shares of what goes wrong (see ``dirt``); 0: nothing does.
    """
    random = np.random.default_rng(np.random.SeedSequence([seed, day.toordinal()]))
    tariff = tariff_of(day)
    weekday = day.weekday() < 5
    hours = _HOURS_WEEKDAY if weekday else _HOURS_WEEKEND
    hour = random.choice(24, trips, p=hours / hours.sum())
    second = hour * 3600 + random.integers(0, 3600, trips)
    begin, end, miles = draw_routes(random, trips)
    miles = np.round(miles, 2)
    seconds = _durations(random, miles, hour)
    tolled = (AIRPORT[begin] | AIRPORT[end]) & (random.random(trips) < 0.75)
    charges = charge(
        tariff,
        begin=begin,
        end=end,
        miles=miles,
        seconds=seconds,
        fast_mph=fast_speed(random, miles, seconds),
        hour=hour,
        weekday=weekday,
        tolled=tolled,
    )
    shown = sum(charges[1:], np.zeros(trips))
    payment = np.where(random.random(trips) < _CARD_SHARE, _CARD, _CASH)
    tip = np.where(payment == _CARD, _tips(random, shown), 0.0)
    pickup = np.datetime64(day, "us") + second.astype("timedelta64[s]")
    vendors = (1.0, 2.0, 7.0) if day.year >= 2025 else (1.0, 2.0, 6.0)
    rows: Mapping[str, NDArray[Any]] = {
        "vendor_id": random.choice(vendors, trips, p=(0.235, 0.76, 0.005)),
        "pickup_time": pickup,
        "dropoff_time": pickup + seconds.astype("timedelta64[s]"),
        "passenger_count": random.choice(_PASSENGERS[0], trips, p=_PASSENGERS[1]).astype(np.float64),
        "trip_distance": miles,
        "rate_code": charges.rate_code,
        "store_and_forward": np.where(random.random(trips) < 0.006, "Y", "N"),
        "pickup_zone": NUMBER[begin].astype(np.float64),
        "dropoff_zone": NUMBER[end].astype(np.float64),
        "payment_type": payment,
        "fare_amount": charges.fare,
        "extra": charges.extra,
        "mta_tax": charges.mta_tax,
        "tip_amount": tip,
        "tolls_amount": charges.tolls,
        "improvement_surcharge": charges.improvement,
        "total_amount": np.round(shown + tip, 2),
        "congestion_surcharge": charges.congestion,
        "airport_fee": charges.airport,
        "cbd_congestion_fee": charges.cbd,
    }
    order = np.argsort(second, kind="stable")
    columns = {name: np.round(v, 2)[order] if v.dtype == np.float64 else v[order] for name, v in rows.items()}
    return spoil(random, columns, day=day, factor=dirt) if dirt else columns


def _durations(random: np.random.Generator, miles: Floats, hour: NDArray[np.int64]) -> Floats:
    """How long trips take [whole seconds], by traffic and distance."""
    mph = _MPH[hour] * (0.70 + 0.72 * np.log1p(miles / 2.0)) * np.exp(random.normal(0.0, 0.3, len(miles)))
    lasting = miles / np.clip(mph, 2.0, 55.0) * 3600.0 + random.uniform(10.0, 60.0, len(miles))
    whole: Floats = np.round(lasting)
    return whole


def _tips(random: np.random.Generator, shown: Floats) -> Floats:
    trips = len(shown)
    offered = random.choice(_TIPS[0], trips, p=_TIPS[1]) * shown
    by_hand = np.round(random.choice((1.0, 2.0, 3.0, 5.0), trips), 0)
    tip = np.where(random.random(trips) < 0.25, by_hand, offered)
    paid: Floats = np.where(random.random(trips) < _TIP_NONE, 0.0, np.round(tip, 2))
    return paid
