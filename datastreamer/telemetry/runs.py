"""Starting and following the pipeline's Glue job and crawler."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datastreamer.errors import ConfigurationError, JobFailedError, RetryableError

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

RUN_ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
POLL_SECONDS = 1.0

Report = Callable[[str], None]
"""Told the present state on every poll."""


@dataclass(frozen=True)
class Patience:
    """How long to follow, and the clock to follow by (seconds)."""

    timeout: float = 3600.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


PATIENT = Patience()


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
    deadline = patience.now() + patience.timeout
    while True:
        try:
            return glue.start_job_run(JobName=job, Arguments=arguments or {})["JobRunId"]
        except glue.exceptions.EntityNotFoundException as error:
            raise ConfigurationError(f"there is no Glue job {job}. Is the stage applied? Try: make apply") from error
        except glue.exceptions.ConcurrentRunsExceededException as error:
            if patience.now() >= deadline:
                raise RetryableError(f"another run of {job} is still on; try again later") from error
            report("WAITING for the run before")
            patience.sleep(POLL_SECONDS)


def follow_job(
    glue: GlueClient,
    job: str,
    run_id: str,
    *,
    patience: Patience = PATIENT,
    report: Report = lambda _: None,
) -> Any:
    """Follow a run to its end and return it (Glue's JobRun); raises JobFailedError unless it SUCCEEDED."""
    deadline = patience.now() + patience.timeout
    while True:
        run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        state = run["JobRunState"]
        if state in RUN_ENDED:
            break
        report(state)
        if patience.now() >= deadline:
            raise RetryableError(f"run {run_id} is still {state} after {patience.timeout:.0f} s; it goes on without us")
        patience.sleep(POLL_SECONDS)
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
    deadline = patience.now() + patience.timeout
    while True:
        found = glue.get_crawler(Name=crawler)["Crawler"]
        if found["State"] == "READY":
            break
        report(found["State"])
        if patience.now() >= deadline:
            raise RetryableError(f"crawler {crawler} is still {found['State']}; it goes on without us")
        patience.sleep(POLL_SECONDS)
    last: Any = found.get("LastCrawl", {})
    if last.get("Status") != "SUCCEEDED":
        raise JobFailedError(f"crawl ended {last.get('Status')}: {last.get('ErrorMessage', 'no message')}")
    return last
