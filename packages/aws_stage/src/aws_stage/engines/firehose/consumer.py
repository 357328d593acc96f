"""The one consumer of a delivery stream: reads, buffers, delivers.

``step`` does one round of work and says how long nothing is to be done; a thread of the engine calls it over and over,
and so do tests, with a clock of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.firehose.buffer import BACKUP, NOT_INDEXED, Buffer
from aws_stage.engines.firehose.delivery import Delivery, Outbox
from aws_stage.engines.firehose.delivery_stream import DeliveryStream
from aws_stage.engines.firehose.intake import Intake, NewTransformer
from aws_stage.engines.firehose.monitoring import Monitor
from aws_stage.engines.firehose.records import Checkpoints, Record, Source
from aws_stage.engines.firehose.search.documents import Document
from aws_stage.engines.firehose.search.indexing import Indexing, NotIndexedError
from aws_stage.kernel.clock import Clock

logger = logging.getLogger("aws_stage.firehose")

RETRY_DELAYS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds before the next attempt after a failure, growing; nothing is ever given up."""
STOP_ATTEMPTS = 3
LAST_READS = 3.0
"""Seconds for which a consumer that is to end still reads what keeps coming."""


NewIndexing = Callable[[DeliveryStream, list[Document]], Indexing]
_AGAIN = (ClientError, BotoCoreError, NotIndexedError)
"""What a later attempt may get over."""


class Consumer:
    """Moves records from a source to S3, and to OpenSearch where the stream says so.

    ``current`` gives the delivery stream as it is configured now; ``new_indexing`` takes the documents of a delivery.
    """

    def __init__(
        self,
        *,
        current: Callable[[], DeliveryStream],
        open_source: Callable[[Checkpoints], Source],
        new_transformer: NewTransformer,
        outbox: Outbox,
        new_indexing: NewIndexing,
        monitor: Monitor,
        clock: Clock,
    ) -> None:
        self._new_indexing = new_indexing
        self._indexing: Indexing | None = None
        self._current = current
        self._open_source = open_source
        self._new_transformer = new_transformer
        self._outbox = outbox
        self._monitor = monitor
        self._clock = clock
        self._stream = current()
        self._intake: Intake | None = None
        self._buffer: Buffer | None = None
        self._delivery: Delivery | None = None
        self._failures = 0
        self._retry_at = float("-inf")

    def step(self) -> float | None:
        """Work once; returns the seconds until the next step is needed, None when only new records call for one."""
        now = self._now()
        if self._retry_at > now:
            return self._retry_at - now
        try:
            delay = self._work()
            self._failures = 0
        except _AGAIN as error:
            delay = RETRY_DELAYS[min(self._failures, len(RETRY_DELAYS) - 1)]
            self._failures += 1
            self._retry_at = self._now() + delay
            logger.warning("%s: %s; trying again in %g s", self._stream.name, error, delay)
        self._monitor.publish()
        return delay

    def finish(self) -> None:
        """Deliver what has come, trying a few times; what S3 does not take stays pending for the next start."""
        for _ in range(STOP_ATTEMPTS):
            try:
                self._finish()
                break
            except _AGAIN as error:
                logger.warning("%s: %s while stopping", self._stream.name, error)
                self._clock.sleep(RETRY_DELAYS[0])
        self._monitor.publish(now=True)

    def _work(self) -> float | None:
        intake = self._opened()
        self._follow_configuration(intake)
        self._deliver()
        if self._buffer is not None and (self._buffer.full() or self._buffer.due() <= self._now()):
            self._seal()
            self._deliver()
        read = intake.read()
        intake.prepare()
        self._fill(intake)
        if read or intake.ready:
            return 0.0
        return self._idle(intake)

    def _finish(self) -> None:
        intake = self._opened()
        self._deliver()
        last = self._now() + LAST_READS
        while self._read_last(intake) and self._now() < last:
            intake.prepare(everything=True)
            self._fill_and_deliver(intake)
        intake.prepare(everything=True)
        self._fill_and_deliver(intake)
        self._seal()
        self._deliver()

    def _read_last(self, intake: Intake) -> int:
        try:
            return intake.read(at_once=True)
        except (ClientError, BotoCoreError) as error:
            logger.warning("%s: no last read: %s", self._stream.name, error)
            return 0

    def _fill_and_deliver(self, intake: Intake) -> None:
        while intake.ready:
            self._fill(intake)
            if self._buffer is not None and self._buffer.full():
                self._seal()
                self._deliver()

    def _idle(self, intake: Intake) -> float | None:
        delays = [intake.source.delay(), intake.due()]
        if self._buffer is not None:
            delays.append(self._buffer.due() - self._now())
        shortest = min(delay for delay in delays if delay is not None)
        return None if shortest == float("inf") else max(0.0, shortest)

    def _opened(self) -> Intake:
        if self._intake is None:
            self._delivery = self._outbox.resume()
            checkpoints = self._outbox.checkpoints()
            if self._delivery is not None:
                checkpoints.update(self._delivery.checkpoints)
            source = self._open_source(checkpoints)
            self._intake = Intake(self._stream, source, self._new_transformer, self._monitor, self._clock)
        return self._intake

    def _follow_configuration(self, intake: Intake) -> None:
        newest = self._current()
        if newest.version != self._stream.version:
            if self._delivery is None:
                self._seal()
            self._stream = newest
            self._indexing = None
            intake.follow(newest)

    def _fill(self, intake: Intake) -> None:
        if intake.ready:
            if self._buffer is None:
                documents: list[tuple[Record, bytes]] | None = [] if self._stream.search else None
                self._buffer = Buffer(self._stream.destination, self._now(), documents)
            for _ in range(self._buffer.add(intake.ready)):
                intake.ready.popleft()

    def _seal(self) -> None:
        if self._buffer is not None:
            self._delivery = self._outbox.seal(self._stream, self._buffer)
            self._buffer = None

    def _deliver(self) -> None:
        delivery = self._delivery
        if delivery is None:
            return
        try:
            if self._failures and delivery.version != self._stream.version:
                self._outbox.retarget(delivery, self._stream)
            self._outbox.put(delivery)
            self._index(delivery)
            self._outbox.put(delivery)
            self._outbox.close(delivery)
        except ClientError as error:
            self._report_failure(delivery, error.response["Error"]["Code"], str(error))
            raise
        except BotoCoreError as error:
            self._report_failure(delivery, type(error).__name__, str(error))
            raise
        self._delivery = None
        self._opened().source.delivered(delivery.checkpoints)
        data = [item for item in delivery.objects if item.role != BACKUP]
        backups = len(delivery.objects) - len(data)
        if not delivery.documents:
            self._monitor.delivered("DeliveryToS3", delivery.records, delivery.size, len(data), delivery.oldest)
        if backups:
            self._monitor.delivered("BackupToS3", delivery.records, delivery.size, backups, delivery.oldest)

    def _index(self, delivery: Delivery) -> None:
        """Have the documents in OpenSearch, or in an object of those that failed."""
        if delivery.documents is None or delivery.documents.done:
            return
        if self._indexing is None:
            self._indexing = self._new_indexing(self._stream, self._outbox.documents(delivery))
        arn = self._indexing.target.domain_arn
        try:
            failed = self._indexing.run()
        except NotIndexedError as error:
            self._monitor.not_indexed(delivery.oldest)
            self._monitor.error(self._stream.destination.target.log, arn, error.code, error.message)
            raise
        self._outbox.indexed(self._stream, delivery, failed)
        self._monitor.indexed(self._indexing.indexed, delivery.size, delivery.oldest, whole=not failed)
        if failed:
            message = f"{len(failed)} documents were not indexed; they are in S3 below {NOT_INDEXED}"
            self._monitor.error(self._stream.destination.target.log, arn, "OS.DocumentsFailed", message)
        self._indexing = None

    def _report_failure(self, delivery: Delivery, code: str, message: str) -> None:
        self._monitor.put_failed(delivery.oldest)
        bucket = next(
            (item.bucket for item in delivery.objects if not item.done), self._stream.destination.target.bucket
        )
        self._monitor.error(self._stream.destination.target.log, f"arn:aws:s3:::{bucket}", f"S3.{code}", message)

    def _now(self) -> float:
        return self._clock.monotonic()
