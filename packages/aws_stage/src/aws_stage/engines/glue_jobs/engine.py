"""The engine: the operations of job runs, and what becomes of runs when the stage starts and stops."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Mapping
from typing import Any, NoReturn

from aws_stage.engines.glue_jobs import arguments, events
from aws_stage.engines.glue_jobs.definitions import Definitions
from aws_stage.engines.glue_jobs.logs import LogShipper, Tail, streams
from aws_stage.engines.glue_jobs.runs import ACTIVE, Run, RunBook, new_run, next_attempt
from aws_stage.engines.glue_jobs.supervisor import Supervisor
from aws_stage.engines.glue_jobs.workspace import Workspace
from aws_stage.errors import ConfigurationError
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.kernel.paging import page
from aws_stage.storage.leftovers import end_process

logger = logging.getLogger("aws_stage.glue_jobs")

_PAGE = 200
_VERSIONS = ("5.0", "5.1")
_STAGE_STOPPED = "The local stage was stopped while this run was in progress, and the run was ended with it."
_STAGE_DIED = "The local stage ended without a clean stop while this run was in progress; the run did not finish."


class GlueJobs:
    """Runs Glue jobs, each in a process of its own."""

    name = "glue_jobs"
    owns: frozenset[str] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._book = RunBook(stage.store(self.name))
        self._definitions = Definitions(stage, self.name, deleted=self._book.forget)
        self._supervisors: dict[str, Supervisor] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self.operations: Mapping[tuple[str, str], Handler] = {
            **self._definitions.operations,
            ("glue", "StartJobRun"): self._start_job_run,
            ("glue", "GetJobRun"): self._get_job_run,
            ("glue", "GetJobRuns"): self._get_job_runs,
            ("glue", "BatchStopJobRun"): self._batch_stop_job_run,
            ("glue", "GetJobBookmark"): self._no_bookmark,
            ("glue", "ResetJobBookmark"): self._no_bookmark,
        }

    def start(self) -> None:
        """End what an earlier stage left behind: its runs are FAILED and say so."""
        work = self._stage.directory(self.name)
        for run in self._book.active():
            if end_process(work / run["Id"]):
                logger.warning("run %s of %s was still running: ended", run["Id"], run["JobName"])
            now = self._stage.clock.now().timestamp()
            run |= {"JobRunState": "FAILED", "ErrorMessage": _STAGE_DIED, "CompletedOn": now, "LastModifiedOn": now}
            self._book.put(run)
            self._publish(run)
        shutil.rmtree(work, ignore_errors=True)

    def stop(self) -> None:
        """End every job process; their runs are FAILED and say why."""
        with self._lock:
            self._stopping = True
            supervisors = list(self._supervisors.values())
        for supervisor in supervisors:
            supervisor.stop(("FAILED", _STAGE_STOPPED))
        for supervisor in supervisors:
            supervisor.join(10)

    def _start_job_run(self, call: Call) -> dict[str, Any]:
        name = call.payload.get("JobName", "")
        try:
            job = self._definitions.get(name)
        except AwsError as error:
            raise AwsError(error.code, "Failed to start job run due to missing metadata") from error
        run = new_run(job, call.payload, self._stage.clock.now())
        _refuse_unsupported(job, run)
        if call.payload.get("JobRunId"):
            previous = self._book.get(name, call.payload["JobRunId"])
            run["PreviousRunId"] = previous["Id"]
        with self._lock:
            if self._stopping:
                raise AwsError("ServiceUnavailableException", "The local stage is stopping.", 503)
            running = [other for other in self._book.active() if other["JobName"] == name]
            if len(running) >= job["ExecutionProperty"]["MaxConcurrentRuns"]:
                raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}")
            self._launch(job, run)
        return {"JobRunId": run["Id"]}

    def _launch(self, job: dict[str, Any], run: Run) -> None:
        self._book.put(run)
        workspace = Workspace(
            self._stage.directory(self.name) / run["Id"], self._stage.settings, self._stage.client("s3")
        )
        output, error = streams(run["Arguments"], run["Id"])
        tails = [Tail(workspace.stdout, output), Tail(workspace.stderr, error)]
        supervisor = Supervisor(
            job=job,
            run=dict(run),
            workspace=workspace,
            shipper=LogShipper(self._stage.client("logs"), tails, self._stage.clock),
            clock=self._stage.clock,
            changed=self._book.put,
            ended=lambda ended, stopped: self._ended(job, ended, stopped),
        )
        self._supervisors[run["Id"]] = supervisor
        supervisor.start()

    def _ended(self, job: dict[str, Any], run: Run, stopped: bool) -> None:
        with self._lock:
            self._supervisors.pop(run["Id"], None)
            if (
                run["JobRunState"] == "FAILED"
                and run["Attempt"] < job["MaxRetries"]
                and not (stopped or self._stopping)
            ):
                self._launch(job, next_attempt(run, self._stage.clock.now()))
        self._book.trim(run["JobName"])
        self._publish(run)

    def _publish(self, run: Run) -> None:
        self._stage.publish(events.SOURCE, events.DETAIL_TYPE, events.state_change(run))

    def _get_job_run(self, call: Call) -> dict[str, Any]:
        run = self._book.get(call.payload.get("JobName", ""), call.payload.get("RunId", ""))
        return {"JobRun": self._timed(run)}

    def _get_job_runs(self, call: Call) -> dict[str, Any]:
        name = call.payload.get("JobName", "")
        self._definitions.get(name)
        runs = self._book.of_job(name)
        found, more = page(runs, call.payload.get("NextToken"), call.payload.get("MaxResults"), _PAGE)
        return {"JobRuns": [self._timed(run) for run in found], **more}

    def _timed(self, run: Run) -> Run:
        """A run as it is now: one that goes on has run until now."""
        if run["JobRunState"] not in ACTIVE:
            return run
        return run | {"ExecutionTime": max(0, int(self._stage.clock.now().timestamp() - run["StartedOn"]))}

    def _batch_stop_job_run(self, call: Call) -> dict[str, Any]:
        name = call.payload.get("JobName", "")
        stopped, errors = [], []
        for run_id in call.payload.get("JobRunIds") or []:
            subject = {"JobName": name, "JobRunId": run_id}
            try:
                self._stop_run(name, run_id)
            except AwsError as error:
                errors.append({**subject, "ErrorDetail": {"ErrorCode": error.code, "ErrorMessage": error.message}})
            else:
                stopped.append(subject)
        return {"SuccessfulSubmissions": stopped, "Errors": errors}

    def _stop_run(self, job_name: str, run_id: str) -> None:
        run = self._book.get(job_name, run_id)
        supervisor = self._supervisors.get(run_id)
        if run["JobRunState"] not in ACTIVE or supervisor is None:
            raise AwsError(
                "InvalidInputException", f"Job Run {run_id} is in state {run['JobRunState']} and cannot be stopped"
            )
        supervisor.stop()

    def _no_bookmark(self, call: Call) -> NoReturn:
        """Runs with bookmarks are refused, so no job has one."""
        name = call.payload.get("JobName", "")
        raise AwsError("EntityNotFoundException", f"Continuation for job {name} not found")


def _refuse_unsupported(job: Mapping[str, Any], run: Run) -> None:
    command = job["Command"]["Name"]
    if command not in {"glueetl", "pythonshell"}:
        raise AwsError("InvalidInputException", f"The local stage runs glueetl and pythonshell jobs, not {command}.")
    if command == "glueetl" and run["GlueVersion"] not in _VERSIONS:
        raise AwsError(
            "InvalidInputException",
            f"The local stage runs Spark 3.5, which is Glue {' and '.join(_VERSIONS)}, not Glue {run['GlueVersion']}.",
        )
    if job.get("JobRunQueuingEnabled"):
        raise AwsError("InvalidInputException", "The local stage does not support job run queuing.")
    try:
        arguments.refuse_unsupported(run["Arguments"])
    except ConfigurationError as error:
        raise AwsError("InvalidInputException", str(error)) from error
