"""Which version of the model has answered, and what its rule says of a fare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from datastreamer.taxi.model.fingerprint import same, unregistered
from datastreamer.taxi.model.thresholds import DEFAULT_FLOOR, Thresholds
from datastreamer.taxi.prediction import DEFAULT_RULE, VERSION_RULE, shown
from datastreamer.taxi.training.features import feature_hash


@dataclass(frozen=True)
class Recognized:
    """A version of the model, and the rule that holds for it: its own, or the default one."""

    thresholds: Thresholds
    rule: str

    @property
    def version(self) -> str:
        """The number of its model package, or ``unregistered-<hash>``."""
        return self.thresholds.model_version

    def judgement(self, fare: float, predicted: float, scored_at_ms: int) -> dict[str, Any]:
        """The fields of a ``Prediction`` that follow from what was charged and what it says [US dollars]."""
        residual, threshold = fare - predicted, self.thresholds.limit(predicted)
        is_outlier = abs(residual) > threshold
        return {
            "scored_at": shown(datetime.fromtimestamp(scored_at_ms / 1000, UTC)),
            "model_version": self.version,
            "rule": self.rule,
            "feature_hash": feature_hash(),
            "predicted_fare": predicted,
            "residual": residual,
            "threshold": threshold,
            "is_outlier": is_outlier,
            "outlier": int(is_outlier),
        }


def recognized(rules: Iterable[Thresholds], scores: Sequence[float]) -> Recognized | None:
    """The version of ``rules`` with this fingerprint; of several, as a model that was registered twice has it, the
    newest. None where it is none of them."""
    known = [each for each in rules if same(scores, each.fingerprint)]
    newest = max(known, key=lambda each: _number(each.model_version), default=None)
    return None if newest is None else Recognized(newest, VERSION_RULE)


def stranger(scores: Sequence[float]) -> Recognized:
    """A model that nobody registered: the default rule holds for it."""
    rule = Thresholds(unregistered(scores), DEFAULT_FLOOR, 0.0, feature_hash(), tuple(scores))
    return Recognized(rule, DEFAULT_RULE)


def _number(version: str) -> int:
    return int(version) if version.isdecimal() else -1
