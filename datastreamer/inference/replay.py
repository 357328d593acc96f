"""Sending parked records again: the function is invoked with the event records as Kinesis first delivered them.

A record keeps its arrival time and sequence number, so its item is the same however often it is replayed. So replaying
twice, two replays at a time, an interrupted one, and one while the pipeline goes on are all harmless. An object is put
away under ``replayed/`` when every record in it is stored; else it stays where it is, whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from datastreamer.errors import ConfigurationError
from datastreamer.inference.parked import READ_AHEAD, UNREADABLE, EventRecord, FailureBucket, Parked
from datastreamer.inference.processing.faults import CALL_ERRORS, code_of, is_transient

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

MOST_RECORDS: Final = 500
"""Records an invocation: as many as the pipeline's own batches have, which the function's time limit is made for."""
MOST_BYTES: Final = 5_500_000
"""An invocation's event, below the 6 MB that Lambda takes of a synchronous one."""
NOT_INVOKED: Final = "function_failed"


@dataclass(frozen=True)
class StillFailing:
    """A record that is not stored yet: its event id (``<shard>:<sequence number>``), a reason code, and the detail."""

    event_id: str
    reason: str
    detail: str


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
        more = sum(map(_bytes, one.records))
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
    for records in _invocations(list(distinct.values())):
        failing |= _invoke(records, functions, function)

    def settle(parked: Parked) -> Replayed:
        if parked.fault is not None:
            return Replayed(parked.key, 0, (StillFailing("", UNREADABLE, parked.fault),), None)
        ids = [record["eventID"] for record in parked.records]
        left = tuple(failing[event_id] for event_id in ids if event_id in failing)
        return Replayed(parked.key, len(ids), left, None if left else bucket.move(parked.key))

    return list(executor.map(settle, group))


def _invocations(records: Sequence[EventRecord]) -> Iterator[list[EventRecord]]:
    """The records of a group in as few events as Lambda takes."""
    event: list[EventRecord] = []
    size = 0
    for record in records:
        more = _bytes(record)
        if event and (len(event) == MOST_RECORDS or size + more > MOST_BYTES):
            yield event
            event, size = [], 0
        event.append(record)
        size += more
    if event:
        yield event


def _invoke(records: Sequence[EventRecord], functions: LambdaClient, function: str) -> Mapping[str, StillFailing]:
    """Have the function process ``records``; those that still fail, by event id."""
    payload = json.dumps({"Records": records, "replay": True}).encode()
    try:
        response = functions.invoke(FunctionName=function, InvocationType="RequestResponse", Payload=payload)
        answer: Any = json.loads(response["Payload"].read())
    except CALL_ERRORS as error:
        if isinstance(error, ClientError) and code_of(error) == "ResourceNotFoundException":
            raise ConfigurationError(
                f"there is no function {function}. Is the stack deployed? Name another stack or function"
            ) from error
        if not is_transient(error):
            raise
        return _all(records, f"the function could not be invoked: {error}")
    if response.get("FunctionError"):
        message = answer.get("errorMessage", answer) if isinstance(answer, dict) else answer
        return _all(records, f"the function ended with an error: {message}")
    if not isinstance(answer, dict) or "failures" not in answer:
        raise ConfigurationError(f"function {function} cannot replay: update it to the present code, or name another")
    return {
        failure["eventID"]: StillFailing(failure["eventID"], failure["reason"], failure["detail"])
        for failure in answer["failures"]
    }


def _all(records: Sequence[EventRecord], detail: str) -> Mapping[str, StillFailing]:
    return {record["eventID"]: StillFailing(record["eventID"], NOT_INVOKED, detail) for record in records}


def _bytes(record: EventRecord) -> int:
    """About the size of a record in an event; all of it but the data is small and ASCII."""
    return len(json.dumps(record)) + 2
