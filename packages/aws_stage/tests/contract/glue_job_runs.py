"""Scripts as jobs: what the tests of Glue job runs share."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Any

from aws_stage.testing import REGION, RunningStage

ROLE = "arn:aws:iam::000000000000:role/glue"
BUCKET = "glue-job-scripts"
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"})

Run = dict[str, Any]


@dataclass
class Jobs:
    """Creates jobs from scripts on a stage, runs them and reads what they left."""

    stage: RunningStage

    def __post_init__(self) -> None:
        self.glue = self.stage.client("glue")
        self.s3 = self.stage.client("s3")
        self.logs = self.stage.client("logs")
        with contextlib.suppress(self.s3.exceptions.BucketAlreadyOwnedByYou):
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def create(self, name: str, script: str, command: str = "glueetl", **definition: Any) -> str:
        """A job that runs ``script``; returns its name."""
        self.s3.put_object(Bucket=BUCKET, Key=f"{name}.py", Body=script.encode())
        location = f"s3://{BUCKET}/{name}.py"
        self.glue.create_job(Name=name, Role=ROLE, Command={"Name": command, "ScriptLocation": location}, **definition)
        return name

    def start(self, name: str, **request: Any) -> str:
        run_id: str = self.glue.start_job_run(JobName=name, **request)["JobRunId"]
        return run_id

    def get(self, name: str, run_id: str) -> Run:
        run: Run = self.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        return run

    def wait(self, name: str, run_id: str, states: frozenset[str] = ENDED) -> Run:
        """The run once it is in one of ``states``; pytest's own limit ends a wait that would not end."""
        while (run := self.get(name, run_id))["JobRunState"] not in states:
            time.sleep(0.05)
        return run

    def run(self, name: str, **request: Any) -> Run:
        """Start a run and wait for its end."""
        return self.wait(name, self.start(name, **request))

    def lines(self, group: str, stream: str) -> list[str]:
        """The messages of a log stream; none when it does not exist."""
        try:
            events = self.logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    def wait_for_lines(self, group: str, stream: str, least: int = 1) -> list[str]:
        while len(lines := self.lines(group, stream)) < least:
            time.sleep(0.05)
        return lines
