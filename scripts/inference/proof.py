"""Wait until every record of a run is scored or parked, and account for each one by one:
``python -m scripts.inference.proof my-stack --labels labels.csv``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import boto3
from rich.console import Console
from rich.table import Table

from datastreamer.errors import DatastreamerError
from datastreamer.inference.names import Names
from datastreamer.stages import enter_stage
from scripts.inference.account import MOST_NAMED, Account, account
from scripts.inference.stored import read_stored
from sensor.inference.labels import Label, read_labels


def main(arguments: list[str]) -> int:
    """Print the account; returns 0 when it balances, 1 when not, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="proof", description=__doc__)
    parser.add_argument("stack", help="the stack whose table and DLQ bucket are read")
    parser.add_argument("--labels", type=Path, action="append", required=True, help="labels of a run; may be repeated")
    parser.add_argument("--stage", help="stage to enter, such as local; otherwise the environment says where AWS is")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds to wait for what is missing")
    parser.add_argument("--ledger", type=Path, help="write the account to this file as JSON")
    options = parser.parse_args(arguments)
    try:
        if options.stage:
            enter_stage(options.stage, os.environ)
        labels = [label for path in options.labels for label in read_labels(path)]
        result = settled_account(options.stack, labels, options.timeout)
    except DatastreamerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    if options.ledger:
        options.ledger.write_text(json.dumps(result.document()) + "\n", encoding="utf-8")
    show(result, Console(highlight=False))
    return 0 if result.balanced else 1


def settled_account(stack: str, labels: list[Label], timeout: float) -> Account:
    """The account of ``labels``, as soon as none is missing, or after ``timeout`` seconds."""
    names = Names(stack, boto3.client("sts").get_caller_identity()["Account"])
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    deadline = time.monotonic() + timeout
    while True:
        result = account(labels, read_stored(dynamodb, s3, names.table, names.dlq_bucket))
        if not result.missing or time.monotonic() > deadline:
            return result
        time.sleep(1.0)


def show(result: Account, console: Console) -> None:
    """The account for people."""
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
    console.print(table)
    if result.unlabelled:
        console.print(f"{result.unlabelled:,} items have no label: the processor has no threshold")
    if result.good_parked:
        console.print(
            f"[yellow]{result.good_parked:,} good records are parked: datastreamer inference replay-failures[/]"
        )
    for law, ids in result.findings.items():
        console.print(f"[red]✗ {len(ids):,} {law}[/]: {', '.join(ids[:MOST_NAMED])}", soft_wrap=True)
    if result.balanced:
        console.print("[green]✓[/] nothing lost, nothing twice")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
