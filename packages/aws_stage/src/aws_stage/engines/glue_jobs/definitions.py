"""Job definitions: ``glue:CreateJob`` and its relatives, with every field that AWS keeps.

Kept here and not in ministack, which drops fields that Terraform reads back (ExecutionProperty, NotificationProperty,
the tags) and saves its state only from time to time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_stage.kernel.clock import Clock
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.glue_tags import GlueTags
from aws_stage.kernel.paging import page

Job = dict[str, Any]

_KIND = "job"
_PAGE = 1000
_FIELDS = (
    "JobMode",
    "JobRunQueuingEnabled",
    "Description",
    "LogUri",
    "Role",
    "ExecutionProperty",
    "Command",
    "DefaultArguments",
    "NonOverridableArguments",
    "Connections",
    "MaxRetries",
    "Timeout",
    "MaxCapacity",
    "SecurityConfiguration",
    "NotificationProperty",
    "GlueVersion",
    "NumberOfWorkers",
    "WorkerType",
    "CodeGenConfigurationNodes",
    "ExecutionClass",
    "SourceControlDetails",
    "MaintenanceWindow",
)
"""https://docs.aws.amazon.com/glue/latest/webapi/API_Job.html, without what AWS itself sets."""

_TIMEOUT_MINUTES = 480
"""Default since Glue 5.0; https://docs.aws.amazon.com/glue/latest/webapi/API_CreateJob.html"""


class Definitions:
    """The jobs of the account, durable; ``deleted`` is told of the name of each job that goes."""

    def __init__(self, stage: Stage, engine: str, deleted: Callable[[str], None]) -> None:
        self._tags = GlueTags(stage, "job")
        self._store = stage.store(engine)
        self._clock: Clock = stage.clock
        self._deleted = deleted
        self.operations: Mapping[tuple[str, str], Handler] = {
            ("glue", "CreateJob"): self._create,
            ("glue", "UpdateJob"): self._update,
            ("glue", "DeleteJob"): self._delete,
            ("glue", "GetJob"): lambda call: {"Job": self.get(call.payload.get("JobName", ""))},
            ("glue", "GetJobs"): self._get_all,
            ("glue", "BatchGetJobs"): self._get_some,
            ("glue", "ListJobs"): self._list,
        }

    def get(self, name: str) -> Job:
        """Raises EntityNotFoundException when there is no such job."""
        job = self._store.get(_KIND, name)
        if job is None:
            raise AwsError("EntityNotFoundException", f"Job {name} not found.")
        return job

    def _create(self, call: Call) -> dict[str, Any]:
        name = call.payload.get("Name") or ""
        if not name:
            raise AwsError("InvalidInputException", "Name is required")
        job = _completed(name, call.payload)
        existing = self._store.get(_KIND, name)
        if existing is not None:
            if {field: existing.get(field) for field in job} != job:
                message = f"Job with name: {name} already submitted with different configuration"
                raise AwsError("IdempotentParameterMismatchException", message)
            return {"Name": name}
        now = self._clock.now().timestamp()
        self._store.put(_KIND, name, job | {"CreatedOn": now, "LastModifiedOn": now})
        self._tags.add(name, call.payload.get("Tags"))
        return {"Name": name}

    def _update(self, call: Call) -> dict[str, Any]:
        """The new definition replaces the whole of the old one, as on AWS."""
        name = call.payload.get("JobName", "")
        created = self.get(name)["CreatedOn"]
        now = self._clock.now().timestamp()
        job = _completed(name, call.payload.get("JobUpdate") or {})
        self._store.put(_KIND, name, job | {"CreatedOn": created, "LastModifiedOn": now})
        return {"JobName": name}

    def _delete(self, call: Call) -> dict[str, Any]:
        """Deleting what is not there succeeds, as on AWS."""
        name = call.payload.get("JobName", "")
        if self._store.delete(_KIND, name):
            self._tags.clear(name)
            self._deleted(name)
        return {"JobName": name}

    def _get_all(self, call: Call) -> dict[str, Any]:
        jobs = [job for _, job in self._store.items(_KIND)]
        found, more = page(jobs, call.payload.get("NextToken"), call.payload.get("MaxResults"), _PAGE)
        return {"Jobs": found, **more}

    def _get_some(self, call: Call) -> dict[str, Any]:
        wanted = call.payload.get("JobNames") or []
        jobs = {name: self._store.get(_KIND, name) for name in wanted}
        return {
            "Jobs": [job for job in jobs.values() if job],
            "JobsNotFound": [name for name, job in jobs.items() if job is None],
        }

    def _list(self, call: Call) -> dict[str, Any]:
        wanted = call.payload.get("Tags") or {}
        names = [name for name, _ in self._store.items(_KIND) if self._tags.matches(name, wanted)]
        found, more = page(names, call.payload.get("NextToken"), call.payload.get("MaxResults"), _PAGE)
        return {"JobNames": found, **more}


def _completed(name: str, given: Mapping[str, Any]) -> Job:
    """A definition with AWS's defaults; raises InvalidInputException for what AWS refuses."""
    job: Job = {"Name": name, **{field: given[field] for field in _FIELDS if given.get(field) is not None}}
    command = job.get("Command") or {}
    if not command.get("Name") or not job.get("Role"):
        raise AwsError("InvalidInputException", "Command.Name and Role are required")
    if job.get("MaxCapacity") and (job.get("WorkerType") or job.get("NumberOfWorkers")):
        raise AwsError(
            "InvalidInputException", "Please do not set Max Capacity if using Worker Type and Number of Workers."
        )
    job["ExecutionProperty"] = {"MaxConcurrentRuns": 1} | (job.get("ExecutionProperty") or {})
    if command["Name"] == "glueetl":
        job["Command"] = {"PythonVersion": "3"} | command
        job.setdefault("GlueVersion", "5.1")
        if not job.get("MaxCapacity"):
            job.setdefault("WorkerType", "G.1X")
            job.setdefault("NumberOfWorkers", 10)
            job["MaxCapacity"] = float(job["NumberOfWorkers"]) * dpus(job["WorkerType"])
    else:
        job.setdefault("MaxCapacity", 0.0625)
    job["AllocatedCapacity"] = int(job["MaxCapacity"])
    return {"MaxRetries": 0, "Timeout": _TIMEOUT_MINUTES, "JobMode": "SCRIPT"} | job


def dpus(worker_type: str) -> float:
    """DPUs of one worker: ``G.4X`` is 4, ``Standard`` is 1."""
    size = worker_type.rpartition(".")[2].removesuffix("X") if "." in worker_type else "1"
    return 0.25 if worker_type == "G.025X" else float(size)
