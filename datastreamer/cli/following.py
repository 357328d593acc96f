"""Commands that start work and follow it: their options, and a run of a Glue job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from datastreamer.aws.job_runs import follow_job, start_job
from datastreamer.aws.waiting import Patience
from datastreamer.cli.context import Context

WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the work to its end.")]
TimeoutOption = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to follow at most.")]


def run_job(
    context: Context, job: str, arguments: Mapping[str, str], *, wait: bool, timeout: float, as_json: bool
) -> None:
    """Start the Glue job ``job``, follow the run for ``timeout`` seconds where it is to ``wait``, and answer."""
    glue = context.client("glue")
    with context.following(job, quiet=as_json) as report:
        patience = Patience(timeout=timeout)
        run_id = start_job(glue, job, arguments=arguments, patience=patience, report=report)
        run = follow_job(glue, job, run_id, patience=patience, report=report) if wait else None
    if as_json:
        context.answer_json({"job": job, "run_id": run_id, "state": run["JobRunState"] if run else "STARTED"})
    elif run is None:
        context.out.print(f"started run {run_id}", soft_wrap=True)
    else:
        context.out.print(f"[green]SUCCEEDED[/] run {run_id} in {run.get('ExecutionTime', 0)} s", soft_wrap=True)
