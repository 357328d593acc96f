"""All that is asked about a model before it may be registered, as one document."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from datastreamer.taxi.evaluation.baselines import baselines
from datastreamer.taxi.evaluation.injected import recall_by_kind
from datastreamer.taxi.evaluation.measures import errors
from datastreamer.taxi.evaluation.rows import Model, Rows
from datastreamer.taxi.evaluation.rule import Rule, find_rule
from datastreamer.taxi.model.fingerprint import PROBES

RECALL_TOLERANCE: Final = 0.01
"""Two models of one quality differ by so much on a few thousand injected fares: that is not "worse"."""


@dataclass(frozen=True)
class Limits:
    """What the first model must keep, which no other can be compared with, and ``false_alarms``, which all must.

    ``rmse`` in US dollars, ``recall`` the mean over the kinds (0 to 1), ``false_alarms`` per 1,000 trips;
    ``alarm_share`` is the share of good trips (0 to 1) that the rule is made to mark.
    """

    rmse: float = 2.0
    recall: float = 0.6
    false_alarms: float = 2.0
    alarm_share: float = 0.001


@dataclass(frozen=True)
class Current:
    """The model in service, and the rule that is in force for it."""

    version: str
    model: Model
    rule: Rule


def evaluate(model: Model, rows: Rows, limits: Limits, current: Current | None = None) -> dict[str, Any]:
    """The document: see docs/pipelines/taxi.md.

    The rule is found on every second row and judged on the others, so that it is judged on trips that it has not seen.
    The model in service is judged on the same ones.
    """
    calibration, judged = rows.every(2, 0), rows.every(2, 1)
    rule = find_rule(calibration.labels, model.predict(calibration.features), limits.alarm_share)
    predicted = model.predict(rows.features)
    candidate = _judge(model, rule, rows, judged)
    served = None if current is None else _judge(current.model, current.rule, rows, judged)
    probes = np.array([[math.nan if value is None else value for value in probe] for probe in PROBES])
    return {
        "rows": len(rows.labels),
        "judged_rows": len(judged.labels),
        "features": list(rows.names),
        "candidate": candidate,
        "current": None if current is None else {"version": current.version, **(served or {})},
        "allowed": {
            "rmse": limits.rmse if served is None else served["rmse"],
            "recall": _recall_allowed(served, limits),
            "false_alarms": limits.false_alarms,
        },
        "thresholds": {"floor": rule.floor, "factor": rule.factor},
        "fingerprint": [float(score) for score in model.predict(probes)],
        "baselines": baselines(rows, predicted),
    }


def _recall_allowed(served: dict[str, Any] | None, limits: Limits) -> float:
    """A rule that marks more good trips than may be, as after fares have changed, finds anomalies by marking anything:
    nothing is to be compared with that."""
    if served is None or served["false_alarms"] > limits.false_alarms:
        return limits.recall
    return float(served["recall"]) - RECALL_TOLERANCE


def _judge(model: Model, rule: Rule, rows: Rows, judged: Rows) -> dict[str, Any]:
    by_kind = recall_by_kind(model, rule, judged)
    marked = rule.outliers(judged.labels, model.predict(judged.features))
    return {
        **errors(rows.labels, model.predict(rows.features)),
        "recall": sum(by_kind.values()) / len(by_kind) if by_kind else 0.0,
        "recall_by_kind": by_kind,
        "false_alarms": 1000.0 * float(marked.mean()),
    }


def metric_lines(document: Mapping[str, Any]) -> list[str]:
    """What the job prints for its metric definitions: ``candidate-rmse: 0.7``, the figures that the gate compares."""
    return [
        f"{who}-{name}: {document[who][name]:.6f}"
        for who in ("candidate", "allowed")
        for name in ("rmse", "recall", "false_alarms")
    ]
