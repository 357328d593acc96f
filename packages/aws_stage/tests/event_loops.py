"""Coroutines run to their end in tests."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(step: Coroutine[Any, Any, Result]) -> Result:
    """What ``step`` returns, run on a thread of its own: on this one a browser of another test may have a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, step).result()
