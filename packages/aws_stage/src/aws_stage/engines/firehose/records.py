"""What a source hands over: records, each with the place where reading can go on after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Record(NamedTuple):
    """One record as it was sent.

    ``partition`` and ``position`` are a shard and a sequence number, or the journal and an ordinal: everything of the
    partition up to and including this record lies at or before ``position``. ``arrival`` is in seconds since the epoch.

    Records that were aggregated in one of the source share its ``position``; ``subsequence`` counts them from 0, and
    the last of them ``ends`` it: reading can go on after ``position`` only from there.
    """

    data: bytes
    arrival: float
    partition: str
    position: str
    partition_key: str = ""
    subsequence: int = 0
    ends: bool = True


Checkpoints = Mapping[str, str]
"""Partition to the position of its last delivered record, or to where its source says that it begins."""


class Source(Protocol):
    """Where a delivery stream reads; it remembers what it has handed over, not what was delivered."""

    def read(self, *, at_once: bool = False) -> list[Record]:
        """Records that have come since the last call, in order within each partition; empty when there are none.

        A source that spares its service asks only now and then, unless it is told to ask ``at_once``.
        """
        ...

    def delay(self) -> float | None:
        """Seconds until reading again makes sense; None when the source itself announces new records."""
        ...

    def delivered(self, checkpoints: Checkpoints) -> None:
        """Told after ``checkpoints`` are stored: nothing before them will be read again."""
        ...

    def behind(self) -> float | None:
        """Seconds by which reading lags behind the newest record, when the source knows it."""
        ...
