"""``datastreamer telemetry etl``: start the Glue job, and follow it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from datastreamer.aws.job_runs import follow_job, start_job
from datastreamer.aws.waiting import Patience
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.following import TimeoutOption, WaitOption


class Listing(StrEnum):
    """Which raw objects the run looks for."""

    ALL = "all"
    RECENT = "recent"


_LISTINGS = {Listing.ALL: "always", Listing.RECENT: "daily"}
"""As the job's ``--full_listing`` calls them."""
ListingOption = Annotated[
    Listing,
    typer.Option("--objects", help="Look for every unread raw object, or where the schedule's runs look: quicker."),
]


def etl(
    objects: ListingOption = Listing.ALL,
    wait: WaitOption = True,
    timeout: TimeoutOption = 3600,
    as_json: JsonOption = False,
    stage: StageOption = "local",
) -> None:
    """Start the Glue job and follow it to its end: every raw object that is not read yet is read."""
    context = Context.enter(stage)
    glue, job = context.client("glue"), context.names.job
    with context.following(job, quiet=as_json) as report:
        patience = Patience(timeout=timeout)
        arguments = {"--full_listing": _LISTINGS[objects]}
        run_id = start_job(glue, job, arguments=arguments, patience=patience, report=report)
        run = follow_job(glue, job, run_id, patience=patience, report=report) if wait else None
    if as_json:
        context.answer_json({"job": job, "run_id": run_id, "state": run["JobRunState"] if run else "STARTED"})
    elif run is None:
        context.out.print(f"started run {run_id}", soft_wrap=True)
    else:
        context.out.print(f"[green]SUCCEEDED[/] run {run_id} in {run.get('ExecutionTime', 0)} s", soft_wrap=True)
