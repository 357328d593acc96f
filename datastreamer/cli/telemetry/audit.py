"""``datastreamer telemetry audit``: the proof that no reading was lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.telemetry.receipts import ReceiptsOption, progress_bars, read_receipts
from datastreamer.events.receipt import DEFAULT_DIRECTORY
from datastreamer.wording import counted

if TYPE_CHECKING:
    from datastreamer.telemetry.audit.audit import Verdict
    from datastreamer.telemetry.audit.receipts import Receipts


def audit(
    receipts: ReceiptsOption = DEFAULT_DIRECTORY,
    ledger_file: Annotated[
        Path | None, typer.Option("--ledger", help="Also write the ledger to this JSON file.")
    ] = None,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Prove the conservation law: acknowledged = curated + quarantined + duplicates dropped.

    Finds each acknowledged line again, checks every file of both tables against its checksum, counts the lines of every
    raw object anew and asks Athena for every table row. Exits 1 when the law is broken, naming what is missing, changed
    or there twice, and when something cannot be proven, saying what.
    """
    from datastreamer.telemetry.audit import audit as auditing

    context = Context.enter(stage)
    found = read_receipts(receipts, context)
    with progress_bars(context, quiet=as_json) as report:
        verdict = auditing.audit(found, context.names, context.client, report)
    document = verdict.document()
    if as_json:
        context.answer_json(document)
    else:
        _show(verdict, found, context)
    if ledger_file:
        ledger_file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if not verdict.holds:
        raise typer.Exit(1)


def _show(verdict: Verdict, found: Receipts, context: Context) -> None:
    ledger, out = verdict.ledger, context.out
    table = Table(show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    table.add_row(f"acknowledged by Kinesis ({counted(len(found.runs), 'receipt')})", f"{ledger.acknowledged:,}")
    table.add_row("in raw S3 beyond the receipts", f"{ledger.unreceipted:,}")
    table.add_row(f"in raw S3 ({counted(ledger.objects, 'object')})", f"{ledger.raw:,}", end_section=True)
    table.add_row("curated", f"{ledger.curated:,}")
    table.add_row("quarantined", f"{ledger.quarantined:,}")
    for reason, lines in sorted(ledger.quarantined_by_reason.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"[dim]  {reason}[/]", f"[dim]{lines:,}[/]")
    table.add_row("duplicates dropped", f"{ledger.duplicates:,}", end_section=True)
    total = ledger.curated + ledger.quarantined + ledger.duplicates
    table.add_row("curated + quarantined + duplicates", f"{total:,}")
    out.print(table)
    for uri, fault in ledger.damaged.items():
        out.print(f"[yellow]damaged object[/] {escape(uri)}: {escape(fault)}", soft_wrap=True)
    for finding in verdict.findings:
        many = f"at least {finding.count:,}" if finding.at_least else f"{finding.count:,}"
        out.print(f"[bold red]✗[/] {many} {escape(finding.law)}", soft_wrap=True)
        for culprit in finding.culprits:
            out.print(f"    {escape(culprit)}", soft_wrap=True)
    for sentence in verdict.unproven:
        out.print(f"[bold yellow]not proven:[/] {escape(sentence)}", soft_wrap=True)
    for remark in verdict.remarks:
        out.print(f"[dim]{escape(remark)}[/]", soft_wrap=True)
    if verdict.holds:
        out.print(
            f"[bold green]✓[/] proven: each of the {verdict.proven:,} acknowledged lines was found in the lake, "
            "the tables are as the job wrote them, and nothing is in them twice",
            soft_wrap=True,
        )
