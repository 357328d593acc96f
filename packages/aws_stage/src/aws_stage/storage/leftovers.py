"""Processes that an earlier stage left running, found by the lock that each of them holds."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
from pathlib import Path


def end_process(directory: Path) -> bool:
    """End the process whose folder this is, with all that it started; True when it was still running.

    Its process id counts only while its lock is held, so that an id which the system has given to another process is
    never touched.
    """
    try:
        lock = (directory / "alive").open("r+")
    except FileNotFoundError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
                os.killpg(int(lock.read()), signal.SIGKILL)
            fcntl.flock(lock, fcntl.LOCK_EX)
            return True
    return False
