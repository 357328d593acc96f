"""Starting and following the pipeline's Glue job and crawler."""

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
        return _told(run["JobRunState"], run["JobRunState"] in RUN_ENDED, report)

    state = wait_for(f"run {run_id}", look, patience=patience)
    if state != "SUCCEEDED":
        raise JobFailedError(f"run {run_id} ended {state}: {run.get('ErrorMessage', 'no message')}")
    return run


def crawl(
    glue: GlueClient,
    crawler: str,
    *,
    wait: bool = True,
    patience: Patience = PATIENT,
    report: Report = lambda _: None,
) -> Any:
    """Start ``crawler`` (or join the crawl that is on) and return its LastCrawl, or None when not waiting.

    Raises JobFailedError when the crawl did not succeed.
    """
    try:
        glue.start_crawler(Name=crawler)
    except glue.exceptions.EntityNotFoundException as error:
        raise ConfigurationError(f"there is no crawler {crawler}. Is the stage applied? Try: make apply") from error
    except glue.exceptions.CrawlerRunningException:
        report("RUNNING (joined)")
    if not wait:
        return None
    found: Any = {}

    def look() -> tuple[str, bool]:
        nonlocal found
        found = glue.get_crawler(Name=crawler)["Crawler"]
        return _told(found["State"], found["State"] == "READY", report)

    wait_for(f"crawler {crawler}", look, patience=patience)
    last: Any = found.get("LastCrawl", {})
    if last.get("Status") != "SUCCEEDED":
        raise JobFailedError(f"crawl ended {last.get('Status')}: {last.get('ErrorMessage', 'no message')}")
    return last


def _told(state: str, ended: bool, report: Report) -> tuple[str, bool]:
    """A look's answer; the state at the end is not reported, as the command that waits shows it with the result."""
    if not ended:
        report(state)
    return state, ended
