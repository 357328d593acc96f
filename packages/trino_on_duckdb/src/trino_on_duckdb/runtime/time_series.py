"""Interpolation: the values of a series at given times. ``times`` are in order, and ``values`` theirs.

A time before the first observation, and for ``linear`` one after the last, has no value: nothing is extrapolated.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


def linear(times: Sequence[int], values: Sequence[float], wanted: Sequence[int | None]) -> list[float | None]:
    """On the line between the neighbours."""
    return [None if moment is None else _on_line(times, values, moment) for moment in wanted]


def _on_line(times: Sequence[int], values: Sequence[float], moment: int) -> float | None:
    after = bisect_left(times, moment)
    if after == len(times):
        return None
    if times[after] == moment:
        return values[after]
    if after == 0:
        return None
    before = after - 1
    share = (moment - times[before]) / (times[after] - times[before])
    return values[before] + share * (values[after] - values[before])


def last(times: Sequence[int], values: Sequence[float], wanted: Sequence[int | None]) -> list[float | None]:
    """The last observation carried forward."""
    places = [None if moment is None else bisect_right(times, moment) - 1 for moment in wanted]
    return [None if place is None or place < 0 else values[place] for place in places]


def filled(
    times: Sequence[int], values: Sequence[float], wanted: Sequence[int | None], constant: float
) -> list[float | None]:
    """The observation at that very time, else a constant."""
    held = dict(zip(times, values, strict=True))
    return [None if moment is None else held.get(moment, constant) for moment in wanted]
