"""The ledger of a run: counts what Kinesis acknowledged, and nothing else, and writes it on a receipt."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from datastreamer.events.receipt import Receipt, ShardReceipt
from sensor.kinesis.record import Acknowledged
from sensor.kinesis.writer import WriterCounts
from sensor.marks import DIRTY, DUPLICATE, LATE


class Ledger:
    """Thread-safe. ``blank`` is the run's receipt without counts."""

    def __init__(self, blank: Receipt) -> None:
        self._blank = blank
        self._lock = threading.Lock()
        self._records = 0
        self._bytes = 0
        self._readings = 0
        self._marks: Counter[str] = Counter()
        self._devices: Counter[str] = Counter()
        self._shards: dict[str, tuple[int, int, int]] = {}

    def add(self, acknowledged: Sequence[Acknowledged]) -> None:
        """Count records that were stored."""
        with self._lock:
            for record, shard, sequence in acknowledged:
                number = int(sequence)
                self._records += 1
                self._bytes += len(record.data)
                self._readings += record.lines
                self._devices[record.key] += record.lines
                if record.marks:
                    self._marks.update(record.marks)
                count, first, last = self._shards.get(shard, (0, number, number))
                self._shards[shard] = (count + 1, min(first, number), max(last, number))

    def totals(self) -> tuple[int, int]:
        """Acknowledged readings and bytes."""
        with self._lock:
            return self._readings, self._bytes

    def receipt(self, counts: WriterCounts) -> Receipt:
        """The receipt at this moment."""
        with self._lock:
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
            )
