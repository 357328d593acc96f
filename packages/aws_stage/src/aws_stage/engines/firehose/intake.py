"""The first half of a consumer: records from the source, transformed in batches, ready to be buffered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from aws_stage.engines.firehose.aggregation import user_records
from aws_stage.engines.firehose.buffer import Outcome
from aws_stage.engines.firehose.delivery_stream import DeliveryStream
from aws_stage.engines.firehose.monitoring import Monitor
from aws_stage.engines.firehose.records import Record, Source
from aws_stage.engines.firehose.transform import Transformer
from aws_stage.kernel.clock import Clock

NewTransformer = Callable[[DeliveryStream], Transformer | None]


class Intake:
    """``ready`` holds what may be buffered, in order; what is not in it yet waits for its transform's batch."""

    def __init__(
        self,
        stream: DeliveryStream,
        source: Source,
        new_transformer: NewTransformer,
        monitor: Monitor,
        clock: Clock,
    ) -> None:
        self.source = source
        self.ready: deque[Outcome] = deque()
        self._waiting: deque[Record] = deque()
        self._waiting_bytes = 0
        self._waiting_since = 0.0
        self._new_transformer = new_transformer
        self._monitor = monitor
        self._clock = clock
        self.follow(stream)

    def follow(self, stream: DeliveryStream) -> None:
        """Use the transform that ``stream`` has now."""
        self._stream = stream
        self._settings = stream.destination.transform
        self._transformer = self._new_transformer(stream)

    def read(self, *, at_once: bool = False) -> int:
        """Read once, unless enough is at hand; returns the number of records read. ``at_once``: see Source."""
        if self.ready or (self._settings and self._waiting_bytes >= self._settings.size):
            return 0
        records = self.source.read(at_once=at_once)
        if records:
            self._monitor.read(len(records), sum(len(record.data) for record in records), self.source.behind())
            if not self._waiting:
                self._waiting_since = self._now()
            if self._stream.source is not None:
                taken_apart = [one for record in records for one in user_records(record)]
            else:
                taken_apart = records
            self._waiting.extend(taken_apart)
            self._waiting_bytes += sum(len(record.data) for record in taken_apart)
        return len(records)

    def prepare(self, *, everything: bool = False) -> None:
        """Make ready what is due; ``everything`` does not wait for full batches."""
        if self._transformer is None or self._settings is None:
            self.ready.extend(Outcome(record, record.data) for record in self._take(None))
            return
        while self._waiting and (everything or self._waiting_bytes >= self._settings.size or self.due() <= 0):
            started = self._now()
            batch = self._transformer.run(self._take(self._settings.size))
            self.ready.extend(batch.outcomes)
            self._waiting_since = self._now()
            self._monitor.transformed(len(batch.outcomes) - sum(batch.failures.values()), self._waiting_since - started)
            for failure in batch.failures:
                self._monitor.error(
                    self._stream.destination.target.log,
                    self._settings.function_arn,
                    failure.code,
                    failure.message,
                )

    def due(self) -> float:
        """Seconds until a batch that is not full must be transformed; infinite when nothing waits."""
        if not self._waiting or self._settings is None:
            return float("inf")
        return self._waiting_since + self._settings.interval - self._now()

    def _take(self, size: int | None) -> list[Record]:
        """Waiting records of ``size`` bytes at most (one at least), or all of them."""
        taken: list[Record] = []
        total = 0
        while self._waiting and (size is None or not taken or total + len(self._waiting[0].data) <= size):
            record = self._waiting.popleft()
            taken.append(record)
            total += len(record.data)
        self._waiting_bytes -= total
        return taken

    def _now(self) -> float:
        return self._clock.monotonic()
