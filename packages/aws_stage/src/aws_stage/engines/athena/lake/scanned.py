"""Counting the bytes that a query reads, and holding its limit."""

from __future__ import annotations

import threading
from bisect import bisect_left


class ScanLimitExceededError(Exception):
    """The query has read more bytes than its workgroup allows."""


class ScannedBytes:
    """The bytes that a query has read: each byte of an object counts once, however often it is read."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._ranges: dict[str, list[tuple[int, int]]] = {}
        self.total = 0
        self.exceeded = False

    def add(self, path: str, start: int, end: int) -> None:
        """Count bytes ``start`` to ``end`` (exclusive) of a file; raises ScanLimitExceededError over the limit."""
        with self._lock:
            self.total += _insert(self._ranges.setdefault(path, []), start, end)
            if self._limit is not None and self.total > self._limit:
                self.total = self._limit
                self.exceeded = True
                raise ScanLimitExceededError


def _insert(ranges: list[tuple[int, int]], start: int, end: int) -> int:
    """Add a range to sorted, disjoint ranges; returns how many bytes were new."""
    if end <= start:
        return 0
    first = bisect_left(ranges, (start, start))
    if first and ranges[first - 1][1] >= start:
        first -= 1
    last, low, high, known = first, start, end, 0
    while last < len(ranges) and ranges[last][0] <= end:
        low, high = min(low, ranges[last][0]), max(high, ranges[last][1])
        known += ranges[last][1] - ranges[last][0]
        last += 1
    ranges[first:last] = [(low, high)]
    return (high - low) - known
