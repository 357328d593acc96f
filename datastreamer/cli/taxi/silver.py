"""``datastreamer taxi silver``: start the Glue job, and follow it."""

from __future__ import annotations

from datastreamer.aws.job_runs import follow_job, start_job
from datastreamer.aws.waiting import Patience
from datastreamer.cli.context import Context, JsonOption, StageOption
from datastreamer.cli.following import TimeoutOption, WaitOption
from datastreamer.taxi.names import Names


def silver(
    wait: WaitOption = True, timeout: TimeoutOption = 14_400, as_json: JsonOption = False, stage: StageOption = "local"
) -> None:
    """Start the Glue job and follow it to its end: each month is made whose files in bronze are not in the tables."""
    context = Context.enter(stage)
    glue, job = context.client("glue"), Names(context.stage, context.account).job
    with context.following(job, quiet=as_json) as report:
        patience = Patience(timeout=timeout)
        run_id = start_job(glue, job, patience=patience, report=report)
        run = follow_job(glue, job, run_id, patience=patience, report=report) if wait else None
    if as_json:
        context.answer_json({"job": job, "run_id": run_id, "state": run["JobRunState"] if run else "STARTED"})
    elif run is None:
        context.out.print(f"started run {run_id}", soft_wrap=True)
    else:
        context.out.print(f"[green]SUCCEEDED[/] run {run_id} in {run.get('ExecutionTime', 0)} s", soft_wrap=True)
