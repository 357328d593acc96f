"""CPU time of a process and of all that it started."""

from __future__ import annotations

import os
from pathlib import Path


def cpu_seconds(root: int) -> dict[int, float]:
    """CPU seconds so far of ``root`` and of each of its descendants."""
    tick = os.sysconf("SC_CLK_TCK")
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(file.parent.name)
        parents[pid] = int(fields[1])
        seconds[pid] = (int(fields[11]) + int(fields[12])) / tick

    def below(pid: int) -> bool:
        while pid and pid != root:
            pid = parents.get(pid, 0)
        return pid == root

    return {pid: used for pid, used in seconds.items() if below(pid)}
