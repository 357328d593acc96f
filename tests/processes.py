"""Processes of others that tests end."""

from __future__ import annotations

import os
import signal


def kill(*processes: int) -> int:
    """``kill -9`` those that are still there; how many that were. One may end by itself since it was found."""
    killed = 0
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed += 1
    return killed
