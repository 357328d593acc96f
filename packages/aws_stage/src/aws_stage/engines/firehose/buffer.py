"""The buffer between reading and delivering: full by size or by age, whichever comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_stage.engines.firehose.bodies import Body
from aws_stage.engines.firehose.destination import Destination, S3Target
from aws_stage.engines.firehose.records import Record

DATA, FAILED, BACKUP = "data", "processing-failed", "backup"
NOT_INDEXED = "AmazonOpenSearchService-failed"
"""Roles of the objects that one buffer becomes."""


@dataclass
class Outcome:
    """One source record and what became of it: bytes to deliver, an error record, or neither when it was dropped."""

    record: Record
    data: bytes | None
    error: bytes | None = None


@dataclass
class Buffer:
    """Everything between two deliveries; ``opened`` is when its first record came, in the clock's monotonic
    seconds. ``documents``: what goes to OpenSearch instead of into an object, None where nothing does."""

    destination: Destination
    opened: float
    documents: list[tuple[Record, bytes]] | None = None
    bodies: dict[str, Body] = field(default_factory=dict)
    checkpoints: dict[str, str] = field(default_factory=dict)
    records: int = 0
    size: int = 0
    oldest: float = float("inf")

    def full(self) -> bool:
        """Whether the size hint is reached, on bytes before compression."""
        return self.size >= self.destination.target.size

    def due(self) -> float:
        """When the interval hint ends, in monotonic seconds."""
        return self.opened + self.destination.target.interval

    def add(self, outcomes: Sequence[Outcome]) -> int:
        """Take outcomes until the buffer is full; returns how many it took."""
        pieces: dict[str, list[bytes]] = {DATA: [], FAILED: [], BACKUP: []}
        delimiter = self.destination.delimiter
        taken = 0
        for outcome in outcomes:
            if self.full():
                break
            record = outcome.record
            if outcome.data is not None:
                if self.documents is None:
                    pieces[DATA].append(outcome.data)
                else:
                    self.documents.append((record, outcome.data))
                self.size += len(outcome.data)
                if delimiter:
                    pieces[DATA].append(delimiter)
                    self.size += len(delimiter)
            if outcome.error is not None:
                pieces[FAILED].append(outcome.error)
                self.size += len(outcome.error)
            if self.destination.backup is not None:
                pieces[BACKUP].append(record.data)
            if record.ends:
                self.checkpoints[record.partition] = record.position
            self.oldest = min(self.oldest, record.arrival)
            taken += 1
        self.records += taken
        for role, data in pieces.items():
            if data:
                self._body(role).write(b"".join(data))
        return taken

    def _body(self, role: str) -> Body:
        if role not in self.bodies:
            self.bodies[role] = Body(target_of(self.destination, role).gzip)
        return self.bodies[role]


def target_of(destination: Destination, role: str) -> S3Target:
    """Where objects of ``role`` go."""
    if role == BACKUP and destination.backup is not None:
        return destination.backup
    return destination.target
