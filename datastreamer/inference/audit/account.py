"""The account of a run: every record that was sent, set against what became of it, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, nan
from typing import Any

from datastreamer.aws.status import NewClient
from datastreamer.aws.waiting import Patience, settled
from datastreamer.events.labels import ANOMALY, POISON, REASONS, Label
from datastreamer.inference.audit.stored import Stored, read_stored
from datastreamer.inference.names import Names

MOST_NAMED = 5


@dataclass
class Account:
    """What became of ``sent`` records. ``findings`` breaks the law: each record in the table once, or parked.

    ``good_parked``: records that could have been scored and lie parked, as the endpoint was away too long.
    ``faults``: (found, all) of the anomalies in the table, by their kind.
    """

    sent: int = 0
    scored: int = 0
    parked: Counter[str] = field(default_factory=Counter)
    good_parked: int = 0
    findings: dict[str, list[str]] = field(default_factory=dict)
    missing: int = 0
    alarms: int = 0
    right_alarms: int = 0
    unlabelled: int = 0
    faults: dict[str, tuple[int, int]] = field(default_factory=dict)
    scoring_ms: tuple[float, float] = (nan, nan)

    @property
    def balanced(self) -> bool:
        """Whether nothing is lost, nothing is twice, and nothing is where it does not belong."""
        return not self.findings and self.sent == self.scored + sum(self.parked.values())

    @property
    def precision(self) -> float:
        """The fraction of alarms that were anomalies; NaN without alarms."""
        return self.right_alarms / self.alarms if self.alarms else nan

    @property
    def recall(self) -> float:
        """The fraction of the anomalies in the table that were found; NaN without anomalies."""
        found, present = (sum(column) for column in zip(*self.faults.values(), strict=True)) if self.faults else (0, 0)
        return found / present if present else nan

    def document(self) -> dict[str, Any]:
        """For machines."""
        return {
            "sent": self.sent,
            "scored": self.scored,
            "parked": dict(sorted(self.parked.items())),
            "good_parked": self.good_parked,
            "missing": self.missing,
            "balanced": self.balanced,
            "findings": {law: {"count": len(ids), "first": ids[:MOST_NAMED]} for law, ids in self.findings.items()},
            "precision": self.precision,
            "recall": self.recall,
            "recall_by_fault": {kind: found / present for kind, (found, present) in self.faults.items()},
            "arrival_to_scored_ms": {"p50": self.scoring_ms[0], "p99": self.scoring_ms[1]},
        }


def settled_account(labels: Sequence[Label], names: Names, client: NewClient, patience: Patience) -> Account:
    """The account of ``labels`` on a stack, as soon as none is missing, or when ``patience`` ends."""
    dynamodb, s3 = client("dynamodb"), client("s3")
    return settled(
        lambda: account(labels, read_stored(dynamodb, s3, names.table, names.dlq_bucket)),
        done=lambda found: not found.missing,
        patience=patience,
    )


def account(labels: Iterable[Label], stored: Stored) -> Account:
    """Judge each of ``labels`` by ``stored``. Records that no label names are not judged."""
    result = Account(scoring_ms=(percentile(stored.milliseconds, 50), percentile(stored.milliseconds, 99)))
    seen: set[str] = set()
    for label in labels:
        result.sent += 1
        if label.event_id in seen:
            _find(result, "an event id that two records were sent with", label.event_id)
        seen.add(label.event_id)
        _place(result, label, stored)
    return result


def _place(result: Account, label: Label, stored: Stored) -> None:
    event_id, items, reasons = label.event_id, stored.items[label.event_id], stored.parked.get(label.event_id, [])
    if items > 1:
        _find(result, "in the table more than once", event_id)
    if items and reasons:
        _find(result, "in the table, and parked by the function as well", event_id)
    if len(reasons) > 1:
        _find(result, "parked by the function more than once", event_id)
    if items:
        result.scored += 1
        _judge_score(result, label, stored)
        if label.truth == POISON:
            _find(result, "poison, but in the table", event_id)
    elif reasons:
        result.parked[reasons[0]] += 1
        result.good_parked += label.truth != POISON
        if label.truth == POISON and reasons[0] != REASONS[label.kind]:
            _find(result, f"parked as {reasons[0]}, but it is {REASONS[label.kind]}", event_id)
        if label.truth != POISON:
            _find(result, f"a good record, but parked by the function as {reasons[0]}", event_id)
    elif stored.undelivered[event_id]:
        result.parked["batch_not_delivered"] += 1
        result.good_parked += label.truth != POISON
    else:
        result.missing += 1
        _find(result, "neither in the table nor parked", event_id)


def _judge_score(result: Account, label: Label, stored: Stored) -> None:
    alarm = stored.label.get(label.event_id)
    if alarm is None:
        result.unlabelled += 1
        return
    result.alarms += alarm
    if label.truth == ANOMALY:
        result.right_alarms += alarm
        found, present = result.faults.get(label.kind, (0, 0))
        result.faults[label.kind] = (found + alarm, present + 1)


def _find(result: Account, law: str, event_id: str) -> None:
    result.findings.setdefault(law, []).append(event_id)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of ``values`` that ``percent`` % of them do not exceed (nearest rank); NaN when there are none."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100.0) - 1)] if ordered else nan
