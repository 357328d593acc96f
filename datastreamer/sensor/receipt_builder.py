"""Builds the receipt of a run: it counts what Kinesis acknowledged, and nothing else."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from datastreamer.events.digest import Digest, packed, unpacked
from datastreamer.events.journal import Journal
from datastreamer.events.receipt import Receipt, ShardReceipt
from datastreamer.sensor.kinesis.record import Acknowledged, Record
from datastreamer.sensor.kinesis.writer import WriterCounts
from datastreamer.sensor.marks import DIRTY, DUPLICATE, LATE


class ReceiptBuilder:
    """Thread-safe. ``blank`` is the run's receipt without counts; ``journal`` gets the hash of each distinct line."""

    def __init__(self, blank: Receipt, journal: Journal | None = None) -> None:
        self._blank = blank
        self._journal = journal
        self._lock = threading.Lock()
        self._records = 0
        self._bytes = 0
        self._readings = 0
        self._marks: Counter[str] = Counter()
        self._devices: Counter[str] = Counter()
        self._identified: dict[str, Digest] = {}
        self._dirty: dict[str, Digest] = {}
        self._shards: dict[str, tuple[int, int, int]] = {}

    def add(self, acknowledged: Sequence[Acknowledged]) -> None:
        """Count records that were stored; they are in the journal before they count."""
        with self._lock:
            if self._journal:
                self._journal.append(b"".join(_distinct(record) for record, _, _ in acknowledged))
            for record, shard, sequence in acknowledged:
                number = int(sequence)
                self._records += 1
                self._bytes += len(record.data)
                self._readings += record.lines
                self._devices[record.key] += record.lines
                if record.marks:
                    self._marks.update(record.marks)
                if record.hashes:
                    self._identify(record)
                count, first, last = self._shards.get(shard, (0, number, number))
                self._shards[shard] = (count + 1, min(first, number), max(last, number))

    def _identify(self, record: Record) -> None:
        hashes = unpacked(record.hashes)
        count, total = len(hashes), sum(hashes)
        for mark, place in zip(record.marks, record.places, strict=True):
            if mark == LATE:
                continue
            count, total = count - 1, total - hashes[place]
            if mark != DUPLICATE:
                reason = mark.removeprefix(DIRTY)
                self._dirty[reason] = self._dirty.get(reason, Digest()).plus(1, hashes[place])
        if count:
            self._identified[record.key] = self._identified.get(record.key, Digest()).plus(count, total)

    def totals(self) -> tuple[int, int]:
        """Acknowledged readings and bytes."""
        with self._lock:
            return self._readings, self._bytes

    def receipt(self, counts: WriterCounts) -> Receipt:
        """The receipt at this moment."""
        with self._lock:
            if self._journal:
                self._journal.sync()
            return replace(
                self._blank,
                readings=self._readings,
                records=self._records,
                bytes=self._bytes,
                dirty={
                    mark.removeprefix(DIRTY): count
                    for mark, count in sorted(self._marks.items())
                    if mark.startswith(DIRTY)
                },
                duplicates=self._marks[DUPLICATE],
                late=self._marks[LATE],
                devices=dict(sorted(self._devices.items())),
                shards={
                    shard: ShardReceipt(count, str(first), str(last))
                    for shard, (count, first, last) in sorted(self._shards.items())
                },
                retried=counts.retried,
                failed=counts.failed,
                uncertain=counts.uncertain,
                in_flight=counts.in_flight,
                identified=dict(sorted(self._identified.items())),
                dirty_digests=dict(sorted(self._dirty.items())),
                journal_bytes=self._journal.written if self._journal else 0,
            )


def _distinct(record: Record) -> bytes:
    """The hashes of the lines of ``record`` that repeat none before them."""
    if not record.hashes or DUPLICATE not in record.marks:
        return record.hashes
    repeated = {place for mark, place in zip(record.marks, record.places, strict=True) if mark == DUPLICATE}
    return packed(number for place, number in enumerate(unpacked(record.hashes)) if place not in repeated)
