"""Wait until all votes stand in the totals and in the lake, then compare the counts:
``python -m scripts.votes.proof --receipt receipts/votes.json``.

Votes that others cast meanwhile do no harm: a run's votes are known in the lake by who clicked and when, and the totals
are compared with all that the lake has.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import urllib3
from rich.console import Console
from rich.table import Table

from datastreamer.aws.athena import run_query
from datastreamer.errors import ConfigurationError, DatastreamerError
from datastreamer.stages import enter_stage

POLL_SECONDS = 1.0
MILLISECOND = 80
"""How far up the time stands in a UUIDv7, in bits (RFC 9562)."""


@dataclass(frozen=True)
class Counts:
    """One candidate. ``taken``: by the receipt. ``of_the_run``, ``in_the_lake``: distinct votes; ``records``: lines."""

    taken: int = 0
    of_the_run: int = 0
    in_the_lake: int = 0
    records: int = 0
    in_the_totals: int = 0

    @property
    def counted(self) -> int:
        """The run's votes in the totals: what is there without all others."""
        return self.in_the_totals - (self.in_the_lake - self.of_the_run)

    @property
    def balanced(self) -> bool:
        """Whether each vote of the run is there once, and the totals say what the lake says."""
        return self.taken == self.of_the_run == self.counted

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.taken + other.taken,
            self.of_the_run + other.of_the_run,
            self.in_the_lake + other.in_the_lake,
            self.records + other.records,
            self.in_the_totals + other.in_the_totals,
        )


def main(arguments: list[str]) -> int:
    """Print the counts; returns 0 when they agree, 1 when not, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="proof", description=__doc__)
    parser.add_argument("--receipt", type=Path, required=True, help="receipt of the voters")
    parser.add_argument("--stage", default="local", help="stage that they voted on (local)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds to wait for what is missing")
    parser.add_argument("--ledger", type=Path, help="write the counts to this file as JSON")
    options = parser.parse_args(arguments)
    try:
        stage = enter_stage(options.stage, os.environ)
        receipt = read_receipt(options.receipt, stage)
        counts = settled_counts(receipt, options.timeout)
    except DatastreamerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    if options.ledger:
        ledger = {candidate: {**vars(one), "counted": one.counted} for candidate, one in counts.items()}
        options.ledger.write_text(json.dumps(ledger) + "\n", encoding="utf-8")
    show(counts, Console(highlight=False))
    return 0 if all(one.balanced for one in counts.values()) else 1


def read_receipt(path: Path, stage: str) -> Mapping[str, Any]:
    """The receipt at ``path``; raises ConfigurationError when it is none, or another stage's."""
    try:
        receipt: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        of_stage, _ = receipt["stage"], receipt["client_ids"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(f"{path} is no receipt of python -m sensor votes: {error}") from error
    if of_stage != stage:
        raise ConfigurationError(f"{path} is of stage {of_stage}; name it: --stage {of_stage}")
    return receipt


def settled_counts(receipt: Mapping[str, Any], timeout: float) -> dict[str, Counts]:
    """The counts by candidate, as soon as they agree, or after ``timeout`` seconds."""
    athena = boto3.client("athena")
    deadline = time.monotonic() + timeout
    while True:
        counts = _counts(receipt, athena)
        if all(one.balanced for one in counts.values()) or time.monotonic() > deadline:
            return counts
        time.sleep(POLL_SECONDS)


def question(receipt: Mapping[str, Any]) -> str:
    """What Athena is asked. The ids of votes begin with the time of the click, so that they sort by it."""
    first = uuid.UUID(int=int(receipt["from_ms"]) << MILLISECOND)
    last = uuid.UUID(int=((int(receipt["until_ms"]) + 1) << MILLISECOND) - 1)
    clients = ", ".join(f"'{uuid.UUID(client)}'" for client in receipt["client_ids"])
    ours = f"vote_id BETWEEN '{first}' AND '{last}' AND client_id IN ({clients})"
    columns = f"COUNT(DISTINCT vote_id), COUNT(DISTINCT CASE WHEN {ours} THEN vote_id END), COUNT(*)"
    return f"SELECT candidate, {columns} FROM votes GROUP BY candidate"  # noqa: S608  UUIDs and no other text


def show(counts: Mapping[str, Counts], console: Console) -> None:
    """The counts for people."""
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
    if all(one.balanced for one in counts.values()):
        console.print("[green]✓[/] each vote is in the totals once and in the lake once, however often it was sent")


def _counts(receipt: Mapping[str, Any], athena: Any) -> dict[str, Counts]:
    # The lake first: what the totals have by then, and the lake has not, the next look finds in both.
    name = f"datastreamer-{receipt['stage']}-votes"
    answer = run_query(athena, question(receipt), workgroup=name, database=name.replace("-", "_"))
    lake = {str(row[0]): [int(number or 0) for number in row[1:]] for row in answer.rows}
    totals: dict[str, int] = urllib3.request("GET", f"{receipt['api_url']}/totals").json()["totals"]
    taken: dict[str, int] = receipt["accepted"]
    counts = {}
    for candidate in sorted({*lake, *totals, *taken}):
        every, ours, records = lake.get(candidate, [0, 0, 0])
        counts[candidate] = Counts(taken.get(candidate, 0), ours, every, records, totals.get(candidate, 0))
    return counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
