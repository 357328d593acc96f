"""The engine: one worker per delivery stream, and the operations."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from aws_stage.engines.firehose.consumer import Consumer
from aws_stage.engines.firehose.delivery import Outbox
from aws_stage.engines.firehose.delivery_stream import KINESIS, DeliveryStream
from aws_stage.engines.firehose.direct_put import DirectPut, Journals
from aws_stage.engines.firehose.journal import JournalSource
from aws_stage.engines.firehose.kinesis_source import KinesisSource
from aws_stage.engines.firehose.monitoring import Monitor
from aws_stage.engines.firehose.operations import DeliveryStreams
from aws_stage.engines.firehose.records import Checkpoints, Source
from aws_stage.engines.firehose.search.documents import Document
from aws_stage.engines.firehose.search.domain_calls import DomainCalls
from aws_stage.engines.firehose.search.indexing import Indexing
from aws_stage.engines.firehose.tagging import Tagging
from aws_stage.engines.firehose.transform import Transformer
from aws_stage.engines.firehose.worker import Worker
from aws_stage.kernel.engine import Handler, Stage

TRIM_HORIZON = "TRIM_HORIZON"


@dataclass(frozen=True)
class _Running:
    worker: Worker
    monitor: Monitor


class FirehoseEngine:
    """Owns the ``firehose`` service."""

    name = "firehose"
    owns = frozenset({"firehose"})

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._running: dict[str, _Running] = {}
        self._domains = DomainCalls(stage.client, stage.settings.region)
        self._lock = threading.Lock()
        self._journals = Journals(stage.settings.state_dir / "engines" / "firehose-journal", stage.manifest)
        self._streams = streams = DeliveryStreams(stage)
        for stream in streams.all():
            if stream.kind != KINESIS:
                self._journals.of(stream)  # a damaged one stops the start
        streams.created, streams.deleted, streams.changed = self._run, self._retire, self._wake
        tagging = Tagging(streams)
        direct_put = DirectPut(streams.get, self._journals, stage.clock, self._received)
        handlers: dict[str, Handler] = {
            "CreateDeliveryStream": streams.create,
            "DescribeDeliveryStream": streams.describe,
            "ListDeliveryStreams": streams.list,
            "DeleteDeliveryStream": streams.delete,
            "UpdateDestination": streams.update_destination,
            "PutRecord": direct_put.put_record,
            "PutRecordBatch": direct_put.put_record_batch,
            "TagDeliveryStream": tagging.tag,
            "UntagDeliveryStream": tagging.untag,
            "ListTagsForDeliveryStream": tagging.tags,
            "StartDeliveryStreamEncryption": tagging.start_encryption,
            "StopDeliveryStreamEncryption": tagging.stop_encryption,
        }
        self.operations: Mapping[tuple[str, str], Handler] = {
            (self.name, operation): handler for operation, handler in handlers.items()
        }

    def start(self) -> None:
        for stream in self._streams.all():
            self._run(stream)

    def stop(self) -> None:
        with self._lock:
            running, self._running = list(self._running.values()), {}
        for each in running:
            each.worker.stop()
        for each in running:
            each.worker.join()
        self._journals.close()

    def _run(self, stream: DeliveryStream) -> None:
        def current() -> DeliveryStream:
            return self._streams.newest(stream)

        monitor = Monitor(self._stage.client, self._stage.clock, current)
        outbox = self._outbox(stream)
        consumer = Consumer(
            current=current,
            open_source=lambda checkpoints: self._source(stream, checkpoints, outbox, monitor),
            new_transformer=self._transformer,
            outbox=outbox,
            new_indexing=self._indexing,
            monitor=monitor,
            clock=self._stage.clock,
        )
        running = _Running(Worker(stream.name, consumer), monitor)
        with self._lock:
            self._running[stream.uid] = running
        running.worker.start()

    def _source(self, stream: DeliveryStream, checkpoints: Checkpoints, outbox: Outbox, monitor: Monitor) -> Source:
        if stream.kind != KINESIS:
            return JournalSource(self._journals.of(stream), checkpoints)
        start = None if stream.start_position == TRIM_HORIZON else stream.created
        arn = (stream.source or {})["KinesisStreamARN"]
        return KinesisSource(
            self._stage.client("kinesis"),
            self._stage.clock,
            arn,
            checkpoints,
            start,
            began=outbox.begin,
            throttled=monitor.throttled,
        )

    def _transformer(self, stream: DeliveryStream) -> Transformer | None:
        settings = stream.destination.transform
        if settings is None:
            return None
        return Transformer(self._stage.client("lambda"), self._stage.clock, stream, settings)

    def _indexing(self, stream: DeliveryStream, documents: list[Document]) -> Indexing:
        if stream.search_target is None:
            raise ValueError(f"{stream.name} has documents for OpenSearch, and no such destination")
        return Indexing(documents, stream.search_target, self._domains, self._stage.clock)

    def _outbox(self, stream: DeliveryStream) -> Outbox:
        directory = self._stage.settings.state_dir / "engines" / "firehose-spool" / stream.uid
        return Outbox(self._stage.store("firehose"), self._stage.client("s3"), directory, stream.uid)

    def _retire(self, stream: DeliveryStream) -> None:
        with self._lock:
            running = self._running.pop(stream.uid, None)
        if running is not None:
            running.worker.stop()
            running.worker.join()
        self._outbox(stream).forget()
        self._journals.remove(stream)

    def _received(self, stream: DeliveryStream, operation: str, records: int, size: int) -> None:
        with self._lock:
            running = self._running.get(stream.uid)
        if running is not None:
            running.monitor.received(operation, records, size)
            running.worker.wake()

    def _wake(self, stream: DeliveryStream) -> None:
        with self._lock:
            running = self._running.get(stream.uid)
        if running is not None:
            running.worker.wake()
