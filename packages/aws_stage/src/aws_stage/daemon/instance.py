"""Which stage, if any, owns a data directory.

The serving process holds an exclusive lock on ``stage.lock`` for its whole life. The kernel drops the lock however the
process ends, so a file left behind by ``kill -9`` or a reboot never passes for a running stage, and two stages can
never write to one directory.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from aws_stage.errors import ConfigurationError


@dataclass(frozen=True)
class Instance:
    """A running stage: its process, its port and when it started (seconds since the epoch)."""

    pid: int
    port: int
    started_at: float


def lock_path(data_dir: Path) -> Path:
    """The lock file of a data directory."""
    return data_dir / "stage.lock"


def running_instance(data_dir: Path) -> Instance | None:
    """The stage that owns ``data_dir`` now, or None."""
    try:
        file = lock_path(data_dir).open("r+", encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    with file:
        # The owner locks first and writes next: a reader between the two waits for the line.
        for _ in range(50):
            if _try_lock(file, fcntl.LOCK_SH):
                return None
            file.seek(0)
            line = file.readline()
            if line.endswith("\n"):
                return Instance(**json.loads(line))
            time.sleep(0.02)
    raise ConfigurationError(f"{lock_path(data_dir)} is locked by a process that has not written who it is")


class Ownership:
    """The hold of this process on a data directory, while this object lives: at most until the process ends."""

    def __init__(self, data_dir: Path, port: int) -> None:
        """Take ``data_dir``; raises ConfigurationError when another stage owns it."""
        data_dir.mkdir(parents=True, exist_ok=True)
        self.instance = Instance(os.getpid(), port, time.time())
        self._file = os.fdopen(os.open(lock_path(data_dir), os.O_RDWR | os.O_CREAT, 0o644), "r+", encoding="utf-8")
        if not self._take():
            self._file.close()
            owner = running_instance(data_dir)
            who = f"pid {owner.pid} on port {owner.port}" if owner else "a stage that has just stopped"
            raise ConfigurationError(f"{data_dir} is in use by another stage ({who}). Run `aws-stage down` first.")
        self._file.truncate(0)
        self._file.write(json.dumps(asdict(self.instance)) + "\n")
        self._file.flush()

    def __enter__(self) -> Ownership:
        return self

    def __exit__(self, *_: object) -> None:
        """Give the data directory back."""
        self._file.close()

    def _take(self) -> bool:
        # A status command holds a shared lock for a moment while it looks: that is no owner.
        for _ in range(10):
            if _try_lock(self._file, fcntl.LOCK_EX):
                return True
            time.sleep(0.05)
        return False


def _try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
