"""A bar on standard error while a command works through rows or bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from datastreamer.cli.terminal import Terminal


@contextmanager
def progress_bar(terminal: Terminal, title: str, total: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """What it gives is called with the rows or bytes done since the last call, of ``total``; from any thread."""
    if quiet:
        yield lambda _done: None
        return
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=terminal.err, transient=True) as bars:
        task = bars.add_task(title, total=total)
        yield lambda done: bars.advance(task, done)
