"""What becomes of job runs when the stage stops, and when it is killed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest
from aws_stage.testing import RunningStage

from contract.glue_job_runs import Jobs
from contract.test_glue_jobs import OUTPUT, SLEEP, is_alive

pytestmark = [pytest.mark.stage, pytest.mark.slow]


@pytest.mark.parametrize(
    ("how", "message"),
    [(signal.SIGTERM, "was stopped while this run was in progress"), (signal.SIGKILL, "ended without a clean stop")],
)
def test_no_run_and_no_process_outlives_the_stage(
    new_stage: Callable[[], RunningStage], how: signal.Signals, message: str
) -> None:
    stage = new_stage()
    jobs = Jobs(stage)
    name = jobs.create("outlives", SLEEP, MaxRetries=3, Tags={"PIPELINE": "telemetry"})
    run_id = jobs.start(name)
    pids = [int(word) for word in jobs.wait_for_lines(OUTPUT, run_id)[0].split()]
    stage.stop(how)
    if how == signal.SIGKILL:
        while any(is_alive(pid) for pid in pids):
            time.sleep(0.05)
    assert not any(is_alive(pid) for pid in pids)
    stage.start()
    run = jobs.get(name, run_id)
    assert run["JobRunState"] == "FAILED"
    assert message in run["ErrorMessage"]
    assert len(jobs.glue.get_job_runs(JobName=name)["JobRuns"]) == 1
    assert jobs.glue.get_job(JobName=name)["Job"]["MaxRetries"] == 3
