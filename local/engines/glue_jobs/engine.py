"""The engine: the operations of job runs, and what happens to runs when the stage starts and stops."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from typing import Any

from local.engine import AwsError, Call, Handler, Stage
from local.engines.glue_jobs import arguments
from local.engines.glue_jobs.logs import CONTINUOUS_GROUP, ERROR_GROUP, OUTPUT_GROUP, LogShipper, Tail
from local.engines.glue_jobs.runs import ACTIVE, Run, RunBook, new_run
from local.engines.glue_jobs.supervisor import Supervisor
from local.engines.glue_jobs.workspace import Workspace


class GlueJobs:
    """Runs Glue jobs; the jobs themselves are kept by ministack."""

    name = "glue_jobs"
    owns: frozenset[str] = frozenset()

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._book = RunBook(stage.store(self.name))
        self._supervisors: dict[str, Supervisor] = {}
        self._lock = threading.Lock()
        self.operations: Mapping[tuple[str, str], Handler] = {
            ("glue", "StartJobRun"): self._start_job_run,
            ("glue", "GetJobRun"): self._get_job_run,
            ("glue", "GetJobRuns"): self._get_job_runs,
            ("glue", "BatchStopJobRun"): self._batch_stop_job_run,
        }

    def start(self) -> None:
        """End what an earlier stage left behind."""
        for run in self._book.active():
            run.update(JobRunState="FAILED", ErrorMessage="The local stage stopped while this run was in progress.")
            run["CompletedOn"] = run["LastModifiedOn"] = self._stage.clock.now().timestamp()
            self._book.put(run)
        shutil.rmtree(self._stage.directory(self.name), ignore_errors=True)

    def stop(self) -> None:
        """End every job process; their runs are FAILED and say why."""
        supervisors = list(self._supervisors.values())
        for supervisor in supervisors:
            supervisor.stop("The local stage was stopped while this run was in progress.")
        for supervisor in supervisors:
            supervisor.join(10)

    def _start_job_run(self, call: Call) -> dict[str, Any]:
        job = self._job(call.payload.get("JobName", ""))
        with self._lock:
            limit = (job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns", 1)
            running = [run for run in self._book.active() if run["JobName"] == job["Name"]]
            if len(running) >= limit:
                raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job['Name']}")
            run = new_run(job, call.payload, self._stage.clock.now())
            self._book.put(run)
            self._launch(job, run)
        return {"JobRunId": run["Id"]}

    def _job(self, name: str) -> dict[str, Any]:
        try:
            job: dict[str, Any] = self._stage.forward(Call("glue", "GetJob", {"JobName": name}))["Job"]
        except AwsError as error:
            raise AwsError(error.code, "Failed to start job run due to missing metadata") from error
        return job

    def _launch(self, job: dict[str, Any], run: Run) -> None:
        workspace = Workspace(
            self._stage.directory(self.name) / run["Id"], self._stage.settings, self._stage.client("s3")
        )
        supervisor = Supervisor(
            job=job,
            run=dict(run),
            workspace=workspace,
            shipper=LogShipper(self._stage.client("logs"), _tails(workspace, run), self._stage.clock),
            clock=self._stage.clock,
            changed=self._book.put,
            ended=self._ended,
        )
        self._supervisors[run["Id"]] = supervisor
        supervisor.start()

    def _ended(self, run: Run) -> None:
        self._supervisors.pop(run["Id"], None)

    def _get_job_run(self, call: Call) -> dict[str, Any]:
        return {"JobRun": self._book.get(call.payload.get("JobName", ""), call.payload.get("RunId", ""))}

    def _get_job_runs(self, call: Call) -> dict[str, Any]:
        return {"JobRuns": self._book.of_job(call.payload.get("JobName", ""))}

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
            state = run["JobRunState"]
            raise AwsError("InvalidInputException", f"Job Run {run_id} is in state {state} and cannot be stopped")
        supervisor.stop()


def _tails(workspace: Workspace, run: Run) -> list[Tail]:
    output, error = [(OUTPUT_GROUP, run["Id"])], [(ERROR_GROUP, run["Id"])]
    if arguments.is_set(run["Arguments"], "--enable-continuous-cloudwatch-log"):
        group = run["Arguments"].get("--continuous-log-logGroup", CONTINUOUS_GROUP)
        prefix = run["Arguments"].get("--continuous-log-logStreamPrefix", run["Id"])
        output.append((group, f"{prefix}-driver"))
        error.append((group, f"{prefix}-driver"))
    return [Tail(workspace.stdout, output), Tail(workspace.stderr, error)]
