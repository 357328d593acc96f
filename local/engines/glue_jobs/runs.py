"""Job runs as documents: their shape as ``glue:GetJobRun`` gives it, durable, newest first.

A document holds API fields, timestamps as epoch seconds.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local.engine import AwsError
from local.engines.glue_jobs import arguments
from local.store import Store

Run = dict[str, Any]

ACTIVE = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
_KIND = "run"


def new_run(job: Mapping[str, Any], request: Mapping[str, Any], now: datetime) -> Run:
    """The document of a run that is asked for by ``request`` (``StartJobRun``'s)."""

    def asked(name: str, default: Any = None) -> Any:
        value = request.get(name)
        return value if value is not None else job.get(name, default)

    workers = asked("NumberOfWorkers")
    capacity = asked("MaxCapacity") or float(workers or 10)
    run = {
        "Id": "jr_" + secrets.token_hex(32),
        "Attempt": 0,
        "JobName": job["Name"],
        "JobRunState": "STARTING",
        "Arguments": arguments.merged(job, request.get("Arguments") or {}),
        "StartedOn": now.timestamp(),
        "LastModifiedOn": now.timestamp(),
        "PredecessorRuns": [],
        "AllocatedCapacity": int(capacity),
        "ExecutionTime": 0,
        "Timeout": asked("Timeout", 480),
        "MaxCapacity": capacity,
        "LogGroupName": "/aws-glue/jobs",
        "GlueVersion": job.get("GlueVersion", "5.1"),
        "ExecutionClass": asked("ExecutionClass", "STANDARD"),
        "JobMode": job.get("JobMode", "SCRIPT"),
    }
    optional = {
        "WorkerType": asked("WorkerType"),
        "NumberOfWorkers": workers,
        "NotificationProperty": asked("NotificationProperty"),
        "SecurityConfiguration": asked("SecurityConfiguration"),
    }
    return run | {name: value for name, value in optional.items() if value}


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

    def forget(self, job_name: str) -> None:
        """Drop the ended runs of a job that was deleted."""
        for run in self.of_job(job_name):
            if run["JobRunState"] not in ACTIVE:
                self._store.delete(_KIND, run["Id"])
