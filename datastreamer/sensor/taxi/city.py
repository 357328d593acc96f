"""The city: the taxi zones that most trips begin and end in, where they lie, and how often people ride between them.

Places are on Manhattan's grid, turned so that ``y`` runs along the avenues: miles uptown of 42nd Street (20 streets a
mile) and ``x`` miles east of Fifth Avenue. They are read off a map, good to a quarter of a mile. Names and numbers are
those of TLC's taxi zones; ``weight`` follows the pick-ups of 1,500 trips of March 2019.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEWARK: Final = 1
JFK: Final = 132
LAGUARDIA: Final = 138

_SURCHARGE_Y: Final = 2.7
"""96th Street: the state's congestion surcharge is for trips that touch Manhattan south of it (Tax Law, art. 29-C)."""
_CBD_Y: Final = 0.9
"""60th Street: the MTA's congestion zone is Manhattan south of it."""


class Zone(NamedTuple):
    """A zone: its TLC number, its place [miles], how many trips begin there and end there (relative)."""

    number: int
    x: float
    y: float
    weight: float
    ends: float
    manhattan: bool = True


def _manhattan(number: int, x: float, y: float, weight: float) -> Zone:
    return Zone(number, x, y, weight, weight)


def _outside(number: int, x: float, y: float, begins: float, ends: float) -> Zone:
    return Zone(number, x, y, begins, ends, manhattan=False)


ZONES: Final = (
    *(
        _manhattan(*zone)
        for zone in (
            *((161, 0.1, 0.35, 54), (237, 0.45, 1.3, 43), (48, -0.6, 0.3, 38), (162, 0.45, 0.3, 37)),
            *((186, -0.35, -0.5, 36), (79, 0.5, -1.7, 35), (142, -0.3, 1.15, 34), (230, -0.25, 0.2, 33)),
            *((170, 0.45, -0.25, 32), (234, 0.1, -1.35, 31), (164, 0.0, -0.4, 29), (239, -0.5, 1.55, 28)),
            *((236, 0.45, 2.05, 32), (163, -0.1, 0.65, 27), (141, 0.75, 1.2, 24), (249, -0.4, -1.65, 23)),
            *((107, 0.4, -1.1, 22), (100, -0.3, -0.2, 21), (113, 0.0, -1.6, 20), (143, -0.65, 1.2, 18)),
            *((68, -0.4, -1.05, 18), (140, 0.95, 1.3, 17), (114, -0.05, -2.0, 17), (229, 0.85, 0.65, 15)),
            *((90, -0.05, -1.1, 15), (238, -0.55, 2.2, 15), (246, -0.85, -0.75, 15), (263, 0.75, 2.1, 15)),
            *((233, 0.75, 0.1, 13), (231, -0.15, -2.75, 13), (262, 1.0, 2.2, 12), (148, 0.75, -2.2, 11)),
            *((137, 0.6, -0.65, 11), (125, -0.35, -2.3, 10), (211, 0.05, -2.25, 10), (13, -0.4, -3.1, 9)),
            *((43, 0.0, 1.9, 9), (151, -0.5, 3.05, 9), (75, 0.7, 3.05, 9), (144, 0.3, -2.2, 9)),
            *((158, -0.6, -1.5, 7), (166, -0.55, 3.65, 7), (50, -0.95, 0.4, 6), (87, 0.15, -3.2, 5)),
            *((261, -0.2, -3.1, 4), (24, -0.7, 3.15, 3), (41, 0.0, 3.8, 3), (4, 0.9, -1.75, 3)),
            *((74, 0.8, 3.8, 3), (45, 0.45, -2.6, 3), (88, 0.1, -3.4, 3), (232, 0.9, -2.6, 2)),
            *((224, 0.75, -1.25, 2), (209, 0.4, -3.1, 2), (42, 0.1, 4.9, 2), (116, -0.5, 5.15, 2)),
            *((152, -0.6, 4.4, 1), (244, -0.5, 6.3, 1)),
        )
    ),
    *(
        _outside(*zone)
        for zone in (
            *((JFK, 12.3, -4.5, 25, 42), (LAGUARDIA, 6.2, 2.4, 28, 15), (NEWARK, -12.5, -3.8, 0.1, 2)),
            *((145, 1.9, 0.1, 1, 4), (146, 2.3, 0.6, 1, 3), (7, 3.2, 1.8, 3, 8), (223, 4.0, 2.2, 1, 3)),
            *((226, 3.3, -0.3, 1, 4), (129, 5.4, 0.6, 1, 4), (82, 5.6, -0.1, 1, 3), (95, 8.0, -1.2, 0.5, 2)),
            *((92, 8.6, 0.9, 0.5, 3), (130, 10.8, -2.2, 0.5, 2), (66, 1.5, -3.0, 1, 2), (33, 1.5, -3.6, 2, 5)),
            *((65, 2.0, -3.6, 2, 4), (25, 1.9, -3.9, 2, 4), (97, 2.6, -3.4, 1, 4), (181, 2.6, -4.9, 1, 6)),
            *((61, 4.0, -4.2, 0.5, 4), (255, 2.3, -1.8, 2, 6), (256, 2.2, -2.3, 2, 5), (112, 2.3, -0.9, 1, 4)),
            *((37, 4.0, -2.7, 0.5, 4), (168, 1.6, 4.6, 1, 3), (247, 0.8, 5.8, 1, 3)),
        )
    ),
)

NUMBER: Final = np.array([zone.number for zone in ZONES])
MANHATTAN: Final = np.array([zone.manhattan for zone in ZONES])
SURCHARGED: Final = np.array([zone.manhattan and zone.y < _SURCHARGE_Y for zone in ZONES])
IN_CBD: Final = np.array([zone.manhattan and zone.y < _CBD_Y for zone in ZONES])
AIRPORT: Final = np.isin(NUMBER, (NEWARK, JFK, LAGUARDIA))

_REACH: Final = 1.25
"""Miles after which a destination is e times less likely; airports and what lies outside Manhattan draw from afar."""
_DETOUR: Final = 1.08
_LEAST: Final = 0.1
"""Miles around the block that every trip has."""
_SPREAD: Final = 0.3
"""How far from a zone's middle people get in and out [miles, either way]."""


@cache
def _destinations() -> Floats:
    """Cumulative probability of each drop-off zone for each pick-up zone."""
    x, y = (np.array([getattr(zone, axis) for zone in ZONES]) for axis in "xy")
    apart = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
    near = np.exp(-apart / _REACH)
    # A ride to or from the outskirts is chosen for its end, not because it is near.
    far = ~MANHATTAN
    near[:, far] = 0.23 * np.exp(-apart[:, far] / 12.0)
    near[far] = np.exp(-apart[far] / 12.0)
    likely = near * np.array([zone.ends for zone in ZONES])
    likely[np.ix_(AIRPORT, AIRPORT)] *= 0.05
    cumulative: Floats = np.cumsum(likely, axis=1) / likely.sum(axis=1, keepdims=True)
    return cumulative


def draw_routes(random: np.random.Generator, trips: int) -> tuple[Ints, Ints, Floats]:
    """Where ``trips`` trips begin and end (indices of ZONES), and how far each is [miles]."""
    weight = np.array([zone.weight for zone in ZONES])
    begin = random.choice(len(ZONES), trips, p=weight / weight.sum())
    end = np.empty(trips, np.int64)
    chosen, cumulative = random.random(trips), _destinations()
    for zone in np.unique(begin):
        of_zone = begin == zone
        end[of_zone] = np.searchsorted(cumulative[zone], chosen[of_zone], side="right")
    end = np.minimum(end, len(ZONES) - 1)
    x, y = (np.array([getattr(zone, axis) for zone in ZONES]) for axis in "xy")
    away = random.uniform(-_SPREAD, _SPREAD, (4, trips))
    across = np.abs(x[begin] + away[0] - x[end] - away[1])
    along = np.abs(y[begin] + away[2] - y[end] - away[3])
    detour = _DETOUR * np.exp(np.abs(random.normal(0.0, 0.13, trips)))
    return begin, end, (across + along) * detour + _LEAST
