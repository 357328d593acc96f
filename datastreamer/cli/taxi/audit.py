"""``datastreamer taxi audit``: the proof that no row of TLC's files is lost, and no live trip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.taxi.live_audit import audit_live
from datastreamer.events.receipt import DEFAULT_DIRECTORY
from datastreamer.taxi.names import Names
from datastreamer.wording import counted

if TYPE_CHECKING:
    from datastreamer.taxi.audit.account import Account, Verdict


def audit(
    live: Annotated[bool, typer.Option("--live", help="Prove it of live trips: of their receipts.")] = False,
    receipts: Annotated[
        Path, typer.Option("--receipts", help="With --live: folder of the sensors' receipts.")
    ] = DEFAULT_DIRECTORY,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="With --live: seconds to wait for what is on its way.")
    ] = 0,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Prove for each file in bronze: rows = silver + quarantine; with --live: acknowledged trips = gold + set aside.

    Counts the rows of each file from the file itself, asks Athena for those of both tables, and compares both with the
    job's manifests and with the files that lie in the tables. Exits 1 when something differs, when a file is not in the
    tables yet, and when bronze is empty.

    With --live each trip that a receipt's journal names is looked for among the predictions, the parked records and the
    batches that Lambda gave up; and the documents of OpenSearch are counted where there is a domain.
    """
    from datastreamer.taxi.audit.witnesses import audit as hear

    context = Context.enter(stage)
    if live:
        audit_live(context, receipts, wait, as_json=as_json)
        return
    with context.following("audit", quiet=as_json) as report:
        verdict = hear(Names(context.stage, context.account), context.client, report)
    if as_json:
        context.answer_json(verdict.document())
    else:
        _show(verdict, context)
    if not verdict.holds:
        raise typer.Exit(1)


def _show(verdict: Verdict, context: Context) -> None:
    table = Table()
    table.add_column("file", overflow="fold")
    for title in ("rows", "silver", "quarantine"):
        table.add_column(title, justify="right")
    for account in verdict.accounts:
        table.add_row(account.source_object.rpartition("/")[2], *_counts(account))
    total = verdict.total()
    table.add_section()
    table.add_row(counted(len(verdict.accounts), "file"), *_counts(total))
    for reason, rows in sorted(total.quarantined.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"[dim]  {reason}[/]", "", "", f"[dim]{rows:,}[/]")
    context.out.print(table)
    for problem in verdict.problems:
        text = f"[bold red]✗[/] {escape(problem.law)}: {escape(problem.place)}: {escape(problem.found)}"
        context.out.print(text, soft_wrap=True)
    if not verdict.accounts:
        context.out.print("[bold yellow]not proven:[/] bronze is empty. To fill it: datastreamer taxi import")
    if verdict.holds:
        context.out.print(
            f"[bold green]✓[/] proven: each of the {total.rows:,} rows is in one of the two tables, "
            "and no trip is there twice",
            soft_wrap=True,
        )


def _counts(account: Account) -> tuple[str, str, str]:
    return f"{account.rows:,}", f"{account.silver:,}", f"{account.written - account.silver:,}"
