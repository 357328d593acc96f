"""One run of a sensor: lines into the packer, records into the writer, acknowledgements into the receipt.

The first SIGINT or SIGTERM ends production and sends what is buffered; a second one stops at once. The receipt is
saved every few seconds by a thread of its own, so that it stays true while production waits for the stream.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from datastreamer.errors import ConfigurationError, DatastreamerError
from datastreamer.events.chain import Chain
from datastreamer.events.journal import Journal
from datastreamer.events.reading import format_timestamp
from datastreamer.events.receipt import ABORTED, FAILED, FINISHED, RUNNING, STOPPED, Receipt
from datastreamer.sensor.kinesis.record import Record
from datastreamer.sensor.kinesis.writer import KinesisWriter, WriterAbortedError, WriterCounts
from datastreamer.sensor.packing import Lines, Packer
from datastreamer.sensor.receipt_builder import ReceiptBuilder
from datastreamer.sensor.stopping import StopRequest
from datastreamer.sensor.unreadable import Unreadable

_SAVE_EVERY: Final = 2.0


class Source(Protocol):
    """Where lines come from."""

    def batches(self, stop: StopRequest) -> Iterator[Iterable[Lines]]:
        """Lines as they become due, until there are no more or ``stop`` is set; an empty batch only lets time pass."""
        ...

    def progress(self) -> float | None:
        """The fraction of the lines that was produced, or None when there is no end."""
        ...

    @property
    def unreadable(self) -> Unreadable:
        """What could not be read so far."""
        ...


class Progress(NamedTuple):
    """A run at one moment: ``sent`` lines and ``bytes`` are acknowledged, ``waiting`` lines are produced but not yet.

    ``retried`` and ``failed`` count records; ``stopping`` is set once the user asked for the end.
    """

    sent: int
    bytes: int
    waiting: int
    retried: int
    failed: int
    stopping: bool


class View(Protocol):
    """What the user sees during a run."""

    def update(self, progress: Progress) -> None: ...


class Run:
    """A run to be; ``execute`` does it, once."""

    def __init__(
        self,
        *,
        blank: Receipt,
        path: Path,
        journal: Journal,
        chain: Chain,
        packer: Packer,
        open_writer: Callable[[ReceiptBuilder], KinesisWriter],
        view: View,
        source: Source,
    ) -> None:
        self._builder = ReceiptBuilder(blank, journal)
        self._path = path
        self._journal = journal
        self._chain = chain
        self._packer = packer
        self._open_writer = open_writer
        self._view = view
        self._source = source
        self._produced = 0

    def execute(self) -> tuple[Receipt, DatastreamerError | None]:
        """Send everything that the source has; returns the final receipt, and the error that ended the run, if any."""
        blank = self._receipt(WriterCounts(), RUNNING)
        blank.save(self._path)
        self._chain.opened(blank, self._path.name)
        writer = self._open_writer(self._builder)
        stop, ended = StopRequest(), threading.Event()
        reporter = threading.Thread(target=self._report, args=(writer, stop, ended), name="reporter", daemon=True)
        reporter.start()
        state = FAILED
        failure: DatastreamerError | None = None
        try:
            with stop.listening(writer.abort_soon):
                self._produce(writer, stop)
                writer.close()
            state = STOPPED if stop.stopped and self._source.progress() != 1.0 else FINISHED
        except WriterAbortedError as error:
            state, failure = ABORTED, error
        except DatastreamerError as error:
            failure = error
        finally:
            if state in (ABORTED, FAILED):
                writer.abort()
            ended.set()
            reporter.join()
            receipt = self._receipt(writer.counts(), state)
            try:
                self._close(receipt)
            except ConfigurationError as error:
                failure = failure or error
        return receipt, failure

    def _close(self, receipt: Receipt) -> None:
        """Save the final receipt, and put it and the journal on the chain; whatever fails, the receipt is saved."""
        try:
            journal = self._journal.close()
        finally:
            saved = receipt.save(self._path)
        self._chain.closed(receipt.run_id, saved, journal if receipt.journal_bytes else None)

    def _produce(self, writer: KinesisWriter, stop: StopRequest) -> None:
        for batch in self._source.batches(stop):
            records: list[Record] = []
            for lines in batch:
                self._produced += len(lines.ends)
                records += self._packer.add(lines)
            writer.put(records)
            writer.put(self._packer.due())
        writer.put(self._packer.flush())

    def _receipt(self, counts: WriterCounts, state: str) -> Receipt:
        now = format_timestamp(datetime.now(UTC))
        receipt = replace(
            self._builder.receipt(counts), state=state, saved=now, unreadable_rows=self._source.unreadable.count
        )
        if state != RUNNING:
            receipt = replace(receipt, ended=now, unsent=self._produced - receipt.readings)
        return receipt

    def _report(self, writer: KinesisWriter, stop: StopRequest, ended: threading.Event) -> None:
        begun = saved = time.monotonic()
        took = 0.0
        while not ended.wait(0.25):
            counts = writer.counts()
            sent, size = self._builder.totals()
            waiting = max(0, self._produced - sent)
            self._view.update(Progress(sent, size, waiting, counts.retried, counts.failed, stop.stopped))
            now = time.monotonic()
            # Often at first, as a run may be short; seldom for a fleet so large that saving takes long.
            if now - saved >= max(min(_SAVE_EVERY, (now - begun) / 4.0), 20.0 * took):
                # A full disk ends no run: the final save tells of it, if it lasts.
                with suppress(ConfigurationError):
                    self._receipt(counts, RUNNING).save(self._path)
                saved = time.monotonic()
                took = saved - now
