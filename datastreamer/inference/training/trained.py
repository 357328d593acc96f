"""A trained model on the disk, and what to type to put it to use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datastreamer.inference.resources.images import xgboost_image
from datastreamer.inference.training.evaluation import Evaluation


@dataclass(frozen=True)
class TrainedExample:
    """A trained model on the disk: ``archive`` (``model.tar.gz``), ``card`` and ``metrics`` (``document``) beside it.

    ``digest``: 16 hexadecimal digits of the archive's SHA-256. ``threshold``: the score from which on a reading is
    called an anomaly. ``held_out``: the model on readings it never saw; ``limits``: plain limits on the same readings.
    """

    archive: Path
    card: Path
    metrics: Path
    digest: str
    seed: int
    records: int
    threshold: float
    validation: Evaluation
    held_out: Evaluation
    limits: Evaluation

    @property
    def prefix(self) -> str:
        """Where its files lie in a bucket of models."""
        return f"example/{self.digest}"

    def next_commands(self, uri: str, stack: str, region: str) -> tuple[str, ...]:
        """What to type to put the model, uploaded to ``uri``, behind an endpoint of ``stack`` in ``region``."""
        return next_commands(uri, self.threshold, stack, region)

    def document(self) -> dict[str, Any]:
        """For machines: digest, threshold, precision and recall (fractions) of the held-out readings. No paths."""
        return {
            "digest": self.digest,
            "seed": self.seed,
            "records": self.records,
            "threshold": self.threshold,
            "held_out": {
                "records": self.held_out.records,
                "anomalies": self.held_out.anomalies,
                "precision": self.held_out.precision,
                "recall": self.held_out.recall,
                "f1": self.held_out.f1,
                "recall_by_fault": self.held_out.recall_by_fault,
            },
            "plain_limits": {"precision": self.limits.precision, "recall": self.limits.recall},
        }


def next_commands(uri: str, threshold: float, stack: str, region: str) -> tuple[str, ...]:
    """What to type to put the uploaded model at ``uri`` behind an endpoint of ``stack`` in ``region``."""
    return (
        f"datastreamer inference create-model {stack}-model {xgboost_image(region)} {uri}",
        f"datastreamer inference create-endpoint-config {stack}-config {stack}-model",
        f"datastreamer inference create-endpoint {stack}-endpoint {stack}-config",
        f"datastreamer inference update-processor {stack}-processor --threshold {threshold}",
    )
