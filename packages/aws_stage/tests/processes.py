"""Processes that a test looks for: those that a stage has started, by what they run."""

from __future__ import annotations

import subprocess

from aws_stage.testing.waiting import eventually

_COLUMNS = ("-o", "pid=", "-o", "ppid=", "-o", "stat=", "-o", "args=")


def children(parent: int, module: str) -> set[int]:
    """The ids of the living processes that ``parent`` has started to run a Python module."""
    listing = subprocess.run(["ps", "-A", "-ww", *_COLUMNS], capture_output=True, text=True, check=True)
    rows = [line.split(None, 3) for line in listing.stdout.splitlines()]
    return {
        int(row[0])
        for row in rows
        if len(row) == 4 and int(row[1]) == parent and f"-m {module}" in row[3] and not row[2].startswith("Z")
    }


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip()) and not found.stdout.strip().startswith("Z")


def wait_until_gone(pid: int) -> None:
    """Wait for a process's end."""
    eventually(lambda: not is_alive(pid))


def wait_until_busy(pid: int, seconds: int = 2) -> None:
    """Wait until a process has used ``seconds`` of a processor's time from now on."""
    start = _processor_seconds(pid)
    eventually(lambda: _processor_seconds(pid) >= start + seconds)


def _processor_seconds(pid: int) -> float:
    """Of ``ps``, which says ``[[dd-]hh:]mm:ss`` with fractions on some systems."""
    said = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    days, _, rest = said.strip().rpartition("-")
    seconds = 0.0
    for part in rest.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds + 86400 * int(days or 0)
