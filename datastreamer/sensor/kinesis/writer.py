"""The Kinesis writer: several PutRecords in flight, nothing dropped, each partition key in order.

Delivery is at least once. A request whose answer is lost (a timeout, a broken connection, a 5xx) may have been stored
and is sent again; such a record may be in the stream twice and is still acknowledged once. ``WriterCounts.uncertain``
counts the lines for which that is possible. Within one key a record leaves only after the one before it was
acknowledged, so a later record never overtakes an earlier one that failed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from botocore.exceptions import ClientError

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.putting import MAX_RECORDS, MAX_REQUEST_BYTES, PutRecordsClient, put
from datastreamer.errors import DatastreamerError, RetryableError
from datastreamer.sensor.kinesis.failures import Outcome, explained, record_outcome, request_outcome
from datastreamer.sensor.kinesis.ordered_buffer import OrderedBuffer
from datastreamer.sensor.kinesis.pace import AdaptiveRate
from datastreamer.sensor.kinesis.record import Acknowledged, Record

OnAcknowledged = Callable[[Sequence[Acknowledged]], None]

FIRST_RETRY = 0.05
LONGEST_RETRY = 10.0
"""Seconds: one record's waits. How fast all of them go is the adaptive rate's affair."""


@dataclass(frozen=True)
class WriterSettings:
    """How the writer behaves. Bytes count data and keys; times are seconds.

    ``reach_within``: how long the first answer of the service may take before the writer gives up; that it is busy or
    broken is an answer too.
    ``give_up_after``: how long a run may go on without a single acknowledgement once the service has answered.
    """

    in_flight: int = 4
    buffer_bytes: int = 32 * 1024 * 1024
    reach_within: float = 10.0
    give_up_after: float = 300.0


@dataclass
class WriterCounts:
    """What the writer did so far.

    ``retried``: records sent again. ``throttled``: records that the stream refused for its capacity.
    ``failed``: records of requests or entries that failed, for whatever reason. ``uncertain``: lines of records whose
    answer was lost, so that they may be stored twice. ``buffered``: lines not acknowledged yet, ``in_flight`` of them
    being sent.
    """

    requests: int = 0
    retried: int = 0
    throttled: int = 0
    failed: int = 0
    uncertain: int = 0
    buffered: int = 0
    in_flight: int = 0


class WriterAbortedError(DatastreamerError):
    """The writer was told to stop without flushing."""

    exit_code = 130


class KinesisWriter:
    """Writes records to one stream; ``put`` blocks while the buffer is full, ``close`` returns when all is stored.

    ``on_acknowledged`` is called from sender threads, one call at a time, before a record counts as written.
    Methods are for one producing thread. Any method raises the error that stopped the writer, if one did.
    """

    def __init__(
        self,
        client: PutRecordsClient,
        stream: str,
        on_acknowledged: OnAcknowledged,
        settings: WriterSettings | None = None,
        *,
        endpoint: str = "",
        backoff: Backoff | None = None,
        rate: AdaptiveRate | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._stream = stream
        self._endpoint = endpoint
        self._on_acknowledged = on_acknowledged
        self._settings = settings or WriterSettings()
        self._backoff = backoff or Backoff(FIRST_RETRY, LONGEST_RETRY)
        self._clock = clock
        self._buffer = OrderedBuffer(self._settings.buffer_bytes)
        self._rate = rate or AdaptiveRate()
        self._changed = threading.Condition()
        self._telling = threading.Lock()
        self._counts = WriterCounts()
        self._error: DatastreamerError | None = None
        self._closing = False
        self._aborted = False
        self._answered = False
        self._progress_at = clock()
        self._threads = [
            threading.Thread(target=self._send_until_closed, name=f"kinesis-{number}", daemon=True)
            for number in range(self._settings.in_flight)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, records: Iterable[Record]) -> None:
        """Take ``records`` into the buffer; blocks while it is full."""
        with self._changed:
            for record in records:
                while not self._buffer.has_room():
                    self._check()
                    self._changed.notify_all()
                    self._changed.wait(0.2)
                self._check()
                if not self._buffer.records:
                    self._progress_at = self._clock()
                self._buffer.add(record)
            self._changed.notify_all()

    def flush(self) -> None:
        """Return when every record put so far is acknowledged."""
        with self._changed:
            while self._buffer.records:
                self._check()
                self._changed.wait(0.2)
            self._check()

    def close(self) -> None:
        """Flush and end the sender threads."""
        self.flush()
        self._closing = True
        self._join(None)

    def abort(self, grace: float = 2.0) -> None:
        """Send nothing more; wait at most ``grace`` seconds for the answers of requests in flight."""
        self._aborted = True
        self._join(grace)

    def abort_soon(self) -> None:
        """Make the next or current blocking call raise WriterAbortedError; safe in a signal handler."""
        self._aborted = True

    def counts(self) -> WriterCounts:
        """A copy of the counts at this moment."""
        with self._changed:
            return replace(self._counts, buffered=self._buffer.lines, in_flight=self._buffer.lines_in_flight)

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if self._aborted:
            raise WriterAbortedError("stopped before everything was sent")

    def _join(self, grace: float | None) -> None:
        with self._changed:
            self._changed.notify_all()
        deadline = None if grace is None else self._clock() + grace
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - self._clock()))

    def _send_until_closed(self) -> None:
        try:
            while batch := self._next_batch():
                self._send(batch)
        except Exception as error:  # noqa: BLE001  a sender's error must reach the producer, whatever it is
            with self._changed:
                self._error = self._error or explained(error, self._stream, self._endpoint)
                self._changed.notify_all()

    def _next_batch(self) -> list[Record] | None:
        with self._changed:
            while True:
                if self._error is not None or self._aborted or (self._closing and not self._buffer.records):
                    return None
                now = self._clock()
                pause = self._rate.wait(now)
                if pause <= 0.0:
                    batch = self._buffer.take(now, self._rate.burst(MAX_RECORDS), MAX_REQUEST_BYTES)
                    if batch:
                        self._rate.spend(len(batch))
                        self._counts.requests += 1
                        self._counts.retried += sum(1 for record in batch if self._buffer.attempts(record))
                        return batch
                    due = self._buffer.next_due()
                    pause = 0.2 if due is None else due - now
                self._changed.wait(min(max(pause, 0.001), 0.2))

    def _send(self, batch: list[Record]) -> None:
        try:
            answer = put(self._client, self._stream, batch)
        except Exception as error:  # noqa: BLE001  request_outcome raises again what is not the service's or network's
            try:
                outcome = request_outcome(error, self._stream, self._endpoint)
            except DatastreamerError:
                self._settle([], [(record, Outcome.REFUSED) for record in batch], error)
                raise
            self._settle([], [(record, outcome) for record in batch], error)
            return
        if answer is None:
            self._settle([], [(record, Outcome.UNKNOWN) for record in batch], None)
            return
        self._settle(answer.stored, [(each.record, record_outcome(each.code)) for each in answer.refused], None)

    def _settle(
        self, stored: list[Acknowledged], refused: list[tuple[Record, Outcome]], error: Exception | None
    ) -> None:
        if stored:
            with self._telling:
                self._on_acknowledged(stored)
        with self._changed:
            now = self._clock()
            if stored:
                self._progress_at = now
                self._rate.acknowledged(len(stored), now)
                for acknowledged in stored:
                    self._buffer.acknowledge(acknowledged.record)
            for record, outcome in refused:
                delay = self._backoff.delay(self._buffer.attempts(record))
                self._buffer.retry(record, now + delay)
                self._counts.failed += 1
                self._counts.throttled += outcome is Outcome.THROTTLED
                self._counts.uncertain += record.lines if outcome is Outcome.UNKNOWN else 0
            throttled = sum(1 for _, outcome in refused if outcome is Outcome.THROTTLED)
            if throttled:
                self._rate.throttled(now, throttled)
            self._answered = self._answered or error is None or isinstance(error, ClientError)
            if refused:
                self._give_up_when_vain(now, error)
            self._changed.notify_all()

    def _give_up_when_vain(self, now: float, error: Exception | None) -> None:
        silence = now - self._progress_at
        if not self._answered and silence > self._settings.reach_within and error is not None:
            raise explained(error, self._stream, self._endpoint)
        if silence > self._settings.give_up_after:
            raise RetryableError(
                f"nothing was acknowledged by {self._stream} for {silence:.0f} s"
                + (f" ({error})" if error else "")
                + ". Try again when the stream accepts records"
            )
