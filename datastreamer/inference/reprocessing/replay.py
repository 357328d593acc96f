"""Sending parked records again: the function is invoked with the event records as Kinesis first delivered them.

A record keeps its arrival time and sequence number, so its item is the same however often it is replayed. So replaying
twice, two replays at a time, an interrupted one, and one while the pipeline goes on are all harmless. An object is put
away under ``replayed/`` when every record in it is stored; else it stays where it is, whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datastreamer.inference.reprocessing.invocations import (
    MOST_BYTES,
    MOST_RECORDS,
    StillFailing,
    event_bytes,
    invocations,
    invoke,
)
from datastreamer.inference.reprocessing.parked import READ_AHEAD, UNREADABLE, FailureBucket, Parked

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class Replayed:
    """What became of one parked object. ``moved_to`` is None while a record of it still fails.

    An unreadable object has no records and one failure, whose event id is empty.
    """

    key: str
    records: int
    failing: tuple[StillFailing, ...]
    moved_to: str | None

    @property
    def stored(self) -> int:
        """How many of its records are stored now."""
        return self.records - len(self.failing) if self.records else 0


@dataclass(frozen=True)
class ReplayTally:
    """The sums of a replay."""

    objects: int = 0
    moved: int = 0
    stored: int = 0
    failing: int = 0
    reasons: tuple[tuple[str, int], ...] = ()

    def plus(self, one: Replayed) -> ReplayTally:
        """The tally with one more object."""
        reasons = dict(self.reasons)
        for failure in one.failing:
            reasons[failure.reason] = reasons.get(failure.reason, 0) + 1
        return ReplayTally(
            objects=self.objects + 1,
            moved=self.moved + (one.moved_to is not None),
            stored=self.stored + one.stored,
            failing=self.failing + len(one.failing),
            reasons=tuple(sorted(reasons.items())),
        )


def replay_failures(bucket: FailureBucket, functions: LambdaClient, function: str) -> Iterator[Replayed]:
    """Replay all that is parked in ``bucket`` through ``function``; yields each object when its fate is known.

    The client's read timeout must be longer than the function's timeout. Raises ConfigurationError when the bucket or
    the function does not exist, or the function cannot replay.
    """
    with ThreadPoolExecutor(READ_AHEAD, "replay") as executor:
        for group in _groups(bucket.parked(executor)):
            yield from _replay(group, bucket, functions, function, executor)


def _groups(parked: Iterable[Parked]) -> Iterator[list[Parked]]:
    """Objects together that one invocation can take, in their order; one that is larger is a group on its own."""
    group: list[Parked] = []
    records = size = 0
    for one in parked:
        more = sum(map(event_bytes, one.records))
        if group and (records + len(one.records) > MOST_RECORDS or size + more > MOST_BYTES):
            yield group
            group, records, size = [], 0, 0
        group.append(one)
        records, size = records + len(one.records), size + more
    if group:
        yield group


def _replay(
    group: Sequence[Parked], bucket: FailureBucket, functions: LambdaClient, function: str, executor: Executor
) -> list[Replayed]:
    distinct = {record["eventID"]: record for parked in group for record in parked.records}
    failing: dict[str, StillFailing] = {}
    for records in invocations(list(distinct.values())):
        failing |= invoke(records, functions, function)

    def settle(parked: Parked) -> Replayed:
        if parked.fault is not None:
            return Replayed(parked.key, 0, (StillFailing("", UNREADABLE, parked.fault),), None)
        ids = [record["eventID"] for record in parked.records]
        left = tuple(failing[event_id] for event_id in ids if event_id in failing)
        return Replayed(parked.key, len(ids), left, None if left else bucket.move(parked.key))

    return list(executor.map(settle, group))
