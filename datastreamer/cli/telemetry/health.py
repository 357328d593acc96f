"""``datastreamer telemetry status``: the whole pipeline at a glance."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer
from rich.markup import escape
from rich.table import Table

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.telemetry.health import Part, pipeline_parts


def status(as_json: JsonOption = False, stage: StageOption = "local") -> None:
    """Show every part of the pipeline; exits 1 when one is not as it should be."""
    context = Context.enter(stage)
    with context.following("status", quiet=as_json):
        parts = pipeline_parts(context.names, context.client, datetime.now(UTC))
    if as_json:
        context.answer_json({"stage": context.stage, "parts": [asdict(part) for part in parts]})
    else:
        context.out.print(_table(parts))
    if not all(part.healthy for part in parts):
        raise typer.Exit(1)


def _table(parts: list[Part]) -> Table:
    table = Table()
    for heading in ("part", "resource", "state", "detail"):
        table.add_column(heading, overflow="fold")
    for part in parts:
        colour = "green" if part.healthy else "bold red"
        table.add_row(part.name, part.resource, f"[{colour}]{part.state}[/]", escape(part.detail))
    return table
