"""How far each growing file was acknowledged: numbers in a mapped file, so that noting one costs no system call.

A store to the mapping is in the page cache at once and survives ``kill -9``. Each number is kept twice, one written
after the other, and the smaller one counts: a kill between the two, or a damaged byte in one, never claims more than
was acknowledged.
"""

from __future__ import annotations

import mmap
import os
import threading
from pathlib import Path

_NUMBER_BYTES = 8
_SLOT_BYTES = 2 * _NUMBER_BYTES
_GROWTH_BYTES = 64 * 1024


class Lengths:
    """Slots from 0 on, each a number from 0 to 2**64 - 1. Safe to use from any thread; one thread writes a slot."""

    def __init__(self, path: Path) -> None:
        """Map the file, creating it; raises OSError when the disk has no room for it."""
        self._path = path
        self._lock = threading.Lock()
        self._numbers = self._mapped(path.stat().st_size if path.exists() else 0)

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return len(self._numbers) // 2

    def get(self, slot: int) -> int:
        """The number in a slot; 0 when it was never set."""
        return min(self._numbers[2 * slot], self._numbers[2 * slot + 1])

    def set(self, slot: int, number: int) -> None:
        """Replace the number in a slot that ``reserve`` has made."""
        numbers = self._numbers
        numbers[2 * slot] = number
        numbers[2 * slot + 1] = number

    def reserve(self, slot: int) -> None:
        """Make sure that there is a slot; raises OSError when the disk has no room for it."""
        with self._lock:
            if slot >= self.slots:
                self._numbers = self._mapped((slot + 1) * _SLOT_BYTES)

    def _mapped(self, size: int) -> memoryview:
        """The file with room for ``size`` bytes. Earlier mappings stay valid: they are of the same pages."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            present = os.fstat(descriptor).st_size
            wanted = -(-max(size, 1) // _GROWTH_BYTES) * _GROWTH_BYTES
            if present < wanted:
                # Zeros are written, not left as a hole: a page that the disk has no room for would kill the process.
                os.pwrite(descriptor, bytes(wanted - present), present)
            if os.fstat(descriptor).st_size < wanted:
                raise OSError(28, "No space left on device", str(self._path))
            return memoryview(mmap.mmap(descriptor, wanted)).cast("Q")
        finally:
            os.close(descriptor)
