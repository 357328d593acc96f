"""``datastreamer telemetry etl``: start the Glue job, and follow it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.following import TimeoutOption, WaitOption, run_job


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
    arguments = {"--full_listing": _LISTINGS[objects]}
    run_job(context, context.names.job, arguments, wait=wait, timeout=timeout, as_json=as_json)
