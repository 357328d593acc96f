"""From when on a fare is an outlier, for each version of the model: items of a table that can change at any time.

A trip is an outlier when its fare differs from the predicted one by more than ``floor + factor * predicted``. A version
brings both, found on its validation set; until it does, the plain rule of ten dollars holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from datastreamer.errors import ConfigurationError

DEFAULT_FLOOR: Final = 10.0
"""US dollars."""


@dataclass(frozen=True)
class Thresholds:
    """The rule of ``model_version``, the number of a model package as text. ``floor`` in US dollars.

    ``feature_hash``: of the features that the model learned. ``fingerprint``: its scores of ``fingerprint.PROBES``.
    ``package_arn``: the model package. Raises ConfigurationError for a rule that is none.
    """

    model_version: str
    floor: float
    factor: float
    feature_hash: str
    fingerprint: tuple[float, ...]
    package_arn: str = ""

    def __post_init__(self) -> None:
        for name in ("floor", "factor"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise ConfigurationError(f"{name} of model version {self.model_version} is {value}, not 0 or more")
        if self.floor == self.factor == 0:
            raise ConfigurationError(f"floor and factor of model version {self.model_version} are both 0")

    def limit(self, predicted: float) -> float:
        """How far a fare may be from the ``predicted`` one [US dollars]."""
        return self.floor + self.factor * max(predicted, 0.0)

    def item(self) -> dict[str, Any]:
        """As the table has it (for boto3's resource); ``model_version`` is its key."""
        return {
            "model_version": self.model_version,
            "floor": Decimal(repr(self.floor)),
            "factor": Decimal(repr(self.factor)),
            "feature_hash": self.feature_hash,
            "fingerprint": [Decimal(repr(score)) for score in self.fingerprint],
            "package_arn": self.package_arn,
        }

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Thresholds:
        """What an item says, which a person may have written; raises ConfigurationError saying what is wrong."""
        version = item.get("model_version")
        try:
            return cls(
                model_version=str(item["model_version"]),
                floor=float(item["floor"]),
                factor=float(item["factor"]),
                feature_hash=str(item["feature_hash"]),
                fingerprint=tuple(float(score) for score in item["fingerprint"]),
                package_arn=str(item.get("package_arn", "")),
            )
        except KeyError as error:
            raise ConfigurationError(f"the thresholds of model version {version} have no {error}") from error
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"the thresholds of model version {version} cannot be read: {error}") from error
