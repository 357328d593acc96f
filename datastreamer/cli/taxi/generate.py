"""``datastreamer taxi generate``: months of simulated trips as files like TLC's."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from datastreamer.cli.context import JsonOption
from datastreamer.cli.taxi.progress import progress_bar
from datastreamer.cli.terminal import Terminal
from datastreamer.taxi.month import Month, months_from


class Format(StrEnum):
    """How a file is written."""

    PARQUET = "parquet"
    CSV = "csv"


def generate(
    month: Annotated[str, typer.Option("--month", help="First month, such as 2025-01; 2019-01 or later.")],
    months: Annotated[int, typer.Option("--months", min=1, max=120, help="How many months, a file each.")] = 1,
    trips: Annotated[int, typer.Option("--trips", min=1, help="Trips a month. Real ones: about 3,500,000.")] = 100_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Equal seeds give equal trips.")] = 7,
    dirt: Annotated[float, typer.Option("--dirt", min=0, max=20, help="Times the dirt of real files; 0: none.")] = 1.0,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the files go.")] = Path(),
    form: Annotated[Format, typer.Option("--format", help="As TLC publishes now, or as it did until 2022.")] = (
        Format.PARQUET
    ),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Simulate months of yellow-taxi trips by the tariffs of their days, with refunds and the dirt of real files.

    A file has the columns and types that TLC's file of its month has. No AWS, no stage.
    """
    from datastreamer.taxi.history import write_month

    terminal = Terminal()
    written = []
    for each in months_from(Month.parse(month), months):
        with progress_bar(terminal, f"{each}", trips, quiet=as_json) as done:
            written.append(
                write_month(to, each, trips, seed=seed, dirt=dirt, suffix=form.value, overwrite=overwrite, done=done)
            )
        if not as_json:
            file = written[-1]
            terminal.out.print(
                f"[green]✓[/] {file.path}: {file.rows:,} trips, {file.size / 1e6:,.1f} MB", soft_wrap=True
            )
    if as_json:
        files = [
            {"path": str(file.path), "month": str(file.month), "trips": file.rows, "bytes": file.size}
            for file in written
        ]
        terminal.answer_json({"files": files})
