"""Schedules fire their targets, once, when they are due by a clock that the test owns.

The schedules begin in 2150, so that the stage's own scheduler, which follows the machine's clock, leaves them alone.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.scheduler.engine import Scheduler
from aws_stage.kernel.engine import AwsError, Call
from aws_stage.testing import RunningStage
from aws_stage.testing.ml_pipelines import MlPipelines, compares, condition, definition

from contract.crawls import Lake, json_lines
from contract.glue_job_runs import Jobs
from contract.side_stage import ManualClock, SideStage

pytestmark = pytest.mark.stage

NOON = datetime(2150, 10, 15, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::000000000000:role/scheduler"


class Bench:
    """A scheduler in this process, its clock at noon, and the schedules of one test."""

    def __init__(self, stage: RunningStage, directory: Path) -> None:
        self.stage = stage
        self.side = SideStage(stage, directory, ManualClock(NOON))
        self.engine = Scheduler(self.side)
        self.scheduler = stage.client("scheduler")
        self.sqs = stage.client("sqs")

    def restart(self) -> None:
        """A new engine on the same store, as after a restart of the stage."""
        self.engine = Scheduler(self.side)

    def at(self, moment: datetime) -> None:
        """Let the engine look at the clock at ``moment``."""
        self.side.clock.advance(moment - self.side.clock.now())
        self.engine.tick()

    def queue(self, name: str) -> str:
        """A new queue; returns its ARN."""
        self.sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:ap-northeast-1:000000000000:{name}"

    def received(self, arn: str) -> list[Any]:
        """The messages in a queue, taken from it: JSON bodies parsed, with their attributes when they have any."""
        url = self.sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        found: list[Any] = []
        while messages := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                marks = message.get("MessageAttributes")
                body = json.loads(message["Body"])
                found.append((body, {k: v["StringValue"] for k, v in marks.items()}) if marks else body)
        return found

    def schedule(self, name: str, expression: str, target: dict[str, Any], **more: Any) -> None:
        """A schedule that begins at noon."""
        self.scheduler.create_schedule(
            **{
                "Name": name,
                "ScheduleExpression": expression,
                "StartDate": NOON,
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"RoleArn": ROLE, **target},
                **more,
            }
        )


@pytest.fixture
def bench(stage: RunningStage, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(stage, tmp_path)
    yield bench
    for schedule in bench.scheduler.list_schedules(MaxResults=100)["Schedules"]:
        bench.scheduler.delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def test_a_rate_starts_a_glue_job_run_each_time_it_is_due(bench: Bench) -> None:
    jobs = Jobs(bench.stage)
    name = jobs.create("on-schedule", "", ExecutionProperty={"MaxConcurrentRuns": 5})
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
        "Input": json.dumps({"JobName": name, "Arguments": {"--from": "schedule"}}),
    }
    bench.schedule("etl", "rate(15 minutes)", target)
    runs = []
    for moment in (minutes(-1), minutes(0), minutes(0.5), minutes(14.9), minutes(15), minutes(30)):
        bench.at(moment)
        runs.append(len(jobs.glue.get_job_runs(JobName=name)["JobRuns"]))
    assert runs == [0, 1, 1, 1, 2, 3]
    assert jobs.glue.get_job_runs(JobName=name)["JobRuns"][0]["Arguments"] == {"--from": "schedule"}


def test_a_pipeline_of_sagemaker_is_started_by_both_kinds_of_target(bench: Bench) -> None:
    pipelines = MlPipelines(bench.stage)
    text = definition([condition("A", compares(1, "Equals", 1))], [{"Name": "Days", "Type": "Integer"}])
    name = pipelines.pipeline(text)
    arn = pipelines.sagemaker.describe_pipeline(PipelineName=name)["PipelineArn"]
    given = [{"Name": "Days", "Value": "7"}]
    universal = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution",
        "Input": json.dumps({"PipelineName": name, "PipelineParameters": given}),
    }
    bench.schedule("universal", "rate(1 day)", universal)
    bench.schedule(
        "templated", "rate(1 day)", {"Arn": arn, "SageMakerPipelineParameters": {"PipelineParameterList": given}}
    )
    bench.at(minutes(0))
    executions = pipelines.sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    assert len(executions) == 2
    for each in executions:
        assert pipelines.ended(each["PipelineExecutionArn"])["PipelineExecutionStatus"] == "Succeeded"
        found = pipelines.sagemaker.list_pipeline_parameters_for_execution(
            PipelineExecutionArn=each["PipelineExecutionArn"]
        )
        assert found["PipelineParameters"] == given


def test_a_restart_fires_nothing_twice_and_makes_up_for_nothing(bench: Bench) -> None:
    queue = bench.queue("restarted")
    bench.schedule("restarted", "rate(15 minutes)", {"Arn": queue, "Input": '"tick"'})
    bench.at(minutes(0))
    bench.restart()
    bench.at(minutes(0.5))
    assert bench.received(queue) == ["tick"]
    bench.restart()
    bench.at(minutes(50))
    assert bench.received(queue) == []
    bench.at(minutes(60))
    assert bench.received(queue) == ["tick"]
    bench.restart()
    bench.at(minutes(75.5))
    assert bench.received(queue) == ["tick"]


def test_cron_and_at_are_due_in_their_time_zone(bench: Bench) -> None:
    queue = bench.queue("zones")
    for name, expression, zone in (
        ("tokyo", "cron(30 21 * * ? *)", "Asia/Tokyo"),
        ("utc", "cron(30 21 * * ? *)", "UTC"),
        ("paris", "at(2150-10-15T14:30:00)", "Europe/Paris"),
    ):
        target = {"Arn": queue, "Input": f'"{name}"'}
        bench.schedule(name, expression, target, ScheduleExpressionTimezone=zone)
    bench.at(NOON)
    bench.at(minutes(29))
    assert bench.received(queue) == []
    bench.at(minutes(30))
    assert sorted(bench.received(queue)) == ["paris", "tokyo"]


def test_a_disabled_schedule_is_silent_until_it_is_enabled(bench: Bench) -> None:
    queue = bench.queue("disabled")
    target = {"RoleArn": ROLE, "Arn": queue, "Input": '"tick"'}
    bench.schedule("disabled", "rate(10 minutes)", target, State="DISABLED")
    for number in (0, 5, 10):
        bench.at(minutes(number))
    assert bench.received(queue) == []
    bench.scheduler.update_schedule(
        Name="disabled",
        ScheduleExpression="rate(10 minutes)",
        StartDate=NOON,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
        State="ENABLED",
    )
    bench.at(minutes(10.5))
    assert bench.received(queue) == []
    bench.at(minutes(20))
    assert bench.received(queue) == ["tick"]


def test_a_changed_expression_counts_from_the_change(bench: Bench) -> None:
    queue = bench.queue("changed")
    target = {"RoleArn": ROLE, "Arn": queue, "Input": '"tick"'}
    bench.schedule("changed", "rate(60 minutes)", target)
    bench.at(minutes(0))
    assert bench.received(queue) == ["tick"]
    bench.scheduler.update_schedule(
        Name="changed",
        ScheduleExpression="cron(20 * * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    bench.at(minutes(19))
    bench.at(minutes(20))
    bench.at(minutes(60))
    assert bench.received(queue) == ["tick"]


def test_a_schedule_ends_at_its_end_date_and_goes_when_it_says_so(bench: Bench) -> None:
    queue = bench.queue("ending")
    target = {"Arn": queue, "Input": '"tick"'}
    bench.schedule("ending", "rate(10 minutes)", target, EndDate=minutes(15), ActionAfterCompletion="DELETE")
    bench.schedule("once", "at(2150-10-15T12:10:00)", target, ActionAfterCompletion="DELETE")
    bench.schedule("kept", "at(2150-10-15T12:10:00)", target)
    for number in (0, 10, 20, 30):
        bench.at(minutes(number))
    assert bench.received(queue) == ["tick"] * 4
    listed = {schedule["Name"] for schedule in bench.scheduler.list_schedules()["Schedules"]}
    assert listed & {"ending", "once", "kept"} == {"kept"}


def test_a_target_that_fails_is_tried_again_and_then_given_to_the_dead_letter_queue(bench: Bench) -> None:
    """A job that is always running refuses a second run."""
    jobs = Jobs(bench.stage)
    name = jobs.create("busy", "import time; time.sleep(300)")
    run_id = jobs.start(name)
    dead = bench.queue("dead")
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
        "Input": json.dumps({"JobName": name}),
        "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600},
        "DeadLetterConfig": {"Arn": dead},
    }
    bench.schedule("busy", "at(2150-10-15T12:00:00)", target, ActionAfterCompletion="DELETE", StartDate=minutes(-5))
    bench.at(minutes(-1))
    bench.at(NOON)
    bench.at(NOON + timedelta(seconds=1))
    assert bench.received(dead) == []
    assert bench.scheduler.get_schedule(Name="busy")["State"] == "ENABLED"
    bench.at(NOON + timedelta(seconds=3))
    [(body, marks)] = bench.received(dead)
    assert body == {"JobName": name}
    assert marks["ERROR_CODE"] == "ConcurrentRunsExceededException"
    assert marks["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert marks["RETRY_ATTEMPTS"] == "2"
    assert marks["SCHEDULED_TIME"] == "2150-10-15T12:00:00Z"
    assert marks["TARGET_ARN"] == target["Arn"]
    bench.at(minutes(1))
    with pytest.raises(bench.scheduler.exceptions.ResourceNotFoundException):
        bench.scheduler.get_schedule(Name="busy")
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])


def test_a_retry_that_succeeds_is_the_last(bench: Bench) -> None:
    jobs = Jobs(bench.stage)
    name = jobs.create("freed", "import time; time.sleep(300)")
    run_id = jobs.start(name)
    arn = "arn:aws:scheduler:::aws-sdk:glue:startJobRun"
    bench.schedule("freed", "rate(1 hour)", {"Arn": arn, "Input": json.dumps({"JobName": name})})
    bench.at(NOON)
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    jobs.wait(name, run_id)
    for seconds in (1, 3, 7, 15):
        bench.at(NOON + timedelta(seconds=seconds))
    runs = [run["Id"] for run in jobs.glue.get_job_runs(JobName=name)["JobRuns"]]
    assert len(runs) == 2
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=runs)


@pytest.mark.parametrize(
    ("arn", "text", "policy", "marks"),
    [
        ("arn:aws:scheduler:::aws-sdk:glue:startJobRun", '{"JobName": "nobody"}', {}, "EntityNotFoundException"),
        ("arn:aws:scheduler:::aws-sdk:glue:startJobRun", "{}", {}, "ParamValidationError"),
        ("arn:aws:scheduler:::aws-sdk:glue:flyToTheMoon", "{}", {}, "InvalidTarget"),
        ("arn:aws:ecs:ap-northeast-1:000000000000:cluster/c", "{}", {}, "InvalidTarget"),
    ],
)
def test_what_will_fail_every_time_is_not_tried_again(
    bench: Bench, arn: str, text: str, policy: dict[str, int], marks: str
) -> None:
    dead = bench.queue("final")
    target = {"Arn": arn, "Input": text, "RetryPolicy": policy, "DeadLetterConfig": {"Arn": dead}}
    bench.schedule("final", "rate(1 hour)", target)
    bench.at(NOON)
    [(body, found)] = bench.received(dead)
    assert (body, found["ERROR_CODE"], found["RETRY_ATTEMPTS"]) == (json.loads(text), marks, "0")
    assert "EXHAUSTED_RETRY_CONDITION" not in found


def test_an_event_that_is_too_old_is_given_up(bench: Bench) -> None:
    jobs = Jobs(bench.stage)
    name = jobs.create("too-old", "import time; time.sleep(300)")
    run_id = jobs.start(name)
    dead = bench.queue("too-old")
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
        "Input": json.dumps({"JobName": name}),
        "RetryPolicy": {"MaximumEventAgeInSeconds": 60},
        "DeadLetterConfig": {"Arn": dead},
    }
    bench.schedule("too-old", "rate(1 hour)", target)
    for seconds in (0, 1, 3, 7, 15, 31):
        bench.at(NOON + timedelta(seconds=seconds))
    [(_, marks)] = bench.received(dead)
    assert (marks["EXHAUSTED_RETRY_CONDITION"], marks["RETRY_ATTEMPTS"]) == ("MaximumEventAgeInSeconds", "5")
    jobs.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])


def test_the_input_carries_what_the_schedule_knows(bench: Bench) -> None:
    queue = bench.queue("context")
    text = json.dumps({"at": "<aws.scheduler.scheduled-time>", "n": "<aws.scheduler.attempt-number>"})
    bench.schedule("context", "rate(1 hour)", {"Arn": queue, "Input": text})
    bench.schedule("bare", "cron(5 12 * * ? *)", {"Arn": queue})
    bench.at(NOON)
    assert bench.received(queue) == [{"at": "2150-10-15T12:00:00Z", "n": "0"}]
    bench.at(minutes(5))
    [event] = bench.received(queue)
    assert (event["source"], event["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert event["resources"][0].endswith(":schedule/default/bare")


def test_the_templated_targets_are_invoked(bench: Bench) -> None:
    queue = bench.queue("targets")
    sns, kinesis, functions = (bench.stage.client(name) for name in ("sns", "kinesis", "lambda"))
    topic = sns.create_topic(Name="targets")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    kinesis.create_stream(StreamName="targets", ShardCount=1)
    stream = kinesis.describe_stream_summary(StreamName="targets")["StreamDescriptionSummary"]["StreamARN"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        url = bench.sqs.get_queue_url(QueueName="targets")["QueueUrl"]
        send = f"boto3.client('sqs').send_message(QueueUrl={url!r}, MessageBody=json.dumps(event))"
        code = f"import boto3, json\ndef handle(event, context):\n    {send}\n"
        archive.writestr("code.py", code)
    function = functions.create_function(
        FunctionName="targets",
        Runtime="python3.11",
        Role=ROLE,
        Handler="code.handle",
        Timeout=60,
        Code={"ZipFile": package.getvalue()},
    )["FunctionArn"]
    bench.schedule("topic", "rate(1 hour)", {"Arn": topic, "Input": '"by topic"'})
    bench.schedule("function", "rate(1 hour)", {"Arn": function, "Input": '"by function"'})
    parameters = {"PartitionKey": "key"}
    bench.schedule("stream", "rate(1 hour)", {"Arn": stream, "Input": '"by stream"', "KinesisParameters": parameters})
    bench.at(NOON)
    found: list[str] = []
    while len(found) < 2:
        found += bench.received(queue)
        time.sleep(0.05)
    assert sorted(found) == ["by function", "by topic"]
    iterator = kinesis.get_shard_iterator(
        StreamName="targets", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    [record] = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b'"by stream"', "key")


def test_a_crawlers_schedule_starts_its_crawls(bench: Bench) -> None:
    lake = Lake(bench.stage, "timed-crawls")
    lake.put({"data/a.json": json_lines({"a": 1})})
    lake.create("data/", Schedule="cron(10 * * * ? 2150)")
    bench.at(NOON)
    assert lake.glue.list_crawls(CrawlerName=lake.name)["Crawls"] == []
    bench.at(minutes(10))
    while lake.glue.get_crawler(Name=lake.name)["Crawler"]["State"] != "READY":
        time.sleep(0.02)
    assert lake.tables() == ["data"]
    lake.glue.stop_crawler_schedule(CrawlerName=lake.name)
    bench.at(minutes(60))
    bench.at(minutes(70))
    assert len(lake.glue.list_crawls(CrawlerName=lake.name)["Crawls"]) == 1
    lake.glue.start_crawler_schedule(CrawlerName=lake.name)
    bench.at(minutes(120))
    bench.at(minutes(130))
    assert len(lake.glue.list_crawls(CrawlerName=lake.name)["Crawls"]) == 2


def test_triggers_start_their_jobs_by_the_clock_and_on_demand(bench: Bench) -> None:
    jobs = Jobs(bench.stage)
    name = jobs.create("triggered", "", ExecutionProperty={"MaxConcurrentRuns": 9})

    def call(operation: str, **payload: Any) -> dict[str, Any]:
        return bench.engine.operations["glue", operation](Call("glue", operation, payload))

    def runs() -> list[str]:
        return [run["Arguments"]["--by"] for run in jobs.glue.get_job_runs(JobName=name)["JobRuns"]]

    timed = [{"JobName": name, "Arguments": {"--by": "clock"}}]
    manual = [{"JobName": name, "Arguments": {"--by": "hand"}}]
    call("CreateTrigger", Name="timed", Type="SCHEDULED", Schedule="cron(10 * * * ? *)", Actions=timed)
    call("CreateTrigger", Name="manual", Type="ON_DEMAND", Actions=manual)
    bench.at(minutes(0))
    bench.at(minutes(10))
    assert runs() == []
    call("StartTrigger", Name="timed")
    call("StartTrigger", Name="manual")
    assert runs() == ["hand"]
    bench.at(minutes(60))
    bench.at(minutes(70))
    assert sorted(runs()) == ["clock", "hand"]
    call("StopTrigger", Name="timed")
    bench.at(minutes(120))
    bench.at(minutes(130))
    assert len(runs()) == 2
    assert call("GetTrigger", Name="timed")["Trigger"]["State"] == "DEACTIVATED"
    assert call("ListTriggers", DependentJobName=name)["TriggerNames"] == ["manual", "timed"]
    for refused in (
        {"Type": "CONDITIONAL", "Predicate": {}},
        {"Type": "SCHEDULED", "Schedule": "rate(5 minutes)"},
        {"Type": "SCHEDULED", "Schedule": "cron(0)"},
        {"Type": "ON_DEMAND", "StartOnCreation": True},
    ):
        with pytest.raises(AwsError, match="InvalidInputException"):
            call("CreateTrigger", Name="refused", Actions=timed, **refused)


def test_a_trigger_comes_back_as_it_was_written(stage: RunningStage) -> None:
    glue = stage.client("glue")
    actions = [{"JobName": "any", "Arguments": {"--a": "1"}, "Timeout": 5}]
    for number in range(3):
        glue.create_trigger(
            Name=f"kept-{number}",
            Type="SCHEDULED",
            Schedule="cron(0 0 1 1 ? 2199)",
            StartOnCreation=number == 0,
            Description="words",
            Actions=actions,
            Tags={"kept": str(number)},
        )
    trigger = glue.get_trigger(Name="kept-0")["Trigger"]
    assert (trigger["State"], trigger["Description"], trigger["Actions"]) == ("ACTIVATED", "words", actions)
    glue.update_trigger(Name="kept-0", TriggerUpdate={"Schedule": "cron(0 1 1 1 ? 2199)"})
    changed = glue.get_trigger(Name="kept-0")["Trigger"]
    assert changed == trigger | {"Schedule": "cron(0 1 1 1 ? 2199)"}
    assert glue.list_triggers(Tags={"kept": "1"})["TriggerNames"] == ["kept-1"]
    pages = glue.get_paginator("get_triggers").paginate(DependentJobName="any", PaginationConfig={"PageSize": 2})
    assert [trigger["Name"] for page in pages for trigger in page["Triggers"]] == ["kept-0", "kept-1", "kept-2"]
    answer = glue.batch_get_triggers(TriggerNames=["kept-2", "nobody"])
    assert ([found["Name"] for found in answer["Triggers"]], answer["TriggersNotFound"]) == (["kept-2"], ["nobody"])
    glue.delete_trigger(Name="kept-0")
    arn = "arn:aws:glue:ap-northeast-1:000000000000:trigger/kept-0"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {}
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_trigger(Name="kept-0")


def test_the_stage_fires_by_itself_and_only_once(bench: Bench) -> None:
    queue = bench.queue("by-itself")
    bench.scheduler.create_schedule(
        Name="by-itself",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"RoleArn": ROLE, "Arn": queue, "Input": '"now"'},
    )
    while not (found := bench.received(queue)):
        time.sleep(0.1)
    time.sleep(2.5)
    assert found + bench.received(queue) == ["now"]


@pytest.mark.parametrize(
    ("expression", "zone"),
    [("cron(0 10 * * * *)", "UTC"), ("rate(0 minutes)", "UTC"), ("rate(5 minutes)", "Mars/Olympus")],
)
def test_a_schedule_that_would_never_fire_is_refused(bench: Bench, expression: str, zone: str) -> None:
    queue = bench.queue("never")
    with pytest.raises(bench.scheduler.exceptions.ValidationException, match="Invalid Schedule Expression"):
        bench.schedule("never", expression, {"Arn": queue}, ScheduleExpressionTimezone=zone)
    bench.schedule("good", "rate(5 minutes)", {"Arn": queue})
    with pytest.raises(bench.scheduler.exceptions.ValidationException, match="Invalid Schedule Expression"):
        bench.scheduler.update_schedule(
            Name="good",
            ScheduleExpression=expression,
            ScheduleExpressionTimezone=zone,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"RoleArn": ROLE, "Arn": queue},
        )
