"""The account of live trips: those that Kinesis acknowledged, set against what became of them, one by one.

A trip is known by the hash of its ``trip_id``, as the sensors' journals have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Hashes = frozenset[int]


@dataclass(frozen=True)
class Sent:
    """What receipts say: ``acknowledged`` records, and the ``trips`` among them that their journals name.

    ``unproven``: runs of which the journal does not name every record, each with the reason.
    """

    acknowledged: int = 0
    trips: Hashes = frozenset()
    unproven: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gold:
    """Predictions as they lie in S3: how many ``rows``, of which ``trips``; and how Athena counts them.

    ``indexed``: the rows that OpenSearch should have, and ``failed`` those of them that it never took.
    """

    rows: int = 0
    trips: Hashes = frozenset()
    counted: int = 0
    latest: int = 0
    indexed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class SetAside:
    """What was never scored: ``parked`` records by reason, and records of batches that Lambda gave up. ``trips``: both
    together, where they have an id."""

    parked: Mapping[str, int] = field(default_factory=dict)
    undelivered: int = 0
    trips: Hashes = frozenset()


@dataclass(frozen=True)
class Problem:
    """A broken ``law``, and what was found."""

    law: str
    found: str


@dataclass(frozen=True)
class LiveVerdict:
    """``documents``: in OpenSearch; None without a domain."""

    sent: Sent
    gold: Gold
    aside: SetAside
    documents: int | None = None

    @property
    def missing(self) -> int:
        """Acknowledged trips that are nowhere."""
        return len(self.sent.trips - self.gold.trips - self.aside.trips)

    @property
    def copies(self) -> int:
        """Predictions of a trip beyond its first."""
        return self.gold.rows - len(self.gold.trips)

    @property
    def unacknowledged(self) -> int:
        """Trips in gold that no receipt names: somebody else's, or of receipts that are elsewhere."""
        return len(self.gold.trips - self.sent.trips)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every broken law."""
        return tuple(self._problems())

    @property
    def holds(self) -> bool:
        """Whether all is proven; without an acknowledged trip nothing is."""
        return bool(self.sent.trips) and not self.problems and not self.sent.unproven

    @property
    def settled(self) -> bool:
        """Whether nothing is on its way any more."""
        return not self.missing and self._indexed

    @property
    def _indexed(self) -> bool:
        """Whether OpenSearch has the predictions that it should have, where there is a domain."""
        return self.documents is None or self.documents + self.gold.failed == self.gold.indexed

    def document(self) -> dict[str, Any]:
        """For machines."""
        gold = self.gold
        return {
            "holds": self.holds,
            "acknowledged": self.sent.acknowledged,
            "acknowledged_trips": len(self.sent.trips),
            "gold_rows": self.gold.rows,
            "gold_trips": len(self.gold.trips),
            "copies": self.copies,
            "latest": self.gold.latest,
            "parked": sum(self.aside.parked.values()),
            "parked_by_reason": dict(sorted(self.aside.parked.items())),
            "undelivered": self.aside.undelivered,
            "unacknowledged": self.unacknowledged,
            "documents": self.documents,
            "documents_due": None if self.documents is None else gold.indexed,
            "failed_documents": self.gold.failed,
            "missing": self.missing,
            "unproven": list(self.sent.unproven),
            "problems": [vars(problem) for problem in self.problems],
        }

    def _problems(self) -> Iterator[Problem]:
        gold = self.gold
        if self.missing:
            yield Problem("every acknowledged trip is in gold, or set aside", f"{self.missing:,} trips are nowhere")
        if gold.counted != gold.rows:
            yield Problem("Athena reads every prediction", f"{gold.counted:,} of the {gold.rows:,} that lie in S3")
        if gold.latest != len(gold.trips):
            yield Problem("the view has each trip once", f"{gold.latest:,} rows of {len(gold.trips):,} trips")
        if not self._indexed:
            found = f"{self.documents:,} documents and {gold.failed:,} that failed, of {gold.indexed:,} predictions"
            yield Problem("documents in OpenSearch = gold", found)
