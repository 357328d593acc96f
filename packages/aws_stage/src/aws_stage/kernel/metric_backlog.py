"""Datapoints that CloudWatch has not taken yet: a disk that was full for a while costs none of them, within a bound."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

logger = logging.getLogger("aws_stage.metrics")

LIMIT = 20_000
T = TypeVar("T")


class Backlog(Generic[T]):
    """Oldest first. Safe to use from any thread; what is put at once is put again whole when that fails."""

    def __init__(self, name: str, limit: int = LIMIT) -> None:
        self._name = name
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: deque[T] = deque()

    def put(self, data: Iterable[T], send: Callable[[Sequence[T]], None], at_once: int = 1000) -> None:
        """Send what waits, then ``data``, ``at_once`` at a time; raises what ``send`` raises, and keeps the rest."""
        with self._lock:
            self._waiting.extend(data)
            lost = max(0, len(self._waiting) - self._limit)
            for _ in range(lost):
                self._waiting.popleft()
            if lost:
                logger.error("%s: the oldest %d datapoints that could not be written are lost", self._name, lost)
            while self._waiting:
                batch = [self._waiting[position] for position in range(min(at_once, len(self._waiting)))]
                send(batch)
                for _ in batch:
                    self._waiting.popleft()
