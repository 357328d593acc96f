"""One sequence of batches of a shard: batching, retries, bisecting, ages and tumbling windows, without any waiting.

A shard has ParallelizationFactor lanes; the records of a partition key are all of one lane, so their order is kept.
A lane is not safe between threads: its shard locks it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import orjson

from aws_stage.engines.event_source_mapping.options import Options
from aws_stage.engines.event_source_mapping.records import Batch, Record
from aws_stage.engines.event_source_mapping.tumbling_window import TumblingWindow
from aws_stage.engines.event_source_mapping.verdict import Failed, NotInvoked, Succeeded, Verdict

PAYLOAD_BYTES = 6 * 1024 * 1024
"""Limit of a synchronous invocation (Lambda quotas, "Invocation payload"); what is around the records has 100 more."""

BACKOFF_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0)
"""Pauses before the next attempt, growing; AWS gives no figures."""

CLOCK_SECONDS = 0.5
"""A clock that goes wrong by less is not one that was set."""

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded", "MaximumPayloadSizeExceeded"]


@dataclass(frozen=True)
class Invoke:
    """Send the batch to the function, then ``Lane.conclude``."""

    batch: Batch


@dataclass(frozen=True)
class Discard:
    """Give the batch up: send it to the on-failure destination, then ``Lane.discarded``."""

    batch: Batch
    condition: Condition


@dataclass(frozen=True)
class Wait:
    """Nothing to do for ``seconds``, or with None until records come."""

    seconds: float | None


Step = Invoke | Discard | Wait


class Lane:
    """``overhead`` is what a record takes of a payload beside its data and its partition key, in bytes.

    ``now`` is in monotonic seconds everywhere: a clock that is set neither holds a batch back nor makes a record old.
    """

    def __init__(self, options: Options, overhead: int, window: TumblingWindow | None = None) -> None:
        self._options = options
        self._overhead = overhead
        self.window = window
        self._waiting: deque[Record] = deque()
        self._offers: deque[tuple[int, float]] = deque()
        self._work: deque[Batch] = deque()
        self._ahead: list[tuple[int, float]] = []
        self._caught_up = 0.0
        self._caught_up_at = -math.inf
        self._opened: tuple[int | None, float] = (None, 0.0)
        self._ended = False
        self.bytes = 0
        """What waits, as it would count in a payload."""
        self.done: str | None = None
        """The sequence number of the last record that is processed."""

    def offer(self, records: Sequence[Record], now: float, ahead: float = 0.0) -> None:
        """Records that have been read, in order; ``ahead`` is by how much the clock of their arrivals was ahead of
        ``now`` when they were: from then on they age in real time."""
        if records:
            if not self._ahead or abs(self._ahead[-1][1] - ahead) > CLOCK_SECONDS:
                self._ahead.append((records[0].ordinal, ahead))
            self._waiting.extend(records)
            self._offers.append((records[-1].ordinal, now))
            self.bytes += sum(map(self._size, records))

    def caught_up(self, moment: float, now: float = -math.inf) -> None:
        """Every record that arrived before ``moment`` (in seconds since the epoch), which is ``now``, has been
        offered."""
        self._caught_up, self._caught_up_at = moment, now

    def end(self) -> None:
        """The shard has no more records."""
        self._ended = True

    @property
    def waiting(self) -> int:
        """How many records are in no batch yet."""
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Whether everything that was offered is processed, and no window is open."""
        return not self._work and not self._waiting and (self.window is None or self.window.start is None)

    def oldest(self) -> Record | None:
        """The first record that is not processed."""
        for batch in self._work:
            if batch.records:
                return batch.records[0]
        return self._waiting[0] if self._waiting else None

    def next(self, now: float) -> Step:
        """What to do now."""
        if not self._work:
            batch = self._form(now)
            if batch is None:
                return Wait(self._due(now))
            self._work.append(batch)
        self._split_off_expired(now)
        batch = self._work[0]
        if batch.records and self._expired(batch.records[0], now):
            return Discard(batch, "RecordAgeExceeded")
        if len(batch.records) == 1 and self._size(batch.records[0]) > self._room():
            return Discard(batch, "MaximumPayloadSizeExceeded")
        if 0 <= self._options.retries < batch.failures:
            return Discard(batch, "RetryAttemptsExhausted")
        return Wait(batch.not_before - now) if now < batch.not_before else Invoke(batch)

    def conclude(self, batch: Batch, verdict: Verdict, now: float) -> None:
        """Note what became of the invocation with ``batch``, the one that ``next`` gave."""
        if isinstance(verdict, Succeeded):
            self._done(batch, verdict.state)
            return
        batch.postponed += 1
        batch.not_before = now + BACKOFF_SECONDS[min(batch.postponed, len(BACKOFF_SECONDS)) - 1]
        if isinstance(verdict, NotInvoked):
            return
        if verdict.first:
            self._retry_from(batch, verdict)
        elif self._options.bisect and len(batch.records) > 1:
            self._bisect(batch)
        else:
            batch.failures += 1

    def discarded(self, batch: Batch) -> None:
        """Forget ``batch``, the one that ``next`` gave: it counts as processed, and its window goes on without it."""
        self._work.popleft()
        self._note_done(batch.records)
        if self.window is not None and batch.window is not None and batch.window.final:
            self.window.close()

    def _note_done(self, records: Sequence[Record]) -> None:
        if records:
            self.done = records[-1].sequence_number

    def _done(self, batch: Batch, state: object) -> None:
        self._work.popleft()
        self._note_done(batch.records)
        if self.window is not None and batch.window is not None:
            self.window.advance(batch.window, state)

    def _retry_from(self, batch: Batch, verdict: Failed) -> None:
        """The rest of the batch is a batch of its own: its attempts start anew, as on AWS."""
        self._note_done(batch.records[: verdict.first])
        if self.window is not None and batch.window is not None:
            self.window.advance(batch.window, verdict.state)
        self._work[0] = Batch(batch.records[verdict.first :], batch.window, postponed=1, not_before=batch.not_before)

    def _bisect(self, batch: Batch) -> None:
        """Splitting takes none of the retry quota, and no pause: what is bad in many records is soon found."""
        middle = (len(batch.records) + 1) // 2
        self._work.popleft()
        for half in (batch.records[middle:], batch.records[:middle]):
            self._work.appendleft(Batch(half, batch.window))

    def _split_off_expired(self, now: float) -> None:
        batch = self._work[0]
        if self._options.max_age is None or not batch.records:
            return
        expired = 0
        while expired < len(batch.records) and self._expired(batch.records[expired], now):
            expired += 1
        if 0 < expired < len(batch.records):
            self._work[0] = replace(batch, records=batch.records[expired:])
            self._work.appendleft(Batch(batch.records[:expired], batch.window, batch.failures))

    def _form(self, now: float) -> Batch | None:
        """The next batch, when it is full or its time has come."""
        first = self._waiting[0] if self._waiting else None
        if self.window is not None:
            self._note_opened(now)
            final = self.window.final(first, self._reached(), ended=self._ended)
            if final is not None:
                return Batch([], final)
        if first is None:
            return None
        if self.window is not None:
            self.window.open_for(first)
            self._note_opened(now)
        if not self._ready(now):
            return None
        taken, size = self._take()
        self.bytes -= size
        return Batch(taken, None if self.window is None else self.window.part())

    def _ready(self, now: float) -> bool:
        return (
            self._ended
            or now >= self._since() + self._options.window
            or len(self._waiting) >= self._options.batch_size
            or self.bytes >= self._room()
            or (self.window is not None and not self.window.holds(self._waiting[-1]))
            or (self.window is not None and self._reached() >= self.window.part().end)
        )

    def _take(self) -> tuple[list[Record], int]:
        taken: list[Record] = []
        total, room = 0, self._room()
        while self._waiting and len(taken) < self._options.batch_size:
            record = self._waiting[0]
            size = self._size(record)
            if taken and total + size > room:
                break
            if self.window is not None and not self.window.holds(record):
                break
            taken.append(self._waiting.popleft())
            total += size
        return taken, total

    def _due(self, now: float) -> float | None:
        if not self._waiting:
            return None
        due = self._since() + self._options.window
        return max(0.0, due - now)

    def _since(self) -> float:
        """When the first waiting record was offered."""
        while self._offers[0][0] < self._waiting[0].ordinal:
            self._offers.popleft()
        return self._offers[0][1]

    def _note_opened(self, now: float) -> None:
        if self.window is not None and self._opened[0] != self.window.start:
            self._opened = self.window.start, now

    def _reached(self) -> float:
        """Up to which arrival everything has been offered. A window that was open for its whole length is over, though
        a clock that was set back is not there yet."""
        assert self.window is not None  # noqa: S101  whoever asks has one
        whole = self._caught_up_at - self._opened[1] >= self.window.seconds
        return math.inf if whole and self._opened[0] is not None else self._caught_up

    def _expired(self, record: Record, now: float) -> bool:
        if self._options.max_age is None:
            return False
        ahead = next(ahead for first, ahead in reversed(self._ahead) if first <= record.ordinal)
        return now + ahead - record.arrival > self._options.max_age

    def _size(self, record: Record) -> int:
        return len(record.data) + len(orjson.dumps(record.partition_key)) + self._overhead

    def _room(self) -> int:
        """What records may take of a payload."""
        return PAYLOAD_BYTES - (0 if self.window is None else self.window.state_bytes)
