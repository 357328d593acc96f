"""The engine: one thread with one consumer per delivery stream."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from local.engine import Handler, Stage
from local.engines.firehose.consumer import RETRY_DELAYS, Consumer
from local.engines.firehose.delivery import Outbox
from local.engines.firehose.delivery_stream import DeliveryStream
from local.engines.firehose.kinesis_source import KinesisSource
from local.engines.firehose.operations import DeliveryStreams
from local.engines.firehose.records import Checkpoints, Source

logger = logging.getLogger("datastreamer.firehose")


class Worker:
    """A thread that steps one consumer until it is told to stop."""

    def __init__(self, name: str, consumer: Consumer) -> None:
        self.consumer = consumer
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"firehose-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something to do before the announced delay is over."""
        self._wake.set()

    def stop(self) -> None:
        """Deliver what has been read, then end."""
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            try:
                delay = self.consumer.step()
            except Exception:
                logger.exception("%s: a step failed", self._thread.name)
                delay = RETRY_DELAYS[-1]
            self._wake.wait(delay)
            self._wake.clear()
        try:
            self.consumer.finish()
        except Exception:
            logger.exception("%s: could not finish", self._thread.name)


class FirehoseEngine:
    """Owns the ``firehose`` service."""

    name = "firehose"
    owns = frozenset({"firehose"})

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._streams = DeliveryStreams(stage, "LATEST")
        self._streams.created = self._start_worker
        self._streams.deleted = self._retire
        self._streams.changed = self._wake
        self._workers: dict[str, Worker] = {}
        self._lock = threading.Lock()
        self.operations: Mapping[tuple[str, str], Handler] = {
            ("firehose", name): handler
            for name, handler in {
                "CreateDeliveryStream": self._streams.create,
                "DescribeDeliveryStream": self._streams.describe,
                "ListDeliveryStreams": self._streams.list,
                "DeleteDeliveryStream": self._streams.delete,
                "UpdateDestination": self._streams.update_destination,
            }.items()
        }

    def start(self) -> None:
        for stream in self._streams.all():
            self._start_worker(stream)

    def stop(self) -> None:
        with self._lock:
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            worker.stop()

    def _start_worker(self, stream: DeliveryStream) -> None:
        outbox = self._outbox(stream)

        def open_source(checkpoints: Checkpoints) -> Source:
            start = None if stream.start_position == "TRIM_HORIZON" else stream.created
            arn = (stream.source or {})["KinesisStreamARN"]
            return KinesisSource(self._stage.client("kinesis"), self._stage.clock, arn, checkpoints, start)

        consumer = Consumer(lambda: self._streams.get(stream.name), open_source, outbox, self._stage.clock)
        worker = Worker(stream.name, consumer)
        with self._lock:
            self._workers[stream.name] = worker
        worker.start()

    def _retire(self, stream: DeliveryStream) -> None:
        with self._lock:
            worker = self._workers.pop(stream.name, None)
        if worker is not None:
            worker.stop()
        self._outbox(stream).forget()

    def _wake(self, name: str) -> None:
        with self._lock:
            worker = self._workers.get(name)
        if worker is not None:
            worker.wake()

    def _outbox(self, stream: DeliveryStream) -> Outbox:
        return Outbox(
            self._stage.store("firehose"), self._stage.client("s3"), self._stage.directory("firehose"), stream.uid
        )
