"""Starting a Glue job, and following the run to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datastreamer.aws.waiting import Patience, Report, once_taken, wait_for
from datastreamer.errors import ConfigurationError, JobFailedError, RetryableError

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

RUN_ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
PATIENT = Patience(timeout=3600.0)


def start_job(
    glue: GlueClient,
    job: str,
    *,
    arguments: Mapping[str, str] | None = None,
    patience: Patience = PATIENT,
    report: Report = lambda _: None,
) -> str:
    """Start a run of ``job`` and return its id; while another run is on, wait for it to end first.

    ``arguments``: of this run, by name with ``--``; they override the job's own of the same name.
    """
    busy = glue.exceptions.ConcurrentRunsExceededException
    try:
        return once_taken(
            lambda: glue.start_job_run(JobName=job, Arguments=arguments or {})["JobRunId"],
            not_yet=lambda error: isinstance(error, busy),
            state="WAITING for the run before",
            patience=patience,
            report=report,
        )
    except glue.exceptions.EntityNotFoundException as error:
        raise ConfigurationError(f"there is no Glue job {job}. Is the stage applied? Try: make apply") from error
    except busy as error:
        raise RetryableError(f"another run of {job} is still on; try again later") from error


def follow_job(
    glue: GlueClient,
    job: str,
    run_id: str,
    *,
    patience: Patience = PATIENT,
    report: Report = lambda _: None,
) -> Any:
    """Follow a run to its end and return it (Glue's JobRun); raises JobFailedError unless it SUCCEEDED."""
    run: Any = {}

    def look() -> tuple[str, bool]:
        nonlocal run
        run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        state = run["JobRunState"]
        if state not in RUN_ENDED:  # The command that waits shows the last one with the result.
            report(state)
        return state, state in RUN_ENDED

    state = wait_for(f"run {run_id}", look, patience=patience)
    if state != "SUCCEEDED":
        raise JobFailedError(f"run {run_id} ended {state}: {run.get('ErrorMessage', 'no message')}")
    return run
