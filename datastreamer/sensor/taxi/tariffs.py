"""What New York's yellow taxis charge, and since when.

The metered rate, flat fares and surcharges are TLC's "Rate of Fare" (35 RCNY section 58-26) before and since
19 December 2022; the congestion surcharge is the state's, the airport fee the Port Authority's, the CBD fee and the
tolls (E-ZPass, one way) the MTA's. Days are those from which TLC's published rows show the amounts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from datastreamer.errors import UsageError


@dataclass(frozen=True)
class Tariff:
    """Amounts in US dollars from the day ``since`` on.

    ``entry`` is charged at once, ``unit`` for each fifth of a mile at 12 mph or more and for each 60 s below.
    ``jfk``: flat, between JFK and Manhattan; ``newark`` is added to the metered fare. ``rush``: weekdays from 16 to
    20 h, ``night``: from 20 to 6 h.
    """

    since: date
    entry: float
    unit: float
    jfk: float
    jfk_rush: float
    newark: float
    laguardia: float
    rush: float
    night: float
    mta_tax: float
    improvement: float
    congestion: float
    airport: float
    cbd: float
    toll: float


_BEFORE: Final = Tariff(
    since=date(2019, 1, 1),
    entry=2.5,
    unit=0.5,
    jfk=52.0,
    jfk_rush=4.5,
    newark=17.5,
    laguardia=0.0,
    rush=1.0,
    night=0.5,
    mta_tax=0.5,
    improvement=0.3,
    congestion=0.0,
    airport=0.0,
    cbd=0.0,
    toll=5.76,
)
_SURCHARGE: Final = replace(_BEFORE, since=date(2019, 2, 2), congestion=2.5)
_PORT_AUTHORITY: Final = replace(_SURCHARGE, since=date(2021, 1, 1), airport=1.25, toll=6.12)
_TOLL_2021: Final = replace(_PORT_AUTHORITY, since=date(2021, 4, 11), toll=6.55)
_RAISED: Final = replace(
    _TOLL_2021,
    since=date(2022, 12, 19),
    entry=3.0,
    unit=0.7,
    jfk=70.0,
    jfk_rush=5.0,
    newark=20.0,
    laguardia=5.0,
    rush=2.5,
    night=1.0,
    improvement=1.0,
)
_AIRPORT_2023: Final = replace(_RAISED, since=date(2023, 4, 1), airport=1.75)
_TOLL_2023: Final = replace(_AIRPORT_2023, since=date(2023, 8, 6), toll=6.94)
_CONGESTION_ZONE: Final = replace(_TOLL_2023, since=date(2025, 1, 5), cbd=0.75)

TARIFFS: Final = (
    _BEFORE,
    _SURCHARGE,
    _PORT_AUTHORITY,
    _TOLL_2021,
    _RAISED,
    _AIRPORT_2023,
    _TOLL_2023,
    _CONGESTION_ZONE,
)
"""In the order of their days."""


def tariff_of(day: date) -> Tariff:
    """The tariff in force on ``day``; raises UsageError before the first."""
    found = [tariff for tariff in TARIFFS if tariff.since <= day]
    if not found:
        raise UsageError(f"tariffs are known from {TARIFFS[0].since} on, not for {day}")
    return found[-1]
