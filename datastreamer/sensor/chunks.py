"""A simulation's plan: drawn chunk by chunk, taken in parts of any size, measured at times that are given or follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from datastreamer.sensor.simulated import Window

Ints = NDArray[np.int64]


class Plan(Protocol):
    """Lines in the order of sending. ``tick``: the reading number of each line's ``device``."""

    @property
    def tick(self) -> Ints: ...
    @property
    def device(self) -> Ints: ...
    def part(self, start: int, stop: int) -> Self:
        """Lines ``start`` to ``stop``."""
        ...


AnyPlan = TypeVar("AnyPlan", bound=Plan)


class Chunks(Generic[AnyPlan]):
    """The chunks that ``draw`` makes, none of them empty, one after the other."""

    def __init__(self, draw: Callable[[], AnyPlan]) -> None:
        self._draw = draw
        self._plan = draw()
        self._used = 0

    def take(self, limit: int) -> AnyPlan:
        """The next lines, at least one and at most ``limit``."""
        if self._used == len(self._plan.tick):
            self._plan, self._used = self._draw(), 0
        start = self._used
        self._used = min(len(self._plan.tick), start + limit)
        return self._plan.part(start, self._used)


def measured_at(plan: Plan, window: Window | None, *, start_ms: float, interval: float | None, devices: int) -> Ints:
    """When each line is measured [ms since the epoch]: evenly in the ``window``, or without one every ``interval``
    seconds of its device from ``start_ms`` on, evenly staggered."""
    lines = len(plan.tick)
    if window is not None:
        begin, end = window(lines)
        times = begin + (end - begin) * np.arange(1, lines + 1) / lines
    else:
        times = start_ms + (interval or 0.0) * 1000.0 * (plan.tick + plan.device / devices)
    return times.astype(np.int64)
