"""``datastreamer taxi rescore``: score again the trips that a bad version scored."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.taxi.progress import progress_bar
from datastreamer.errors import UsageError
from datastreamer.taxi.functions import Place
from datastreamer.taxi.model.registry import REJECTED, versions
from datastreamer.taxi.names import Names
from datastreamer.taxi.rescoring import gold
from datastreamer.taxi.rescoring.rescore import Rescorer
from datastreamer.wording import counted


def rescore(
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day on which trips ended, UTC.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="Last day.")],
    version: Annotated[
        list[str] | None,
        typer.Option(
            "--version", help="Version whose trips are scored again; may be repeated.  [default: rejected ones]"
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the trips, and score none.")] = False,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Score trips again by the version that serves now; of a trip's predictions the latest counts.

    What has reached gold is scored: a prediction of the last minutes may still be on its way there. Given twice it
    finds what is left.
    """
    context = Context.enter(stage)
    names, athena = Names(context.stage, context.account), context.client("athena")
    rejected = [
        each.version for each in versions(context.client("sagemaker"), names.model) if each.approval == REJECTED
    ]
    bad = tuple(version or rejected)
    wanted = gold.Wanted(_day(first), _day(last), bad)
    found = gold.count(athena, names, wanted) if bad else {}
    done = 0
    if not dry_run and found:
        rows = gold.predictions(athena, names, wanted)
        rescorer = Rescorer(names, context.client, Place(names).rules(), Clock(), Backoff())
        with progress_bar(context, "trips", len(rows), quiet=as_json) as advance:
            for number in rescorer.rescore(rows, bad):
                done += number
                advance(number)
    if as_json:
        context.answer_json({"versions": list(bad), "found": found, "rescored": done})
        return
    for each, trips in sorted(found.items()):
        context.out.print(f"version {each} scored {counted(trips, 'trip')} last")
    if not found:
        context.out.print("no trip of those days was scored by such a version last")
    elif not dry_run:
        context.out.print(f"{counted(done, 'trip')} scored again; they reach gold with the next delivery")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a day; write it as 2025-01-31") from error
