"""Records that wait to be sent, kept in order for each partition key. No threads, no clock: the writer brings both."""

from __future__ import annotations

import heapq
from collections import deque

from datastreamer.sensor.kinesis.record import Record


class OrderedBuffer:
    """A bounded buffer that lets at most one record of each key out at a time.

    PutRecords stores some records of a request and refuses others, so two records of one key that travel together can
    change places. Here the next record of a key comes out only after the one before it was acknowledged.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lanes: dict[str, deque[Record]] = {}
        self._ready: deque[str] = deque()
        self._delayed: list[tuple[float, int, str]] = []
        self._delays = 0
        self._attempts: dict[str, int] = {}
        self.bytes = 0
        self.records = 0
        self.lines = 0
        self.lines_in_flight = 0

    def has_room(self) -> bool:
        """Whether another record may be added; a buffer that is empty has room for a record of any size."""
        return self.bytes < self._max_bytes

    def add(self, record: Record) -> None:
        """Put ``record`` behind the others of its key."""
        lane = self._lanes.get(record.key)
        if lane is None:
            self._lanes[record.key] = deque((record,))
            self._ready.append(record.key)
        else:
            lane.append(record)
        self.bytes += record.size
        self.records += 1
        self.lines += record.lines

    def take(self, now: float, max_records: int, max_bytes: int) -> list[Record]:
        """Let out the records that may be sent at ``now``: one of a key, within the limits of one request."""
        while self._delayed and self._delayed[0][0] <= now:
            self._ready.append(heapq.heappop(self._delayed)[2])
        batch: list[Record] = []
        size = 0
        while self._ready and len(batch) < max_records:
            record = self._lanes[self._ready[0]][0]
            if batch and size + record.size > max_bytes:
                break
            self._ready.popleft()
            batch.append(record)
            size += record.size
            self.lines_in_flight += record.lines
        return batch

    def acknowledge(self, record: Record) -> None:
        """``record`` was stored: forget it and let the next of its key come out."""
        key = record.key
        lane = self._lanes[key]
        lane.popleft()
        self._attempts.pop(key, None)
        if lane:
            self._ready.append(key)
        else:
            del self._lanes[key]
        self.bytes -= record.size
        self.records -= 1
        self.lines -= record.lines
        self.lines_in_flight -= record.lines

    def attempts(self, record: Record) -> int:
        """How often ``record``, which is out or first of its key, has failed so far."""
        return self._attempts.get(record.key, 0)

    def retry(self, record: Record, not_before: float) -> None:
        """``record`` was not stored: it stays first of its key and may come out again at ``not_before``."""
        self._attempts[record.key] = self.attempts(record) + 1
        self._delays += 1
        heapq.heappush(self._delayed, (not_before, self._delays, record.key))
        self.lines_in_flight -= record.lines

    def next_due(self) -> float | None:
        """When the next delayed record may come out, or None when none is delayed."""
        return self._delayed[0][0] if self._delayed else None
