"""The journal of a run: the hash of each line that was acknowledged, one after the other, in a file beside the receipt.

It is written when a line is acknowledged and before the line counts, and it is only ever appended to. So a run that is
killed has in it what it got acknowledged up to the kill, line by line, whatever its receipt was about to say.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

from datastreamer.errors import ConfigurationError
from datastreamer.events.digest import HASH_BYTES

SUFFIX: Final = ".ids"


def journal_path(receipt: Path, run_id: str) -> Path:
    """Where the journal of the run with the receipt ``receipt`` goes: beside it, in the place of no other run's."""
    path = receipt.with_suffix(SUFFIX)
    return path.with_name(f"{receipt.stem}-{run_id}{SUFFIX}") if path.exists() else path


class Journal:
    """Appends to the file at ``path``, which is made with the first hash. Not thread-safe.

    ``written`` is how many bytes of it are in the file. What a full disk does not take is kept and tried again with
    the next append; ``close`` raises ConfigurationError when it is still not in the file then.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = 0
        self._file: int | None = None
        self._pending = b""
        self._sha256 = hashlib.sha256()
        self._error: OSError | None = None

    def append(self, hashes: bytes) -> None:
        """Add packed hashes."""
        self._pending += hashes
        try:
            self._write()
        except OSError as error:
            self._error = error

    def sync(self) -> None:
        """Make what is written outlive a crash of the machine, as the receipt that counts on it does."""
        if self._file is not None:
            os.fsync(self._file)

    def close(self) -> str:
        """End the journal; returns the SHA-256 of the file."""
        self.append(b"")
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._pending:
            reason = self._error.strerror if self._error else "the disk took only a part"
            raise ConfigurationError(
                f"the journal {self.path} lacks the last {len(self._pending) // HASH_BYTES:,} acknowledged lines: "
                f"{reason}. They were sent; make room, or name another place with --receipt"
            )
        return self._sha256.hexdigest()

    def _write(self) -> None:
        if self._pending and self._file is None:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
        while self._pending and self._file is not None:
            taken = os.write(self._file, self._pending)
            self._sha256.update(self._pending[:taken])
            self.written += taken
            self._pending = self._pending[taken:]
