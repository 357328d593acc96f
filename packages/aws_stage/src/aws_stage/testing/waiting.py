"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 90.0
"""Seconds that a test waits for anything. A machine with other work takes half a minute over what takes a moment alone,
and a longer wait costs nothing where what is waited for happens."""

PAUSE = 0.02
"""Seconds between two looks."""

_SOMETHING = object()


def eventually(look: Callable[[], T], expected: object = _SOMETHING) -> T:
    """What ``look`` returns, as soon as that is true, or equal to ``expected``; AssertionError when it never is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = look()
        if found if expected is _SOMETHING else found == expected:
            return found
        assert time.monotonic() < deadline, f"did not happen within {PATIENCE:g} s; last: {found!r}"
        time.sleep(PAUSE)
