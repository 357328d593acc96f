"""Which writes the disk has refused, and whether there is room for more: what the health document tells of it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

NEEDED_BYTES = 256 * 1024 * 1024
"""Free space below which the stage warns: four segments of a shard, or one large Firehose buffer with its spool."""


class Writes:
    """Safe to use from any thread. What could not be written stays known until a write of the same store works."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._failing: dict[str, dict[str, Any]] = {}
        self._last: dict[str, Any] | None = None
        self.refusals = 0
        """How many writes were refused since the start."""

    def refused(self, path: Path, error: OSError) -> None:
        """A write to ``path`` failed."""
        store = self._store(path)
        told = {"store": store, "at": round(time.time(), 3), "error": error.strerror or str(error)}
        with self._lock:
            self.refusals += 1
            self._last = told
            self._failing.setdefault(store, told)

    def worked(self, path: Path) -> None:
        """A write to ``path`` succeeded; costs nothing unless something failed before."""
        if self._failing:
            with self._lock:
                self._failing.pop(self._store(path), None)

    def as_dict(self) -> dict[str, Any]:
        """For the health document: bytes, and seconds since the epoch."""
        free = shutil.disk_usage(self._folder).free
        with self._lock:
            failing = [dict(told) for told in self._failing.values()]
            last = dict(self._last) if self._last else None
        return {
            "free_bytes": free,
            "needed_bytes": NEEDED_BYTES,
            "full": free < NEEDED_BYTES or bool(failing),
            "failing": failing,
            "last_refused": last,
        }

    def _store(self, path: Path) -> str:
        relative = Path(os.path.relpath(path, self._folder)).parts
        name = relative[1] if relative[0] in ("engines", "ministack") and len(relative) > 1 else relative[0]
        return name.partition(".")[0]
