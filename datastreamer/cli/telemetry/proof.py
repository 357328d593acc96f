"""``datastreamer telemetry audit`` and ``await-delivery``: the proof that no reading was lost."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.errors import RetryableError, UsageError
from datastreamer.events.receipt import DEFAULT_DIRECTORY
from datastreamer.telemetry.audit import Progress as Report
from datastreamer.telemetry.audit import Receipts, count_raw, gather, read_receipts
from datastreamer.telemetry.ledger import Ledger, judge
from datastreamer.telemetry.new_objects import list_objects

POLL_SECONDS = 1.0

ReceiptsOption = Annotated[Path, typer.Option("--receipts", help="Folder with the receipts of the sensors' runs.")]


def audit(
    receipts: ReceiptsOption = DEFAULT_DIRECTORY,
    ledger_file: Annotated[
        Path | None, typer.Option("--ledger", help="Also write the ledger to this JSON file.")
    ] = None,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Prove the conservation law: acknowledged = curated + quarantined + duplicates dropped.

    Counts the lines of every raw object anew and asks Athena for every table row. Exits 1 when the law is broken,
    naming what is missing or counted twice.
    """
    context = Context.enter(stage)
    found = _receipts(receipts, context)
    with _progress(context, quiet=as_json) as report:
        ledger = judge(gather(found.acknowledged, context.names, context.client, report))
    document = {**asdict(ledger), "balanced": ledger.balanced, "receipts": len(found.receipts)}
    if as_json:
        context.answer_json(document)
    else:
        _show(ledger, found, context)
    if ledger_file:
        ledger_file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if not ledger.balanced:
        raise typer.Exit(1)


def await_delivery(
    receipts: ReceiptsOption = DEFAULT_DIRECTORY,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait at most.")] = 900,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Wait until raw S3 holds as many lines as the receipts say Kinesis acknowledged."""
    context = Context.enter(stage)
    found = _receipts(receipts, context)
    if not found.receipts:
        raise UsageError(
            f"there is no receipt of stage {context.stage} in {receipts}; send something: python -m sensor"
        )
    s3, names = context.client("s3"), context.names
    lines: dict[str, int] = {}
    deadline = time.monotonic() + timeout
    with _progress(context, quiet=as_json) as report:
        while True:
            listed = list_objects(s3, names.raw)
            new = [item for item in listed if f"s3://{names.data_bucket}/{item.key}" not in lines]
            lines |= count_raw(s3, names.data_bucket, new)
            delivered = sum(lines.values())
            report("readings delivered", min(delivered, found.acknowledged), found.acknowledged)
            if delivered >= found.acknowledged:
                break
            if time.monotonic() >= deadline:
                missing = found.acknowledged - delivered
                raise RetryableError(
                    f"{missing:,} readings are not in raw S3 after {timeout:.0f} s; "
                    f"look at the delivery: datastreamer telemetry status --stage {context.stage}"
                )
            time.sleep(POLL_SECONDS)
    if as_json:
        context.answer_json({"acknowledged": found.acknowledged, "delivered": delivered, "objects": len(lines)})
    else:
        context.out.print(
            f"{delivered:,} lines in {len(lines):,} raw objects; {found.acknowledged:,} were acknowledged"
        )


def _receipts(directory: Path, context: Context) -> Receipts:
    if not directory.is_dir() and directory != DEFAULT_DIRECTORY:
        raise UsageError(f"there is no folder {directory}; --receipts names the one that the sensors wrote to")
    found = read_receipts(directory, context.names, context.client)
    if found.older:
        context.err.print(f"[dim]left out {_counted(found.older, 'receipt')}, older than the stream[/]")
    if found.running:
        context.err.print(f"[yellow]{_counted(found.running, 'run')} not ended by receipt: a lower bound[/]")
    return found


@contextmanager
def _progress(context: Context, *, quiet: bool) -> Iterator[Report]:
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


def _show(ledger: Ledger, found: Receipts, context: Context) -> None:
    table = Table(show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    table.add_row(f"acknowledged by Kinesis ({_counted(len(found.receipts), 'receipt')})", f"{ledger.acknowledged:,}")
    table.add_row("in raw S3 beyond the receipts", f"{ledger.unreceipted:,}")
    table.add_row(f"in raw S3 ({_counted(ledger.objects, 'object')})", f"{ledger.raw:,}", end_section=True)
    table.add_row("curated", f"{ledger.curated:,}")
    table.add_row("quarantined", f"{ledger.quarantined:,}")
    for reason, lines in sorted(ledger.quarantined_by_reason.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"[dim]  {reason}[/]", f"[dim]{lines:,}[/]")
    table.add_row("duplicates dropped", f"{ledger.duplicates:,}", end_section=True)
    total = ledger.curated + ledger.quarantined + ledger.duplicates
    table.add_row("curated + quarantined + duplicates", f"{total:,}")
    context.out.print(table)
    for uri, fault in ledger.damaged.items():
        context.out.print(f"[yellow]damaged object[/] {escape(uri)}: {escape(fault)}", soft_wrap=True)
    for finding in ledger.findings:
        context.out.print(f"[bold red]✗[/] {finding.count:,} {escape(finding.law)}", soft_wrap=True)
        for culprit in finding.culprits:
            context.out.print(f"    {escape(culprit)}", soft_wrap=True)
    if not found.receipts:
        context.out.print("[yellow]no receipt: nothing is proven of the way from the sensors to raw S3[/]")
    if ledger.balanced:
        context.out.print("[bold green]✓[/] nothing lost, nothing twice")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
