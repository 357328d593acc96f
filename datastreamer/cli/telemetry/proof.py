"""``datastreamer telemetry audit``, ``acknowledge`` and ``await-delivery``: the proof that no reading was lost."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.errors import RetryableError, UsageError
from datastreamer.events.receipt import DEFAULT_DIRECTORY

if TYPE_CHECKING:
    from datastreamer.telemetry.audit.audit import Progress as Report
    from datastreamer.telemetry.audit.audit import Verdict
    from datastreamer.telemetry.audit.receipts import Receipts

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

    Finds each acknowledged line again, checks every file of both tables against its checksum, counts the lines of every
    raw object anew and asks Athena for every table row. Exits 1 when the law is broken, naming what is missing, changed
    or there twice, and when something cannot be proven, saying what.
    """
    from datastreamer.telemetry.audit import audit as auditing

    context = Context.enter(stage)
    found = _receipts(receipts, context)
    with _progress(context, quiet=as_json) as report:
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


def acknowledge(
    uri: Annotated[str, typer.Argument(metavar="S3-URI", help="The damaged raw object, as the audit names it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why its damage is no longer news; kept with your word.")],
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Say that a damaged raw object was seen, so that the audit goes on. What was lost with it stays lost."""
    from datastreamer.aws.s3_location import S3Location
    from datastreamer.telemetry.audit import damaged
    from datastreamer.telemetry.manifest import list_manifests

    context = Context.enter(stage)
    s3, state = context.client("s3"), S3Location.parse(context.names.state_path)
    known = damaged.damaged_objects(list_manifests(s3, context.names.state_path))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    said = damaged.acknowledge(s3, state, known, uri, reason=reason, at=now)
    if as_json:
        context.answer_json(vars(said))
    else:
        context.out.print(f"acknowledged {escape(uri)}: {escape(known[uri].fault or '')}", soft_wrap=True)


def await_delivery(
    receipts: ReceiptsOption = DEFAULT_DIRECTORY,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait at most.")] = 900,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Wait until each line that the receipts' journals say Kinesis acknowledged is in raw S3.

    Of a run without a journal, only the number of lines can be waited for.
    """
    from datastreamer.telemetry.audit.audit import count_raw
    from datastreamer.telemetry.audit.delivery import missing_from
    from datastreamer.telemetry.new_objects import list_objects

    context = Context.enter(stage)
    found = _receipts(receipts, context)
    if not found.runs:
        raise UsageError(
            f"there is no receipt of stage {context.stage} in {receipts}; send something: python -m sensor"
        )
    nameless = sum(run.acknowledged for run in found.runs if not run.names_all)
    if nameless:
        context.err.print(f"[yellow]no journal names {nameless:,} of the lines: only their number is waited for[/]")
    s3, names = context.client("s3"), context.names
    lines: dict[str, int] = {}
    identities = []
    deadline = time.monotonic() + timeout
    with _progress(context, quiet=as_json) as report:
        while True:
            listed = list_objects(s3, names.raw)
            new = [item for item in listed if f"s3://{names.data_bucket}/{item.key}" not in lines]
            count = count_raw(s3, names.data_bucket, new, identify=lambda _: True)
            lines |= count.lines
            identities.append(count.identities)
            delivered = sum(lines.values())
            missing = max(found.acknowledged - delivered, missing_from(identities, found.runs).lines)
            report("readings delivered", found.acknowledged - missing, found.acknowledged)
            if not missing:
                break
            if time.monotonic() >= deadline:
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
    from datastreamer.telemetry.audit.audit import receipts_of_stream

    if not directory.is_dir() and directory != DEFAULT_DIRECTORY:
        raise UsageError(f"there is no folder {directory}; --receipts names the one that the sensors wrote to")
    found = receipts_of_stream(directory, context.names, context.client)
    if found.older:
        context.err.print(f"[dim]left out {_counted(found.older, 'receipt')}, older than the stream[/]")
    if found.running:
        context.err.print(f"[yellow]{_counted(found.running, 'run')} not ended by receipt: the journals count[/]")
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


def _show(verdict: Verdict, found: Receipts, context: Context) -> None:
    ledger, out = verdict.ledger, context.out
    table = Table(show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    table.add_row(f"acknowledged by Kinesis ({_counted(len(found.runs), 'receipt')})", f"{ledger.acknowledged:,}")
    table.add_row("in raw S3 beyond the receipts", f"{ledger.unreceipted:,}")
    table.add_row(f"in raw S3 ({_counted(ledger.objects, 'object')})", f"{ledger.raw:,}", end_section=True)
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


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
