"""``datastreamer taxi silver``: start the Glue job, and follow it."""

from __future__ import annotations

from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.following import TimeoutOption, WaitOption, run_job
from datastreamer.taxi.names import Names


def silver(
    wait: WaitOption = True, timeout: TimeoutOption = 14_400, as_json: JsonOption = False, stage: StageOption = "local"
) -> None:
    """Start the Glue job and follow it to its end: each month is made whose files in bronze are not in the tables."""
    context = Context.enter(stage)
    job = Names(context.stage, context.account).job
    run_job(context, job, {}, wait=wait, timeout=timeout, as_json=as_json)
