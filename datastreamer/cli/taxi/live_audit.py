"""``datastreamer taxi audit --live``: the proof that no live trip is lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from datastreamer.aws.waiting import Patience
from datastreamer.cli.context import Context
from datastreamer.taxi.names import Names

if TYPE_CHECKING:
    from datastreamer.taxi.audit.live import LiveVerdict


def audit_live(context: Context, receipts: Path, wait: float, *, as_json: bool) -> None:
    """Hear the witnesses of live trips and say what they prove; exits 1 unless all is."""
    from datastreamer.taxi.audit.live_witnesses import audit_live as hear

    with context.following("audit", quiet=as_json) as report:
        verdict = hear(Names(context.stage, context.account), context.client, receipts, Patience(wait), report)
    if as_json:
        context.answer_json(verdict.document())
    else:
        _show(verdict, context)
    if not verdict.holds:
        raise typer.Exit(1)


def _show(verdict: LiveVerdict, context: Context) -> None:
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("trips acknowledged, by receipts", f"{len(verdict.sent.trips):,}", end_section=True)
    table.add_row("trips in gold", f"{len(verdict.gold.trips):,}")
    table.add_row("[dim]  of which no receipt tells[/]", f"[dim]{verdict.unacknowledged:,}[/]")
    table.add_row("[dim]  copies of them[/]", f"[dim]{verdict.copies:,}[/]")
    table.add_row("parked", f"{sum(verdict.aside.parked.values()):,}")
    for reason, records in verdict.aside.parked.items():
        table.add_row(f"[dim]  {reason}[/]", f"[dim]{records:,}[/]")
    table.add_row("in batches that Lambda gave up", f"{verdict.aside.undelivered:,}")
    if verdict.documents is not None:
        table.add_section()
        table.add_row("documents in OpenSearch", f"{verdict.documents:,}")
        table.add_row("documents that failed", f"{verdict.gold.failed:,}")
    context.out.print(table)
    for problem in verdict.problems:
        context.out.print(f"[bold red]✗[/] {escape(problem.law)}: {escape(problem.found)}", soft_wrap=True)
    for reason in verdict.sent.unproven:
        context.out.print(f"[bold yellow]not proven:[/] {escape(reason)}", soft_wrap=True)
    if not verdict.sent.trips:
        context.out.print("[bold yellow]not proven:[/] no receipt of this stage's stream of trips is in the folder")
    if verdict.holds:
        context.out.print(
            f"[bold green]✓[/] proven: each of the {len(verdict.sent.trips):,} acknowledged trips is in gold or set "
            "aside, and the view has each once",
            soft_wrap=True,
        )
