"""The receipts that several commands of telemetry read, and the progress of reading what they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from datastreamer.cli.context import Context
from datastreamer.errors import UsageError
from datastreamer.events.receipt import DEFAULT_DIRECTORY
from datastreamer.wording import counted

if TYPE_CHECKING:
    from datastreamer.telemetry.audit.audit import Progress as Report
    from datastreamer.telemetry.audit.receipts import Receipts

ReceiptsOption = Annotated[Path, typer.Option("--receipts", help="Folder with the receipts of the sensors' runs.")]


def read_receipts(directory: Path, context: Context) -> Receipts:
    from datastreamer.telemetry.audit.audit import receipts_of_stream

    if not directory.is_dir() and directory != DEFAULT_DIRECTORY:
        raise UsageError(f"there is no folder {directory}; --receipts names the one that the sensors wrote to")
    found = receipts_of_stream(directory, context.names, context.client)
    if found.older:
        context.err.print(f"[dim]left out {counted(found.older, 'receipt')}, older than the stream[/]")
    if found.running:
        context.err.print(f"[yellow]{counted(found.running, 'run')} not ended by receipt: the journals count[/]")
    return found


@contextmanager
def progress_bars(context: Context, *, quiet: bool) -> Iterator[Report]:
    if quiet:
        yield lambda *_: None
        return
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=context.err, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=total)

        yield report
