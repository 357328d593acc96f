"""The devices: in which hall each stands, how it differs from the others, and what it measures while it is healthy.

Measurements are pure functions of device, time and noise: no state, so any block size gives the same values. The air
of a hall has a temperature and a dew point; relative humidity follows from both, as it does in nature, so warm hours
are dry hours and a humidity that does not fit its temperature is a fault.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DAY: Final = 86_400.0
_TWO_PI: Final = 2.0 * np.pi
_SEA_LEVEL: Final = 1013.25
"""Standard atmosphere [hPa] (ISO 2533)."""
_HPA_A_METRE: Final = 0.12
"""How fast pressure falls with height near sea level [hPa/m] (ISO 2533)."""
_WEATHER: Final = 5.3 * _DAY
"""Time between two highs of the weather: mid-latitude systems pass in four to seven days."""


class Hall(NamedTuple):
    """A place: mean air temperature and mean dew point [deg C], height above the sea [m], UTC offset [h]."""

    name: str
    temperature: float
    dew_point: float
    height: float
    utc_offset: float


HALLS: Final = (
    Hall("tokyo-press", 25.0, 17.0, 20.0, 9.0),
    Hall("tokyo-store", 20.5, 10.0, 20.0, 9.0),
    Hall("osaka-weld", 23.0, 11.5, 12.0, 9.0),
    Hall("nagoya-paint", 21.5, 10.5, 45.0, 9.0),
    Hall("sapporo-cold", 20.0, 9.0, 60.0, 9.0),
)
FIRMWARE: Final = ("2.3.0", "2.3.1", "2.4.0")


class Air(NamedTuple):
    """What a device measures; one entry a reading: deg C, %, hPa."""

    temperature: Floats
    humidity: Floats
    pressure: Floats


class Fleet:
    """``devices`` devices drawn from ``seed``. Arrays below have one entry a device."""

    def __init__(self, devices: int, seed: int) -> None:
        random = np.random.default_rng(np.random.SeedSequence([seed, 0]))
        self.size = devices
        width = max(3, len(str(devices)))
        self.numbers = [f"{number:0{width}d}" for number in range(1, devices + 1)]
        self.names = [f"sensor-{number}" for number in self.numbers]
        self.hall = random.integers(0, len(HALLS), devices)
        self.firmware = random.integers(0, len(FIRMWARE), devices)
        table = np.array([(hall.temperature, hall.dew_point, hall.height, hall.utc_offset) for hall in HALLS])
        self._temperature, self._dew_point, self._height, self._utc_offset = table[self.hall].T
        self._temperature_bias = random.normal(0.0, 0.3, devices)
        self._humidity_bias = random.normal(0.0, 0.8, devices)
        self._pressure_bias = random.normal(0.0, 0.3, devices)
        self._day_swing = random.uniform(0.8, 2.0, devices)
        phases = random.uniform(0.0, _TWO_PI, (3, len(HALLS)))
        self._dew_phase, self._wet_phase, self._pressure_phase = phases[:, self.hall]

    def measure(self, device: Ints, seconds: Floats, noise: Floats) -> Air:
        """What healthy ``device`` measures at ``seconds`` of the epoch; ``noise`` is standard normal, (3, readings).

        Warmest at 15 h local time; the dew point changes with the weather, the pressure with the weather and twice a
        day with the atmospheric tide.
        """
        local = seconds + self._utc_offset[device] * 3600.0
        warmth = self._day_swing[device] * np.cos(_TWO_PI * (local - 15.0 * 3600.0) / _DAY)
        temperature = self._temperature[device] + warmth
        dew_point = self._dew_point[device] + (
            1.2 * np.sin(_TWO_PI * seconds / _WEATHER + self._dew_phase[device])
            + 0.5 * np.sin(_TWO_PI * seconds / (0.37 * _WEATHER) + self._wet_phase[device])
        )
        pressure = (
            _SEA_LEVEL
            - _HPA_A_METRE * self._height[device]
            + 6.0 * np.sin(_TWO_PI * seconds / _WEATHER + self._pressure_phase[device])
            + 0.9 * np.cos(2.0 * _TWO_PI * (local - 10.0 * 3600.0) / _DAY)
        )
        return Air(
            temperature + self._temperature_bias[device] + 0.15 * noise[0],
            relative_humidity(temperature, dew_point) + self._humidity_bias[device] + 0.5 * noise[1],
            pressure + self._pressure_bias[device] + 0.12 * noise[2],
        )


def relative_humidity(temperature: Floats, dew_point: Floats) -> Floats:
    """Relative humidity [%] of air by the Magnus formula over water (WMO Guide No. 8, annex 4.B); both in deg C."""
    value: Floats = 100.0 * _vapour_pressure(dew_point) / _vapour_pressure(temperature)
    return value


def _vapour_pressure(temperature: Floats) -> Floats:
    value: Floats = 6.112 * np.exp(17.62 * temperature / (243.12 + temperature))
    return value
