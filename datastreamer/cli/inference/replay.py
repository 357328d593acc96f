"""``replay-failures``."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from botocore.config import Config
from rich.markup import escape

from datastreamer.cli.inference.command import command
from datastreamer.cli.inference.session import Session
from datastreamer.inference.missing import PROCESSOR, looking_for
from datastreamer.inference.names import Names, check_stack_name
from datastreamer.inference.reprocessing.invocations import MOST_RECORDS
from datastreamer.inference.reprocessing.parked import FailureBucket
from datastreamer.inference.reprocessing.replay import Replayed, ReplayTally, replay_failures
from datastreamer.scoring.model_words import first_words
from datastreamer.wording import counted

SHOWN = 20
"""Reasons that people are told; machines are told of every record."""


@command(
    "replay-failures",
    panel="Processor",
    changes=True,
    examples=(
        "replay-failures my-realtime-ml",
        "replay-failures my-realtime-ml --function my-processor --bucket my-dlq",
    ),
)
def replay(
    session: Session,
    stack: Annotated[str, typer.Argument(help="Stack whose parked records are sent again.")],
    function: Annotated[
        str | None, typer.Option("--function", metavar="NAME", help="Send them through this processor.")
    ] = None,
    bucket: Annotated[str | None, typer.Option("--bucket", metavar="NAME", help="Read them from this bucket.")] = None,
) -> None:
    """Send parked records again, when what kept them from being scored is mended.

    They go straight to the processor, as Kinesis first delivered them: replaying twice adds nothing. What is stored now
    is put away under replayed/, what still fails stays. Exits 1 when something still fails.
    """
    names = Names(check_stack_name(stack), session.account_id)
    name, place = function or names.function, bucket or names.dlq_bucket
    lambda_ = session.client("lambda")
    with looking_for(PROCESSOR, name, lambda_):
        timeout = lambda_.get_function_configuration(FunctionName=name)["Timeout"]
    # An invocation that boto3 gives up on and makes again would be under way twice.
    patient = session.new_client("lambda", Config(read_timeout=timeout + 30, retries={"total_max_attempts": 1}))
    if session.dry_run:
        session.dry_run.answers["Invoke"] = as_if_all_were_stored
    tally, failing = ReplayTally(), []
    with session.following(f"replay {place}", quiet=session.quiet) as report:
        for replayed in replay_failures(FailureBucket(session.client("s3"), place), patient, name):
            before, tally = _handled(tally), tally.plus(replayed)
            failing += [_failure(replayed, each) for each in replayed.failing]
            if before // MOST_RECORDS < _handled(tally) // MOST_RECORDS:
                report(f"{tally.stored:,} records stored, {tally.failing:,} still failing")
    session.answer(
        {
            "stack": stack,
            "function": name,
            "bucket": place,
            **asdict(tally),
            "reasons": dict(tally.reasons),
            "still_failing": failing,
        },
        *_lines(tally, failing, place),
    )
    if tally.failing and not session.dry_run:
        raise typer.Exit(1)


def _handled(tally: ReplayTally) -> int:
    return tally.stored + tally.failing


def _failure(replayed: Replayed, failure: Any) -> dict[str, str]:
    return {"key": replayed.key, **asdict(failure)}


def _lines(tally: ReplayTally, failing: list[dict[str, str]], bucket: str) -> list[str]:
    if not tally.objects:
        return [f"nothing is parked in {bucket}"]
    stored = f"{counted(tally.stored, 'record')} of {counted(tally.objects, 'object')}"
    lines = [f"[green]stored[/] {stored}; {tally.moved:,} moved to replayed/"]
    if tally.failing:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in tally.reasons)
        lines.append(f"[red]still failing[/] {counted(tally.failing, 'record')}: {reasons}")
        alike = _alike(failing)
        lines += [f"  {escape(line)}" for line in alike[:SHOWN]]
        if len(alike) > SHOWN:
            lines.append(f"  … and {len(alike) - SHOWN:,} more; --json names all")
    return lines


def _alike(failing: list[dict[str, str]]) -> list[str]:
    """A line for each reason with its own words, the first line of them: a batch fails for one, 500 times."""
    keys: dict[tuple[str, str], list[str]] = {}
    for each in failing:
        keys.setdefault((each["reason"], first_words(each["detail"])), []).append(each["key"])
    return [
        f"{first}{f' and {len(others):,} more' if others else ''}: {reason}{f': {words}' if words else ''}"
        for (reason, words), (first, *others) in keys.items()
    ]


def as_if_all_were_stored(_parameters: dict[str, Any]) -> dict[str, Any]:
    """What the function's invocation answers in a dry run."""
    return {"Payload": io.BytesIO(json.dumps({"batchItemFailures": [], "failures": []}).encode())}
