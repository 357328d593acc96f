"""One run of a sensor: lines into the packer, records into the writer, acknowledgements into the ledger.

The first SIGINT or SIGTERM ends production and sends what is buffered; a second one stops at once. The receipt is
saved every few seconds by a thread of its own, so that it stays true while production waits for the stream.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final, Protocol

from datastreamer.errors import DatastreamerError
from datastreamer.events.reading import format_timestamp
from datastreamer.events.receipt import ABORTED, FAILED, FINISHED, STOPPED, Receipt
from sensor.kinesis.writer import KinesisWriter, WriterAbortedError, WriterCounts
from sensor.ledger import Ledger
from sensor.packing import Lines, Packer

_SAVE_EVERY: Final = 2.0


class StopRequest:
    """Set by signals: once to stop producing, twice to stop at once."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._on_second: Callable[[], None] = lambda: None

    @property
    def stopped(self) -> bool:
        """Whether production must end."""
        return self.event.is_set()

    @contextmanager
    def listening(self, on_second: Callable[[], None]) -> Iterator[None]:
        """Handle SIGINT and SIGTERM meanwhile."""
        self._on_second = on_second
        before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.event.is_set():
            self._on_second()
        self.event.set()


class Source(Protocol):
    """Where lines come from."""

    def batches(self, stop: StopRequest) -> Iterator[Iterable[Lines]]:
        """Lines as they become due, until there are no more or ``stop`` is set; an empty batch only lets time pass."""
        ...


class View(Protocol):
    """What the user sees during a run."""

    def update(self, ledger: Ledger, counts: WriterCounts) -> None: ...


class Run:
    """A run to be; ``execute`` does it and returns the final receipt."""

    def __init__(
        self,
        blank: Receipt,
        path: Path,
        packer: Packer,
        open_writer: Callable[[Ledger], KinesisWriter],
        view: View,
    ) -> None:
        self.ledger = Ledger(blank)
        self._path = path
        self._packer = packer
        self._open_writer = open_writer
        self._view = view
        self._produced = 0

    def execute(self, source: Source) -> tuple[Receipt, DatastreamerError | None]:
        """Send everything that ``source`` has; returns the final receipt, and the error that ended the run, if any."""
        self.ledger.receipt(WriterCounts()).save(self._path)
        writer = self._open_writer(self.ledger)
        stop = StopRequest()
        ended = threading.Event()
        reporter = threading.Thread(target=self._report, args=(writer, ended), name="reporter", daemon=True)
        reporter.start()
        state = FINISHED
        failure: DatastreamerError | None = None
        try:
            with stop.listening(writer.abort_soon):
                self._produce(source, writer, stop)
                writer.close()
                state = STOPPED if stop.stopped else FINISHED
        except WriterAbortedError as error:
            state, failure = ABORTED, error
        except DatastreamerError as error:
            state, failure = FAILED, error
        finally:
            if state not in (FINISHED, STOPPED):
                writer.abort()
            ended.set()
            reporter.join()
        counts = writer.counts()
        self._view.update(self.ledger, counts)
        receipt = self.ledger.receipt(counts)
        receipt = replace(
            receipt,
            state=state,
            ended=format_timestamp(datetime.now(UTC)),
            saved=format_timestamp(datetime.now(UTC)),
            unsent=self._produced - receipt.readings,
        )
        receipt.save(self._path)
        return receipt, failure

    def _produce(self, source: Source, writer: KinesisWriter, stop: StopRequest) -> None:
        for batch in source.batches(stop):
            for lines in batch:
                self._produced += len(lines.ends)
                writer.put(self._packer.add(lines))
            writer.put(self._packer.due())
        writer.put(self._packer.flush())

    def _report(self, writer: KinesisWriter, ended: threading.Event) -> None:
        saved = time.monotonic()
        while not ended.wait(0.25):
            counts = writer.counts()
            self._view.update(self.ledger, counts)
            if time.monotonic() - saved >= _SAVE_EVERY:
                moment = format_timestamp(datetime.now(UTC))
                replace(self.ledger.receipt(counts), saved=moment).save(self._path)
                saved = time.monotonic()
