"""The one consumer of a delivery stream: reads, buffers, delivers.

``step`` does one round of work and says how long nothing is to be done; a thread of the engine calls it over and over,
and so do tests, with a clock of their own.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from local.clock import Clock
from local.engines.firehose.buffer import Buffer, Outcome
from local.engines.firehose.delivery import Delivery, Outbox
from local.engines.firehose.delivery_stream import DeliveryStream
from local.engines.firehose.records import Checkpoints, Source

logger = logging.getLogger("datastreamer.firehose")

RETRY_DELAYS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds before the next attempt after a failure, growing; nothing is ever given up."""
STOP_ATTEMPTS = 3


class Consumer:
    """Moves records from a source to S3. ``current`` gives the delivery stream as it is configured now."""

    def __init__(
        self,
        current: Callable[[], DeliveryStream],
        open_source: Callable[[Checkpoints], Source],
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._current = current
        self._open_source = open_source
        self._outbox = outbox
        self._clock = clock
        self._stream = current()
        self._source: Source | None = None
        self._waiting: deque[Outcome] = deque()
        self._buffer: Buffer | None = None
        self._delivery: Delivery | None = None
        self._failures = 0
        self._retry_at = 0.0

    def step(self) -> float | None:
        """Work once; returns the seconds until the next step is needed, None when only new records call for one."""
        now = self._now()
        if self._retry_at > now:
            return self._retry_at - now
        try:
            delay = self._work(now)
        except (ClientError, BotoCoreError) as error:
            delay = RETRY_DELAYS[min(self._failures, len(RETRY_DELAYS) - 1)]
            self._failures += 1
            self._retry_at = now + delay
            logger.warning("%s: %s; trying again in %g s", self._stream.name, error, delay)
            return delay
        self._failures = 0
        return delay

    def finish(self) -> None:
        """Deliver what has been read, trying a few times; what S3 does not take stays pending for the next start."""
        for _ in range(STOP_ATTEMPTS):
            try:
                self._finish()
            except (ClientError, BotoCoreError) as error:
                logger.warning("%s: %s while stopping", self._stream.name, error)
                self._clock.sleep(RETRY_DELAYS[0])
            else:
                return

    def _finish(self) -> None:
        source = self._opened()
        if self._delivery is None:
            self._read(source)
        while self._delivery is not None or self._waiting or self._buffer is not None:
            if self._delivery is None:
                self._fill()
                self._seal()
            self._deliver()

    def _work(self, now: float) -> float | None:
        source = self._opened()
        self._follow_configuration()
        if self._delivery is not None:
            self._deliver()
        read = 0
        if not self._waiting:
            read = self._read(source)
        self._fill()
        if self._buffer is not None and (self._buffer.full() or self._buffer.due() <= self._now()):
            self._seal()
            self._deliver()
            return 0.0
        if read or self._waiting:
            return 0.0
        return self._idle(source, now)

    def _idle(self, source: Source, now: float) -> float | None:
        delays = [source.delay()]
        if self._buffer is not None:
            delays.append(max(0.0, self._buffer.due() - now))
        known = [delay for delay in delays if delay is not None]
        return min(known) if known else None

    def _opened(self) -> Source:
        if self._source is None:
            self._delivery = self._outbox.resume()
            checkpoints = self._outbox.checkpoints()
            if self._delivery is not None:
                checkpoints = {**checkpoints, **self._delivery.checkpoints}
            self._source = self._open_source(checkpoints)
        return self._source

    def _follow_configuration(self) -> None:
        newest = self._current()
        if newest.version != self._stream.version:
            if self._delivery is None and self._buffer is not None:
                self._seal()
            self._stream = newest
            if self._delivery is not None:
                self._outbox.retarget(self._delivery, newest)

    def _read(self, source: Source) -> int:
        records = source.read()
        self._waiting.extend(Outcome(record, record.data) for record in records)
        return len(records)

    def _fill(self) -> None:
        if not self._waiting:
            return
        if self._buffer is None:
            self._buffer = Buffer(self._stream.destination, self._now())
        for _ in range(self._buffer.add(self._waiting)):
            self._waiting.popleft()

    def _seal(self) -> None:
        if self._buffer is not None:
            self._delivery = self._outbox.seal(self._stream, self._buffer)
            self._buffer = None

    def _deliver(self) -> None:
        if self._delivery is not None:
            self._outbox.put(self._delivery)
            self._opened().delivered(self._delivery.checkpoints)
            self._delivery = None

    def _now(self) -> float:
        return self._clock.now().timestamp()
