"""Numbers as recordings write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
"""A decimal number in ASCII, without digit groups."""
MISSING: Final = frozenset({"na", "n/a", "<na>", "#na", "#n/a", "nan", "-nan", "1.#ind", "1.#qnan", "null", "none"})
"""How files say that they have no number, in small letters; after what pandas' ``read_csv`` takes for missing."""
_DECIMALS: Final = 4
"""Of a temperature that is converted: more than sensors resolve, fewer than a float's rounding shows in."""


class TemperatureUnit(StrEnum):
    """Degrees Celsius, degrees Fahrenheit, or kelvins."""

    C = "c"
    F = "f"
    K = "k"


@dataclass(frozen=True)
class Notation:
    """How a recording writes its values: ``nulls`` are texts that stand for no value, in any column."""

    decimal_comma: bool = False
    nulls: frozenset[str] = frozenset()
    temperature_unit: TemperatureUnit = TemperatureUnit.C

    def number(self, text: str) -> float:
        """A finite decimal number written in ASCII; raises ValueError with the problem."""
        plain = text
        if self.decimal_comma:
            if "." in text:
                # A point ends a group or begins the decimals, and the two differ a thousandfold.
                raise ValueError(f"{text!r} has a point, and --decimal-comma asks for commas")
            plain = text.replace(",", ".", 1)
        if not NUMBER.fullmatch(plain):
            hint = "; see --decimal-comma" if NUMBER.fullmatch(plain.replace(",", ".", 1)) else ""
            raise ValueError(f"{text!r} is not a number{hint}")
        value = float(plain)
        if value in (float("inf"), float("-inf")):
            raise ValueError(f"{text} is too large")
        return value

    def celsius(self, text: str) -> float:
        """The temperature ``text`` in degrees Celsius, to four decimals if it is converted; raises as ``number``."""
        value = self.number(text)
        if self.temperature_unit is TemperatureUnit.F:
            return round((value - 32.0) * 5.0 / 9.0, _DECIMALS)
        if self.temperature_unit is TemperatureUnit.K:
            return round(value - 273.15, _DECIMALS)
        return value
