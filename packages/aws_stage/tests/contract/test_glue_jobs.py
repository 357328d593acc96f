"""Glue job runs, with scripts that start no Spark session."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.glue_jobs.engine import GlueJobs
from aws_stage.kernel.engine import Call
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import eventually

from contract.glue_job_runs import BUCKET, ROLE, Jobs
from contract.side_stage import SideStage

pytestmark = pytest.mark.stage

OUTPUT, ERROR = "/aws-glue/jobs/output", "/aws-glue/jobs/error"

SLEEP = """
import os, signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "300"])
signal.signal(signal.SIGTERM, signal.SIG_DFL)
print(os.getpid(), child.pid, flush=True)
time.sleep(300)
"""
"""Prints its own process id and that of a child that does not heed SIGTERM, and goes on until it is ended."""


@pytest.fixture(scope="module")
def jobs(stage: RunningStage) -> Jobs:
    return Jobs(stage)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits to be reaped does not."""
    try:
        return (
            "(zombie)" not in Path(f"/proc/{pid}/status").read_text() if Path("/proc").exists() else not os.kill(pid, 0)
        )
    except OSError:
        return False


def test_the_script_gets_the_jobs_arguments_under_the_runs_and_glues_own(jobs: Jobs) -> None:
    name = jobs.create(
        "arguments",
        "import sys, json; print(json.dumps(sys.argv[1:]))",
        DefaultArguments={"--a": "job", "--b": "job", "--c": "job", "--extra-files": ""},
        NonOverridableArguments={"--c": "fixed"},
    )
    run = jobs.run(name, Arguments={"--b": "run", "--c": "run"})
    assert run["JobRunState"] == "SUCCEEDED"
    assert run["Arguments"] == {"--a": "job", "--b": "run", "--c": "fixed", "--extra-files": ""}
    words = json.loads(jobs.lines(OUTPUT, run["Id"])[0])
    given = dict(zip(words[::2], words[1::2], strict=True))
    assert given == {"--JOB_NAME": name, "--JOB_RUN_ID": run["Id"], "--a": "job", "--b": "run", "--c": "fixed"}


def test_a_script_that_raises_ends_failed_with_the_exceptions_text(jobs: Jobs) -> None:
    run = jobs.run(jobs.create("raises", "print('before')\nraise ValueError('no such\\nsensor')"))
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "ValueError: no such\nsensor"
    assert run["CompletedOn"] >= run["StartedOn"]
    assert jobs.lines(OUTPUT, run["Id"]) == ["before"]
    assert jobs.lines(ERROR, run["Id"])[0] == "Traceback (most recent call last):"


@pytest.mark.parametrize(
    ("script", "state", "message"),
    [
        ("import sys; sys.exit(0)", "SUCCEEDED", None),
        ("import sys; sys.exit(3)", "FAILED", "SystemExit: 3"),
        ("import os; os._exit(7)", "FAILED", "Command failed with exit code 7"),
        ("import aws_stage", "FAILED", "ModuleNotFoundError: No module named 'aws_stage'"),
        (
            "raise Exception('An error occurred while calling o1.x.\\n: java.lang.Error: boom\\n\\tat a\\n\\tat c')",
            "FAILED",
            "Exception: An error occurred while calling o1.x.\n: java.lang.Error: boom",
        ),
        ("x = ", "FAILED", "SyntaxError: invalid syntax (exits-5.py, line 1)"),
    ],
)
def test_how_a_script_ends_is_how_its_run_ends(
    jobs: Jobs, request: pytest.FixtureRequest, script: str, state: str, message: str | None
) -> None:
    name = "exits-" + str(request.node.callspec.indices["script"])
    run = jobs.run(jobs.create(name, script))
    assert (run["JobRunState"], run.get("ErrorMessage")) == (state, message)


def test_a_missing_script_is_named(jobs: Jobs) -> None:
    name = jobs.create("no-script", "")
    jobs.s3.delete_object(Bucket=BUCKET, Key="no-script.py")
    run = jobs.run(name)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == f"cannot download s3://{BUCKET}/no-script.py: 404"


def test_stopping_a_run_ends_all_its_processes(jobs: Jobs) -> None:
    name = jobs.create("stopped", SLEEP)
    run_id = jobs.start(name)
    pids = [int(word) for word in jobs.wait_for_lines(OUTPUT, run_id)[0].split()]
    assert jobs.get(name, run_id)["JobRunState"] == "RUNNING"
    assert all(is_alive(pid) for pid in pids)
    answer = jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_unknown"])
    assert answer["SuccessfulSubmissions"] == [{"JobName": name, "JobRunId": run_id}]
    assert [error["ErrorDetail"]["ErrorCode"] for error in answer["Errors"]] == ["EntityNotFoundException"]
    run = jobs.wait(name, run_id)
    assert run["JobRunState"] == "STOPPED"
    assert not any(is_alive(pid) for pid in pids)
    again = jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert "STOPPED" in again["Errors"][0]["ErrorDetail"]["ErrorMessage"]


def test_only_so_many_runs_go_at_once(jobs: Jobs) -> None:
    name = jobs.create("concurrent", SLEEP, ExecutionProperty={"MaxConcurrentRuns": 2})
    run_ids = [jobs.start(name), jobs.start(name)]
    with pytest.raises(jobs.glue.exceptions.ConcurrentRunsExceededException, match="Concurrent runs exceeded"):
        jobs.start(name)
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=run_ids[:1])
    jobs.wait(name, run_ids[0])
    third = jobs.start(name)
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_ids[1], third])
    jobs.wait(name, third)


def test_a_failed_run_is_tried_again_as_often_as_the_job_says(jobs: Jobs) -> None:
    name = jobs.create("retried", "raise RuntimeError('always')", MaxRetries=1)
    run = jobs.run(name)
    eventually(lambda: len(jobs.glue.get_job_runs(JobName=name)["JobRuns"]), 2)
    again = jobs.wait(name, f"{run['Id']}_attempt_1")
    assert (run["Attempt"], again["Attempt"]) == (0, 1)
    assert again["PreviousRunId"] == run["Id"]
    assert again["JobRunState"] == "FAILED"
    assert [found["Id"] for found in jobs.glue.get_job_runs(JobName=name)["JobRuns"]] == [again["Id"], run["Id"]]


def test_logs_can_be_read_while_the_job_runs(jobs: Jobs) -> None:
    """The job ends only after the test has read its lines."""
    script = f"""
import boto3, sys, time
print("to output", flush=True)
print("to error", file=sys.stderr, flush=True)
s3 = boto3.client("s3")
while "Contents" not in s3.list_objects_v2(Bucket="{BUCKET}", Prefix="gate-of-logs"):
    time.sleep(0.1)
"""
    name = jobs.create("logs", script, DefaultArguments={"--enable-continuous-cloudwatch-log": "true"})
    run_id = jobs.start(name)
    assert jobs.wait_for_lines(OUTPUT, run_id) == ["to output"]
    assert jobs.wait_for_lines(ERROR, run_id) == ["to error"]
    assert sorted(jobs.wait_for_lines("/aws-glue/jobs/logs-v2", f"{run_id}-driver", least=2)) == [
        "to error",
        "to output",
    ]
    assert jobs.get(name, run_id)["JobRunState"] == "RUNNING"
    jobs.s3.put_object(Bucket=BUCKET, Key="gate-of-logs", Body=b"")
    assert jobs.wait(name, run_id)["JobRunState"] == "SUCCEEDED"


def test_logs_go_where_the_arguments_say(jobs: Jobs) -> None:
    prefix = {"--custom-logGroup-prefix": "/here", "--custom-logStream-prefix": "mine"}
    run = jobs.run(jobs.create("log-prefix", "print('x')", DefaultArguments=prefix))
    assert jobs.lines("/here/output", f"mine-{run['Id']}") == ["x"]
    assert jobs.lines(OUTPUT, run["Id"]) == []
    continuous = {
        "--enable-continuous-cloudwatch-log": "",
        "--continuous-log-logGroup": "/there",
        "--continuous-log-logStreamPrefix": "theirs",
    }
    jobs.run("log-prefix", Arguments=continuous | {"--custom-logGroup-prefix": "/elsewhere"})
    jobs.run(jobs.create("log-group", "print('y')", DefaultArguments=continuous))
    assert jobs.lines("/there", "theirs-driver") == ["y"]


def test_runs_come_in_pages_newest_first(jobs: Jobs) -> None:
    name = jobs.create("paged", "")
    ids = [jobs.run(name)["Id"] for _ in range(3)]
    first = jobs.glue.get_job_runs(JobName=name, MaxResults=2)
    second = jobs.glue.get_job_runs(JobName=name, MaxResults=2, NextToken=first["NextToken"])
    assert [run["Id"] for run in first["JobRuns"] + second["JobRuns"]] == ids[::-1]
    assert "NextToken" not in second
    with pytest.raises(jobs.glue.exceptions.InvalidInputException, match="NextToken"):
        jobs.glue.get_job_runs(JobName=name, NextToken="not-a-token")


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"DefaultArguments": {"--additional-python-modules": "x"}}, "does not support --additional-python-modules"),
        ({"DefaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}}, "does not support job bookmarks"),
        ({"DefaultArguments": {"--job-language": "scala"}}, "runs Python scripts only"),
        ({"DefaultArguments": {"--conf": "nothing"}}, "--conf must read name=value"),
        ({"GlueVersion": "4.0"}, "not Glue 4.0"),
        ({"command": "gluestreaming"}, "not gluestreaming"),
        ({"JobRunQueuingEnabled": True}, "does not support job run queuing"),
    ],
)
def test_what_cannot_run_here_is_refused(
    jobs: Jobs, request: pytest.FixtureRequest, definition: dict[str, Any], message: str
) -> None:
    name = jobs.create("refused-" + str(request.node.callspec.indices["definition"]), "", **definition)
    with pytest.raises(jobs.glue.exceptions.InvalidInputException, match=message):
        jobs.start(name)


def test_a_job_that_was_deleted_leaves_no_runs_to_another_of_its_name(jobs: Jobs) -> None:
    name = jobs.create("again", "")
    jobs.run(name)
    jobs.glue.delete_job(JobName=name)
    jobs.create(name, "")
    assert jobs.glue.get_job_runs(JobName=name)["JobRuns"] == []


def test_an_unknown_job_and_an_unknown_run_are_not_found(jobs: Jobs) -> None:
    jobs.create("known", "")
    with pytest.raises(jobs.glue.exceptions.EntityNotFoundException, match="missing metadata"):
        jobs.start("unknown")
    with pytest.raises(jobs.glue.exceptions.EntityNotFoundException):
        jobs.get("known", "jr_unknown")
    with pytest.raises(jobs.glue.exceptions.EntityNotFoundException):
        jobs.glue.reset_job_bookmark(JobName="known")


def test_a_python_shell_job_runs_with_its_files_and_little_of_the_stages_environment(jobs: Jobs) -> None:
    jobs.s3.put_object(Bucket=BUCKET, Key="one_module.py", Body=b"WORD = 'imported'")
    jobs.s3.put_object(Bucket=BUCKET, Key="table.csv", Body=b"a,b")
    script = """
import boto3, os, pathlib, sys
from one_module import WORD
print(WORD, pathlib.Path(__file__).with_name("table.csv").read_text(), "AWS_STAGE_PORT" in os.environ)
print(boto3.client("sts").get_caller_identity()["Account"])
"""
    files = {"--extra-py-files": f"s3://{BUCKET}/one_module.py", "--extra-files": f"s3://{BUCKET}/table.csv"}
    run = jobs.run(jobs.create("shell", script, "pythonshell", MaxCapacity=1.0, DefaultArguments=files))
    assert run["JobRunState"] == "SUCCEEDED", run["ErrorMessage"]
    assert jobs.lines(OUTPUT, run["Id"]) == ["imported a,b False", "000000000000"]


def test_the_end_of_a_run_is_an_event(jobs: Jobs, stage: RunningStage) -> None:
    events, sqs = stage.client("events"), stage.client("sqs")
    queue = sqs.create_queue(QueueName="glue-events")["QueueUrl"]
    pattern = {"source": ["aws.glue"], "detail-type": ["Glue Job State Change"], "detail": {"jobName": ["told"]}}
    events.put_rule(Name="glue-events", EventPattern=json.dumps(pattern))
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_targets(Rule="glue-events", Targets=[{"Id": "queue", "Arn": arn}])
    run = jobs.run(jobs.create("told", "raise OSError('disk')"))
    [message] = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages"))
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.glue", "Glue Job State Change")
    detail = event["detail"]
    assert (detail["state"], detail["severity"], detail["jobRunId"]) == ("FAILED", "ERROR", run["Id"])
    assert "OSError: disk" in detail["message"]


def test_a_run_past_its_timeout_is_ended(jobs: Jobs, stage: RunningStage, tmp_path: Path) -> None:
    side = SideStage(stage, tmp_path)
    engine = GlueJobs(side)
    engine.start()
    jobs.s3.put_object(Bucket=BUCKET, Key="timeout.py", Body=SLEEP.encode())
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/timeout.py"}

    def call(operation: str, **payload: Any) -> dict[str, Any]:
        return engine.operations["glue", operation](Call("glue", operation, payload))

    call("CreateJob", Name="timeout", Role=ROLE, Command=command, Timeout=60)
    run_id = call("StartJobRun", JobName="timeout", Timeout=5)["JobRunId"]
    pids = [int(word) for word in jobs.wait_for_lines(OUTPUT, run_id)[0].split()]
    side.clock.advance(timedelta(minutes=4, seconds=59))
    time.sleep(0.5)
    run = call("GetJobRun", JobName="timeout", RunId=run_id)["JobRun"]
    assert (run["JobRunState"], run["ExecutionTime"]) == ("RUNNING", 299)
    side.clock.advance(timedelta(seconds=1))
    while (run := call("GetJobRun", JobName="timeout", RunId=run_id)["JobRun"])["JobRunState"] == "RUNNING":
        time.sleep(0.05)
    assert run["JobRunState"] == "TIMEOUT"
    assert run["ErrorMessage"] == "JobRun timed out after 5 minutes"
    assert run["ExecutionTime"] == 300
    assert not any(is_alive(pid) for pid in pids)
    engine.stop()
    assert side.events[-1]["detail"]["state"] == "TIMEOUT"
