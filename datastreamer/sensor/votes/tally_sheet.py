"""What became of a run's votes: each id once, however often it was sent."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from datastreamer.sensor.votes.voters import Click


@dataclass
class TallySheet:
    """Counts by candidate of the votes that were taken; safe to use from any thread."""

    accepted: Counter[str] = field(default_factory=Counter)
    sent_again: int = 0
    retried: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unsent: int = 0
    latencies: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, click: Click, copy: int, seconds: float) -> None:
        """The vote was taken (202)."""
        with self._lock:
            self.latencies.append(seconds)
            if copy == 0:
                self.accepted[click.candidate] += 1
            else:
                self.sent_again += 1

    def refuse(self, code: str) -> None:
        """The vote was refused for good, with an error's code."""
        with self._lock:
            self.refused[code] += 1

    def retry(self) -> None:
        """An attempt failed and is made again."""
        with self._lock:
            self.retried += 1

    def give_up(self) -> None:
        """The vote was never taken, as far as anybody knows."""
        with self._lock:
            self.unsent += 1

    def percentile(self, percent: float) -> float:
        """Seconds that ``percent`` of the requests took at most; 0 before there was one."""
        with self._lock:
            ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0

    def to_document(self) -> dict[str, Any]:
        """The sheet as a receipt has it."""
        return {
            "accepted": dict(self.accepted),
            "accepted_total": self.accepted.total(),
            "sent_again": self.sent_again,
            "retried": self.retried,
            "refused": dict(self.refused),
            "unsent": self.unsent,
            "request_ms": {f"p{percent}": round(1000 * self.percentile(percent), 1) for percent in (50, 99)},
        }
