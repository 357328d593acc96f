"""What the devices measure: the day, the load, each one's own bias, noise, and what incidents do to it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from datastreamer.events.fleet.payloads import MEASURES
from datastreamer.sensor.insight.incidents import Effects
from datastreamer.sensor.insight.installation import MODELS, Installation

Floats = NDArray[np.float64]

DECIMALS: Final = {"temperature": 2, "humidity": 1, "vibration": 3, "power": 1, "battery": 1, "rssi": 1}
"""How finely each is measured."""
_DAY_S: Final = 86_400.0
_WARMEST: Final = 15.0 / 24.0
_CHARGE_A_ROUND: Final = 0.02
_LIMITS: Final = {field.name: field.limits for field in MEASURES}


class Measuring:
    """The measurements of a fleet, a round at a time, by position; ``random`` draws biases and noise."""

    def __init__(self, fleet: Installation, random: np.random.Generator) -> None:
        self._random = random
        positions = len(fleet.positions)
        models = np.array([position.model for position in fleet.positions])
        self._temperature, self._vibration, self._power = (
            np.array([getattr(model, name) for model in MODELS])[models]
            for name in ("temperature", "vibration", "power")
        )
        self._bias = random.normal(0.0, 1.0, positions)
        self._vibration = self._vibration * np.exp(random.normal(0.0, 0.15, positions))
        self._rssi = random.uniform(-92.0, -48.0, positions)
        self._charge = random.uniform(20.0, 100.0, positions)
        self._formats = [",".join(f'"{name}":%s' for name in model.sensors) for model in MODELS]
        self._models = models.tolist()

    def round(self, number: int, seconds: float, effects: Effects) -> list[str]:
        """What each position measures in round ``number``, so many ``seconds`` after 1970, as JSON without braces."""
        noise = self._random.standard_normal((5, len(self._models)))
        day = np.cos(2.0 * np.pi * (seconds / _DAY_S - _WARMEST))
        load = 0.8 + 0.12 * day
        warmer = self._bias + 1.5 * day + 0.3 * noise[0] + effects.hotter
        found = {
            "temperature": self._temperature + warmer,
            "humidity": 48.0 - 1.2 * warmer + noise[1],
            "vibration": self._vibration * (1.0 + 0.06 * noise[2]) + effects.shaking,
            "power": self._power * load * (1.0 + 0.02 * noise[3]) * effects.power,
            "battery": np.minimum(20.0 + (self._charge - 20.0 - _CHARGE_A_ROUND * number) % 80.0, effects.battery),
            "rssi": self._rssi + 1.5 * noise[4],
        }
        columns = {
            name: np.round(np.clip(values, *_LIMITS[name]), DECIMALS[name]).tolist() for name, values in found.items()
        }
        by_model = [list(zip(*(columns[name] for name in model.sensors), strict=True)) for model in MODELS]
        formats = self._formats
        return [formats[model] % by_model[model][place] for place, model in enumerate(self._models)]
