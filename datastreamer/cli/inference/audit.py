"""``audit``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.table import Table

from datastreamer.aws.waiting import Patience
from datastreamer.cli.inference.command import command
from datastreamer.cli.inference.session import Session
from datastreamer.events.labels import read_labels
from datastreamer.inference.audit.account import MOST_NAMED, Account, settled_account
from datastreamer.inference.names import Names, check_stack_name


@command(
    "audit",
    panel="Stack",
    examples=(
        "audit my-realtime-ml --labels labels.csv",
        "audit my-realtime-ml --labels labels.csv --labels more.csv --timeout 0 --json",
    ),
)
def audit(
    session: Session,
    stack: Annotated[str, typer.Argument(metavar="STACK_NAME", help="Stack whose table and DLQ bucket are read.")],
    labels: Annotated[
        list[Path], typer.Option("--labels", metavar="FILE", help="Labels of a run of the sensors; may be given again.")
    ],
    timeout: Annotated[float, typer.Option("--timeout", min=0, help="Seconds to wait for what is missing.")] = 120,
    ledger_file: Annotated[
        Path | None, typer.Option("--ledger", metavar="FILE", help="Also write the account to this JSON file.")
    ] = None,
) -> None:
    """Account for each record of a run: it is a prediction once, or parked with its reason.

    Waits until every record that the labels name is one or the other. Exits 1 when one is missing, twice or misplaced,
    naming it.
    """
    sent = [label for path in labels for label in read_labels(path)]
    names = Names(check_stack_name(stack), session.account_id)
    with session.following("audit", quiet=session.quiet):
        result = settled_account(sent, names, session.client, Patience(timeout))
    if ledger_file:
        ledger_file.write_text(json.dumps(result.document()) + "\n", encoding="utf-8")
    session.answer(result.document(), _table(result), *_sentences(result))
    if not result.balanced:
        raise typer.Exit(1)


def _table(result: Account) -> Table:
    table = Table(show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right", style="bold")
    table.add_row("records sent, by their labels", f"{result.sent:,}", end_section=True)
    table.add_row("in the table, once", f"{result.scored:,}")
    table.add_row("parked, whole, with the reason", f"{sum(result.parked.values()):,}")
    for reason, count in sorted(result.parked.items(), key=lambda row: (-row[1], row[0])):
        table.add_row(f"  {reason}", f"{count:,}")
    table.add_section()
    table.add_row("alarms / of them right", f"{result.alarms:,} / {result.right_alarms:,}")
    table.add_row("precision / recall of the anomalies", f"{result.precision:.1%} / {result.recall:.1%}")
    for kind, (found, present) in sorted(result.faults.items()):
        table.add_row(f"  {kind}", f"{found:,} of {present:,}")
    p50, p99 = result.scoring_ms
    table.add_row("arrival in Kinesis to scored, all items: p50 / p99", f"{p50:,.0f} / {p99:,.0f} ms")
    return table


def _sentences(result: Account) -> list[RenderableType]:
    said: list[RenderableType] = []
    if result.unlabelled:
        said.append(f"{result.unlabelled:,} items have no label: the processor has no threshold")
    if result.good_parked:
        said.append(
            f"[yellow]{result.good_parked:,} good records are parked: datastreamer inference replay-failures[/]"
        )
    for law, ids in result.findings.items():
        said.append(f"[red]✗ {len(ids):,} {law}[/]: {', '.join(ids[:MOST_NAMED])}")
    if result.balanced:
        said.append("[green]✓[/] nothing lost, nothing twice")
    return said
