"""What goes wrong with a device, how long it lasts, and what it then measures: the truth that a model should find.

Some faults show in every reading, some begin so small that no single reading tells them from weather.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datastreamer.sensor.inference.fleet import Air, Floats

Effect = Callable[[Air, Floats, Floats, Floats], Air]
"""From what a healthy device would measure, how far the episode has come (0 to 1), how bad it is (0 to 1) and its
direction (-1 or 1) to what the faulty device measures."""


class Fault(NamedTuple):
    """One way to fail: an episode has ``shortest`` to ``longest`` readings."""

    name: str
    shortest: int
    longest: int
    effect: Effect

    @property
    def mean_readings(self) -> float:
        """Readings in an episode, on average."""
        return (self.shortest + self.longest) / 2.0


def _overheating(air: Air, progress: Floats, severity: Floats, _direction: Floats) -> Air:
    """A blocked fan: the air itself is hot within a few readings, and dry, as its water stays the same."""
    rise = (9.0 + 14.0 * severity) * np.minimum(1.0, 0.4 + 2.0 * progress)
    # Warming by one degree lowers relative humidity by about 6 %, since warm air can hold that much more.
    return air._replace(temperature=air.temperature + rise, humidity=air.humidity * np.exp(-0.06 * rise))


def _weak_cooling(air: Air, progress: Floats, severity: Floats, _direction: Floats) -> Air:
    """An ageing cooler: a few degrees too warm, as on a hot afternoon. Hard to see."""
    rise = (4.0 + 4.0 * severity) * np.minimum(1.0, 0.3 + progress)
    return air._replace(temperature=air.temperature + rise, humidity=air.humidity * np.exp(-0.06 * rise))


def _humidity_saturated(air: Air, _progress: Floats, severity: Floats, _direction: Floats) -> Air:
    """Condensation on the sensor: it is stuck at the top of its range."""
    return air._replace(humidity=97.5 + 2.5 * severity)


def _humidity_decoupled(air: Air, progress: Floats, severity: Floats, direction: Floats) -> Air:
    """A contaminated humidity sensor: it no longer fits the temperature."""
    return air._replace(
        humidity=air.humidity + direction * (9.0 + 14.0 * severity) * np.minimum(1.0, 0.4 + 2.0 * progress)
    )


def _pressure_leak(air: Air, progress: Floats, severity: Floats, _direction: Floats) -> Air:
    """A leaking enclosure: pressure falls reading by reading. Looks like weather at first."""
    return air._replace(pressure=air.pressure - (12.0 + 30.0 * severity) * np.sqrt(progress))


def _temperature_drift(air: Air, progress: Floats, severity: Floats, direction: Floats) -> Air:
    """An ageing temperature sensor: wrong by more and more while the humidity stays right. Invisible at first."""
    return air._replace(temperature=air.temperature + direction * (5.0 + 6.0 * severity) * progress)


def _spike(air: Air, _progress: Floats, severity: Floats, direction: Floats) -> Air:
    """A loose contact: one reading far off."""
    return air._replace(temperature=air.temperature + direction * (12.0 + 28.0 * severity))


FAULTS: Final = (
    Fault("overheating", 8, 40, _overheating),
    Fault("weak_cooling", 8, 40, _weak_cooling),
    Fault("humidity_saturated", 5, 30, _humidity_saturated),
    Fault("humidity_decoupled", 8, 40, _humidity_decoupled),
    Fault("pressure_leak", 10, 50, _pressure_leak),
    Fault("temperature_drift", 10, 50, _temperature_drift),
    Fault("spike", 1, 1, _spike),
)
HEALTHY: Final = -1
"""In the place of an index of FAULTS."""
_FREQUENCIES: Final = np.array([1.0 / fault.mean_readings for fault in FAULTS])
EPISODE_CHANCES: Final = _FREQUENCIES / _FREQUENCIES.sum()
"""The chance that an episode is of each kind: so drawn, each kind has an equal share of the faulty readings."""
MEAN_READINGS: Final = float((EPISODE_CHANCES * np.array([fault.mean_readings for fault in FAULTS])).sum())
"""Readings in an episode of any kind, on average."""


def apply_faults(air: Air, fault: NDArray[np.int8], progress: Floats, severity: Floats, direction: Floats) -> Air:
    """``air`` as the devices measure it, each with its ``fault`` (index of FAULTS, or HEALTHY)."""
    faulty = Air(*(column.copy() for column in air))
    for number, kind in enumerate(FAULTS):
        where = np.flatnonzero(fault == number)
        if len(where):
            part = Air(*(column[where] for column in air))
            changed = kind.effect(part, progress[where], severity[where], direction[where])
            for column, values in zip(faulty, changed, strict=True):
                column[where] = values
    return faulty._replace(humidity=np.clip(faulty.humidity, 0.0, 100.0))
