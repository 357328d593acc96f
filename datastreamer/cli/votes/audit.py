"""``datastreamer votes audit``: the proof that each vote of a run counts once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from datastreamer.aws.waiting import Patience
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.votes.audit import Counts, all_balanced, document, read_receipt, settled_counts
from datastreamer.votes.names import Names


def audit(
    receipt: Annotated[
        Path, typer.Option("--receipt", help="Receipt of the voters (python -m datastreamer.sensor votes).")
    ],
    timeout: Annotated[float, typer.Option("--timeout", min=0, help="Seconds to wait for what is missing.")] = 60,
    ledger_file: Annotated[
        Path | None, typer.Option("--ledger", help="Also write the counts to this JSON file.")
    ] = None,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Prove the law of the vote: taken by the API = in the totals = in the lake, each once, in each round.

    Waits until all votes of the run are in the totals and in the lake. Exits 1 when the counts do not agree.
    """
    context = Context.enter(stage)
    found = read_receipt(receipt, context.stage)
    with context.following("audit", quiet=as_json):
        names = Names(context.stage, context.account)
        clients = context.client("athena"), context.client("dynamodb")
        counts = settled_counts(found, names, *clients, Patience(timeout))
    if ledger_file:
        ledger_file.write_text(json.dumps(document(counts)) + "\n", encoding="utf-8")
    if as_json:
        context.answer_json({"balanced": all_balanced(counts), "candidates": document(counts)})
    else:
        _show(counts, context.out)
    if not all_balanced(counts):
        raise typer.Exit(1)


def _show(counts: Mapping[str, Counts], console: Console) -> None:
    table = Table()
    table.add_column()
    for title in ("taken", "in the lake", "all in lake", "all in totals", "records"):
        table.add_column(title, justify="right")
    for candidate, one in {**counts, "together": sum(counts.values(), Counts())}.items():
        numbers = (one.taken, one.of_the_run, one.in_the_lake, one.in_the_totals, one.records)
        table.add_row(
            candidate, *(f"{number:,}" for number in numbers), style="bold" if candidate == "together" else ""
        )
    console.print(table)
    for candidate, one in counts.items():
        if one.taken != one.of_the_run:
            console.print(f"[red]✗ {candidate}: {one.taken:,} taken, {one.of_the_run:,} of them in the lake[/]")
        if one.in_the_lake != one.in_the_totals:
            console.print(
                f"[red]✗ {candidate}: {one.in_the_totals:,} in the totals, {one.in_the_lake:,} in the lake[/]"
            )
        elif one.apart:
            console.print(f"[red]✗ {candidate}: rounds of the totals and of the lake differ, by {one.apart:,} votes[/]")
    if all_balanced(counts):
        console.print("[green]✓[/] each vote is in the totals once and in the lake once, however often it was sent")
