"""Validation that dies of what stands in a line, as native code would: no line is known that kills the real one."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from datastreamer.telemetry.job import raw_reader, validation

KILLS: dict[bytes, Callable[[], object]] = {
    b"segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    b"oom-killer": lambda: os.kill(os.getpid(), signal.SIGKILL),
    b"exit": lambda: os._exit(3),
    b"no-memory": lambda: bytes(1 << 62),
    b"bug": lambda: {}["no such thing"],
}
"""Ways to die, by the word for them."""
_DEADLY = re.compile(b'"die":"(%s)"' % b"|".join(KILLS))
_UNREADABLE = re.compile(b'"die":"(%s)","twice"' % b"|".join(KILLS))


def validate_block(lines: Sequence[bytes], first_number: int, arrived: datetime) -> Any:
    """As the real one, but dies of a line that says how."""
    _die_of(lines, _DEADLY)
    return validation.validate_block(lines, first_number, arrived)


def reject_all(lines: Sequence[bytes], first_number: int, arrived: datetime) -> Any:
    """As the real one, but dies of a line that says so twice."""
    _die_of(lines, _UNREADABLE)
    return raw_reader.reject_all(lines, first_number, arrived)


def dead(_lines: Sequence[bytes], _first_number: int, _arrived: datetime) -> Any:
    """Dies of every line, good ones too."""
    KILLS[b"segfault"]()


def _die_of(lines: Sequence[bytes], deadly: re.Pattern[bytes]) -> None:
    for line in lines:
        if match := deadly.search(line):
            KILLS[match[1]]()
