"""What is read from a shard, and what is sent to a function at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aws_stage.engines.event_source_mapping.invocation import Invoked


class Record(NamedTuple):
    """One record of a shard. ``data`` is base64, as Kinesis gives it and as the function gets it.

    ``ordinal`` counts the records of the shard as they were read, from 0; ``arrival`` is in seconds since the epoch.
    """

    ordinal: int
    sequence_number: str
    partition_key: str
    data: str
    arrival: float


@dataclass(frozen=True)
class WindowPart:
    """Which tumbling window a batch is of; ``start`` and ``end`` are in seconds since the epoch."""

    start: int
    end: int
    final: bool = False
    early: bool = False


@dataclass
class Batch:
    """Records for one invocation, in order. Only the last invocation of a tumbling window may have none.

    ``failures`` are invocations of this very batch that failed: they count against MaximumRetryAttempts. ``postponed``
    are all attempts, counted or not, for which the next one has to wait until ``not_before``. ``answer`` is Lambda's
    to the last of them.
    """

    records: Sequence[Record]
    window: WindowPart | None = None
    failures: int = 0
    postponed: int = 0
    not_before: float = 0.0
    answer: Invoked | None = None
