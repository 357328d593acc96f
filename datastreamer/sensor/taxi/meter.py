"""The meter: fares and surcharges of trips, by the tariff of their day.

A trip has parts at 12 mph or more, which count by distance, and slow ones, which count by time. The simulation knows a
trip's distance and duration alone, so it takes a speed for either part and solves for how long each lasted.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datastreamer.sensor.taxi.city import (
    AIRPORT,
    IN_CBD,
    JFK,
    LAGUARDIA,
    MANHATTAN,
    NEWARK,
    NUMBER,
    SURCHARGED,
    Floats,
    Ints,
)
from datastreamer.sensor.taxi.tariffs import Tariff

Bools = NDArray[np.bool_]

UNITS_A_MILE: Final = 5.0
_SLOW_MPH: Final = 4.0
_LEAST_FAST_MPH: Final = 14.0

STANDARD, FLAT_JFK, TO_NEWARK = 1.0, 2.0, 3.0
"""Rate codes of TLC's data dictionary."""


class Charges(NamedTuple):
    """What the meter shows at the end, US dollars; ``rate_code`` as in the contract."""

    rate_code: Floats
    fare: Floats
    extra: Floats
    mta_tax: Floats
    tolls: Floats
    improvement: Floats
    congestion: Floats
    airport: Floats
    cbd: Floats


def units(miles: Floats, seconds: Floats, fast_mph: Floats) -> Floats:
    """Units of fare, the one that has begun included; ``fast_mph`` is the speed of the trip's fast part."""
    hours = seconds / 3600.0
    slow_hours = np.clip((fast_mph * hours - miles) / (fast_mph - _SLOW_MPH), 0.0, hours)
    fast_miles = np.maximum(miles - _SLOW_MPH * slow_hours, 0.0)
    counted: Floats = np.ceil(np.round(fast_miles * UNITS_A_MILE + slow_hours * 60.0, 6))
    return counted


def fast_speed(random: np.random.Generator, miles: Floats, seconds: Floats) -> Floats:
    """How fast the fast part of each trip was [mph]: more on long ones, which use a highway."""
    average = miles / seconds * 3600.0
    drawn = (16.0 + 6.0 * np.log1p(miles / 3.0)) * np.exp(random.normal(0.0, 0.1, len(miles)))
    return np.maximum(np.maximum(drawn, average * 1.15), _LEAST_FAST_MPH)


def charge(
    tariff: Tariff,
    *,
    begin: Ints,
    end: Ints,
    miles: Floats,
    seconds: Floats,
    fast_mph: Floats,
    hour: Ints,
    weekday: bool,
    tolled: Bools,
) -> Charges:
    """What trips from ``begin`` to ``end`` (indices of ZONES) cost that began in ``hour`` of a day of ``tariff``.

    ``weekday``: whether the day is Monday to Friday. ``tolled``: trips that pass a toll.
    """
    touches = {zone: (NUMBER[begin] == zone) | (NUMBER[end] == zone) for zone in (JFK, LAGUARDIA)}
    flat = touches[JFK] & (MANHATTAN[begin] | MANHATTAN[end])
    newark = NUMBER[end] == NEWARK
    metered = tariff.entry + tariff.unit * units(miles, seconds, fast_mph)
    rush = weekday & (hour >= 16) & (hour < 20)
    night = (hour >= 20) | (hour < 6)
    extra = np.where(rush, tariff.rush, np.where(night, tariff.night, 0.0))
    extra = np.where(flat, np.where(rush, tariff.jfk_rush, 0.0), np.where(newark, 0.0, extra))
    trips = len(miles)
    return Charges(
        rate_code=np.where(flat, FLAT_JFK, np.where(newark, TO_NEWARK, STANDARD)),
        fare=np.where(flat, tariff.jfk, metered + np.where(newark, tariff.newark, 0.0)),
        extra=extra + np.where(touches[LAGUARDIA], tariff.laguardia, 0.0),
        mta_tax=np.where(newark, 0.0, tariff.mta_tax),
        tolls=np.where(tolled, np.where(newark, 2.5, 1.0) * tariff.toll, 0.0),
        improvement=np.full(trips, tariff.improvement),
        congestion=np.where(SURCHARGED[begin] | SURCHARGED[end], tariff.congestion, 0.0),
        airport=np.where(AIRPORT[begin] & (NUMBER[begin] != NEWARK), tariff.airport, 0.0),
        cbd=np.where(IN_CBD[begin] | IN_CBD[end], tariff.cbd, 0.0),
    )
