"""The devices: where they stand, how each differs from the others, and what it would measure at a given time.

Measurements are pure functions of device, time and noise: no state, so any block size gives the same values.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DAY: Final = 86_400.0
_YEAR: Final = 365.2425 * _DAY
_TWO_PI: Final = 2.0 * np.pi


class Site(NamedTuple):
    """A place: mean temperature and half its swing over the year [deg C], mean humidity [%], UTC offset [h]."""

    name: str
    mean: float
    season: float
    humidity: float
    utc_offset: float


SITES: Final = (
    Site("sapporo", 9.2, 13.2, 69.0, 9.0),
    Site("sendai", 12.8, 11.2, 71.0, 9.0),
    Site("tokyo", 15.8, 10.6, 65.0, 9.0),
    Site("osaka", 17.1, 11.3, 63.0, 9.0),
    Site("fukuoka", 17.3, 10.6, 67.0, 9.0),
    Site("naha", 23.3, 5.9, 73.0, 9.0),
)
"""Rounded climate normals 1991-2020 (Japan Meteorological Agency)."""
FIRMWARE: Final = ("1.4.2", "1.5.0", "1.5.1", "2.0.0-rc1")


class Fleet:
    """``devices`` devices drawn from ``seed``. Arrays below have one entry a device."""

    def __init__(self, devices: int, seed: int) -> None:
        random = np.random.default_rng(np.random.SeedSequence([seed, 0]))
        self.size = devices
        width = max(4, len(str(devices)))
        self.names = [f"sensor-{number:0{width}d}" for number in range(1, devices + 1)]
        self.site = random.integers(0, len(SITES), devices)
        self.firmware = random.integers(0, len(FIRMWARE), devices)
        self._mean = np.array([site.mean for site in SITES])[self.site]
        self._season = np.array([site.season for site in SITES])[self.site]
        self._site_humidity = np.array([site.humidity for site in SITES])[self.site]
        self._utc_offset = np.array([site.utc_offset for site in SITES])[self.site] * 3600.0
        self.bias = random.normal(0.0, 0.4, devices)
        self.drift_per_day = random.normal(0.0, 0.02, devices)
        self._day_swing = random.uniform(2.0, 5.0, devices)
        self._noise = random.uniform(0.05, 0.25, devices)
        self._humidity_bias = random.normal(0.0, 3.0, devices)
        self._weather_phase = random.uniform(0.0, _TWO_PI, len(SITES))[self.site]
        self._battery_offset = random.uniform(0.0, 60.0, devices)
        self._battery_use = random.uniform(0.0005, 0.003, devices)

    def temperature(self, device: Ints, seconds: Floats, since_start: Floats, noise: Floats) -> Floats:
        """What ``device`` measures [deg C] at ``seconds`` of the epoch, ``since_start`` seconds after its calibration.

        ``noise`` is standard normal. Warmest at 15 h local time and in the last days of July.
        """
        local = seconds + self._utc_offset[device]
        season = self._season[device] * np.cos(_TWO_PI * (seconds - 208.0 * _DAY) / _YEAR)
        day = self._day_swing[device] * np.cos(_TWO_PI * (local - 15.0 * 3600.0) / _DAY)
        weather = 2.5 * np.sin(_TWO_PI * seconds / (5.3 * _DAY) + self._weather_phase[device])
        drift = self.drift_per_day[device] * np.clip(since_start / _DAY, 0.0, 90.0)
        value: Floats = (
            self._mean[device] + season + day + weather + self.bias[device] + drift + self._noise[device] * noise
        )
        return value

    def humidity(self, device: Ints, temperature: Floats, noise: Floats) -> Floats:
        """Relative humidity [%]: it falls as ``temperature`` rises above the site's mean, as warm air holds more."""
        warmth = temperature - self._mean[device]
        value = self._site_humidity[device] + self._humidity_bias[device] - 1.4 * warmth + 1.5 * noise
        clipped: Floats = np.clip(value, 3.0, 100.0)
        return clipped

    def battery(self, device: Ints, sequence: Ints) -> Floats:
        """Charge [%] after ``sequence`` readings; at 5 % the battery is replaced."""
        value: Floats = 100.0 - np.mod(self._battery_offset[device] + sequence * self._battery_use[device], 95.0)
        return value
