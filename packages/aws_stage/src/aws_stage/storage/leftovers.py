"""What an earlier stage left: processes, found by the lock that each of them holds, and scratch files."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
from pathlib import Path
from threading import Thread
from uuid import uuid4


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


def clear(folder: Path) -> Thread:
    """Empty ``folder``, which exists, at once; returns the thread that deletes what was in it.

    The code of a function that is unpacked is thousands of files, and a start that deletes them first is ten seconds
    late. What a stage that was killed meanwhile did not delete, the next one does.
    """
    if any(folder.iterdir()):
        folder.rename(folder.with_name(f"{folder.name}.left-{uuid4().hex}"))
        folder.mkdir()
    left = list(folder.parent.glob(f"{folder.name}.left-*"))
    deleting = Thread(target=_delete, args=(left,), name=f"delete-{folder.name}", daemon=True)
    deleting.start()
    return deleting


def _delete(folders: list[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
