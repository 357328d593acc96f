"""Job runs as documents: their shape as ``glue:GetJobRun`` gives it, durable, newest first.

A document holds API fields, timestamps as epoch seconds.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aws_stage.engines.glue_jobs import arguments
from aws_stage.engines.glue_jobs.definitions import dpus
from aws_stage.kernel.engine import AwsError
from aws_stage.storage.store import Store

Run = dict[str, Any]

ACTIVE = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
_KIND = "run"
_KEPT = 500
"""Ended runs that are kept of one job; AWS keeps those of the last 90 days."""


def new_run(job: Mapping[str, Any], request: Mapping[str, Any], now: datetime) -> Run:
    """The document of a run of ``job`` that is asked for by ``request`` (``StartJobRun``'s)."""

    def asked(name: str) -> Any:
        value = request.get(name)
        return value if value is not None else job.get(name)

    if request.get("MaxCapacity") and (request.get("WorkerType") or request.get("NumberOfWorkers")):
        raise AwsError(
            "InvalidInputException", "Please do not set Max Capacity if using Worker Type and Number of Workers."
        )
    run: Run = {
        "Id": "jr_" + secrets.token_hex(32),
        "Attempt": 0,
        "JobName": job["Name"],
        "JobRunState": "STARTING",
        "Arguments": arguments.merged(job, request.get("Arguments") or {}),
        "StartedOn": now.timestamp(),
        "LastModifiedOn": now.timestamp(),
        "PredecessorRuns": [],
        "ExecutionTime": 0,
        "Timeout": asked("Timeout"),
        "LogGroupName": "/aws-glue/jobs",
    }
    for name in (
        "WorkerType",
        "NumberOfWorkers",
        "MaxCapacity",
        "NotificationProperty",
        "SecurityConfiguration",
        "ExecutionClass",
        "GlueVersion",
        "JobMode",
    ):
        if asked(name) is not None:
            run[name] = asked(name)
    if run.get("WorkerType"):
        run["MaxCapacity"] = float(run["NumberOfWorkers"]) * dpus(run["WorkerType"])
    run["AllocatedCapacity"] = int(run["MaxCapacity"])
    return run


def next_attempt(run: Run, now: datetime) -> Run:
    """The document of the retry of a run that failed."""
    attempt = run["Attempt"] + 1
    again = {name: value for name, value in run.items() if name not in {"ErrorMessage", "CompletedOn"}}
    return again | {
        "Id": f"{run['Id'].partition('_attempt_')[0]}_attempt_{attempt}",
        "Attempt": attempt,
        "PreviousRunId": run["Id"],
        "JobRunState": "STARTING",
        "StartedOn": now.timestamp(),
        "LastModifiedOn": now.timestamp(),
        "ExecutionTime": 0,
    }


class RunBook:
    """The durable list of runs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, run: Run) -> None:
        self._store.put(_KIND, run["Id"], run)

    def get(self, job_name: str, run_id: str) -> Run:
        """Raises EntityNotFoundException, as AWS does, when the job has no such run."""
        run = self._store.get(_KIND, run_id)
        if run is None or run["JobName"] != job_name:
            raise AwsError("EntityNotFoundException", f"Job Run {run_id} for job {job_name} not found.")
        return run

    def of_job(self, job_name: str) -> list[Run]:
        """Every run of a job, newest first."""
        runs = [run for _, run in self._store.items(_KIND) if run["JobName"] == job_name]
        return sorted(runs, key=lambda run: (run["StartedOn"], run["Attempt"]), reverse=True)

    def active(self) -> list[Run]:
        """Every run that has not ended."""
        return [run for _, run in self._store.items(_KIND) if run["JobRunState"] in ACTIVE]

    def trim(self, job_name: str) -> None:
        """Drop all but the newest of a job's ended runs."""
        ended = [run for run in self.of_job(job_name) if run["JobRunState"] not in ACTIVE]
        for run in ended[_KEPT:]:
            self._store.delete(_KIND, run["Id"])

    def forget(self, job_name: str) -> None:
        """Drop the ended runs of a job that was deleted."""
        for run in self.of_job(job_name):
            if run["JobRunState"] not in ACTIVE:
                self._store.delete(_KIND, run["Id"])
