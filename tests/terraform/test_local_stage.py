"""The telemetry pipeline on a real stage: applied once, looked at from every side, destroyed without a trace."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_stage.testing.waiting import eventually

from datastreamer.provisioning.cost.telemetry import ALARMS
from datastreamer.provisioning.provisioner import Provisioner
from tests.conftest import RunningStage, free_port, lake_environment
from tests.terraform.lake_samples import Row, put_rows, run_saved_query
from tests.terraform.stage_inventory import inventory

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.stage]

ACCOUNT = "000000000000"


@dataclass
class Applied:
    """A stage of its own with the pipeline on it. ``before`` is what there was before the first apply."""

    stage: RunningStage
    provisioner: Provisioner
    lines: list[str]
    before: dict[str, list[str]]
    outputs: dict[str, Any]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    stage = RunningStage(free_port(), tmp_path_factory.mktemp("applied"))
    stage.start()
    try:
        lines: list[str] = []
        provisioner = Provisioner("local", lake_environment(stage), lines.append)
        before = inventory(stage)
        provisioner.apply()
        yield Applied(stage, provisioner, lines, before, provisioner.output()["telemetry"])
    finally:
        stage.stop()


def test_every_resource_reports_its_creation(applied: Applied) -> None:
    resources = [address for address in applied.provisioner.resources() if ".data." not in address]
    created = [line for line in applied.lines if " created " in line]
    assert len(created) == len(resources)
    assert created[-1].startswith(f"  {len(created)}/{len(created)} ")


def test_nothing_but_the_pipelines_own_resources_appears(applied: Applied) -> None:
    after = inventory(applied.stage)
    assert len(after["alarms"]) == ALARMS
    new = {kind: sorted(set(names) - set(applied.before[kind])) for kind, names in after.items()}
    assert new["streams"] == ["datastreamer-local-stream"]
    assert new["delivery streams"] == ["datastreamer-local-firehose"]
    assert new["jobs"] == new["schedules"] == ["datastreamer-local-temperature-etl"]
    assert new["databases"] == ["datastreamer_local"]
    assert new["tables"] == ["device_telemetry", "device_telemetry_quarantine"]
    assert new["buckets"] == [
        f"datastreamer-local-{name}-{ACCOUNT}"
        for name in ("analytics-bucket", "artifacts", "athena-results", "data-bucket")
    ]


def test_everything_carries_its_project_stage_and_pipeline(applied: Applied) -> None:
    expected = {"PROJECT": "datastreamer", "STAGE": "local", "PIPELINE": "telemetry"}
    stage, region = applied.stage, "ap-northeast-1"
    glue = stage.client("glue")
    assert (
        glue.get_tags(ResourceArn=f"arn:aws:glue:{region}:{ACCOUNT}:job/{applied.outputs['job_name']}")["Tags"]
        == expected
    )
    kinesis = stage.client("kinesis").list_tags_for_stream(StreamName=applied.outputs["stream_name"])["Tags"]
    bucket = stage.client("s3").get_bucket_tagging(Bucket=applied.outputs["data_bucket"])["TagSet"]
    for tags in (kinesis, bucket):
        assert {tag["Key"]: tag["Value"] for tag in tags} == expected


def test_the_job_gets_the_arguments_and_the_code_that_it_needs(applied: Applied) -> None:
    job = applied.stage.client("glue").get_job(JobName=applied.outputs["job_name"])["Job"]
    arguments = job["DefaultArguments"]
    data, analytics = applied.outputs["data_bucket"], applied.outputs["analytics_bucket"]
    assert arguments["--stage"] == "local"
    assert arguments["--raw_path"] == f"s3://{data}/raw_data/device_sensor/"
    assert arguments["--curated_path"] == f"s3://{analytics}/device_telemetry/"
    assert arguments["--quarantine_path"] == f"s3://{analytics}/device_telemetry_quarantine/"
    assert arguments["--state_path"] == f"s3://{analytics}/_state/temperature_etl/"
    assert (job["GlueVersion"], job["WorkerType"], job["ExecutionProperty"]) == (
        "5.1",
        "G.1X",
        {"MaxConcurrentRuns": 1},
    )
    for address in (arguments["--extra-py-files"], job["Command"]["ScriptLocation"]):
        bucket, _, key = address.removeprefix("s3://").partition("/")
        assert applied.stage.client("s3").head_object(Bucket=bucket, Key=key)["ServerSideEncryption"] == "aws:kms"


def test_buckets_refuse_the_public_and_plain_http(applied: Applied) -> None:
    s3 = applied.stage.client("s3")
    for name in ("data_bucket", "analytics_bucket", "artifacts_bucket", "results_bucket"):
        bucket = applied.outputs[name]
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        assert {statement["Effect"] for statement in statements} == {"Deny"}
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_no_secret_is_in_the_state(applied: Applied) -> None:
    state = (applied.provisioner.workspace.folder / "terraform.tfstate").read_text()
    for attribute in ('"secret', '"password', "AWS_SECRET_ACCESS_KEY", "PRIVATE KEY"):
        assert attribute not in state


def test_saved_queries_answer_and_read_no_other_day(applied: Applied) -> None:
    now = _a_quiet_moment()
    for back in (0, 1):
        _put_day(applied, now, back)
    put_rows(applied.stage, applied.outputs["analytics_bucket"], "device_telemetry_quarantine", now, _rejected(now))
    answers = {name: _ask(applied, name) for name in applied.outputs["query_ids"]}

    averages = answers["average_temperature_today"][0]
    assert [(row["device_id"], round(float(row["avg_temp"]), 6)) for row in averages] == [
        ("warm", 30.0),
        ("spiky", round((60 * 20 + 100) / 61, 6)),
        ("cold", 10.0),
    ]
    trend = answers["hourly_trend"][0]
    assert sum(int(row["readings"]) for row in trend) == len(_readings(now, 0)) + len(_readings(now, 1))
    assert (float(trend[-1]["min_temp"]), float(trend[-1]["max_temp"])) == (9.0, 100.0)
    silent = answers["silent_devices"][0]
    assert [row["device_id"] for row in silent] == ["gone"]
    assert int(silent[0]["silent_minutes"]) >= 60
    anomalies = answers["temperature_anomalies"][0]
    assert [row["event_id"] for row in anomalies] == ["0-spike-60"]
    assert float(anomalies[0]["z_score"]) > 4
    reasons = answers["quarantine_by_reason"][0]
    assert [(row["reason"], row["lines"]) for row in reasons] == [("invalid_json", "2"), ("empty_line", "1")]

    for back in (2, 3, 31, 365):
        _put_day(applied, now, back)
    for name, (_, scanned) in answers.items():
        assert _ask(applied, name)[1] == scanned > 0, f"{name} reads days that it does not ask for"


def test_a_second_plan_shows_no_change_even_after_the_crawler_has_been_there(applied: Applied) -> None:
    assert applied.provisioner.plan().changes == 0
    glue, name = applied.stage.client("glue"), applied.outputs["crawler_name"]
    now = datetime.now(UTC)
    put_rows(applied.stage, applied.outputs["analytics_bucket"], "device_telemetry", now, _readings(now, 0))
    eventually(lambda: _starts(glue, name))
    eventually(lambda: glue.get_crawler(Name=name)["Crawler"]["State"] == "READY")
    assert glue.get_crawler(Name=name)["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"
    partitions = glue.get_partitions(DatabaseName="datastreamer_local", TableName="device_telemetry")["Partitions"]
    assert [f"{now:%Y}", f"{now:%m}", f"{now:%d}"] in [partition["Values"] for partition in partitions]
    assert len(glue.get_tables(DatabaseName="datastreamer_local")["TableList"]) == 2
    assert applied.provisioner.plan().changes == 0


def test_destroy_leaves_nothing_though_there_was_data(applied: Applied) -> None:
    assert applied.provisioner.destroy() > 0
    assert applied.provisioner.resources() == []
    assert inventory(applied.stage) == applied.before


def _starts(glue: Any, crawler: str) -> bool:
    """Whether the crawler starts; it does not while a crawl by its schedule is on."""
    try:
        glue.start_crawler(Name=crawler)
    except glue.exceptions.CrawlerRunningException:
        return False
    return True


def _a_quiet_moment() -> datetime:
    """Now in UTC, unless midnight is near: the queries ask for today, and it must be the same day all along."""
    now = datetime.now(UTC)
    left = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0) - now
    if left < timedelta(minutes=2):
        time.sleep(left.total_seconds() + 1)
        now = datetime.now(UTC)
    return now


def _put_day(applied: Applied, now: datetime, back: int) -> None:
    bucket, day = applied.outputs["analytics_bucket"], now - timedelta(days=back)
    put_rows(applied.stage, bucket, "device_telemetry", day, _readings(now, back))


def _ask(applied: Applied, name: str) -> tuple[list[Row], int]:
    return run_saved_query(applied.stage, applied.outputs["query_ids"][name], applied.outputs["workgroup_name"])


def _readings(now: datetime, back: int) -> list[Row]:
    """One day's readings.

    ``warm`` averages 30 degrees, ``cold`` 10, ``spiky`` has 20 but for one 100, and ``gone`` sent until yesterday.
    """
    moment = (now - timedelta(days=back)).replace(tzinfo=None)

    def reading(device: str, number: int, temperature: float) -> Row:
        name = f"{back}-{device}-{number}"
        return {"event_id": name, "device_id": device, "event_time": moment, "temperature": temperature}

    rows = [reading(name, i, mean + (-1) ** i) for name, mean in (("warm", 30.0), ("cold", 10.0)) for i in range(40)]
    rows += [reading("spiky", i, 20.0) for i in range(60)] + [reading("spike", 60, 100.0) | {"device_id": "spiky"}]
    return rows + ([reading("gone", i, 15.0) for i in range(5)] if back else [])


def _rejected(now: datetime) -> list[Row]:
    moment = now.replace(tzinfo=None)
    common = {"source_object": "raw", "ingest_time": moment, "run_id": "run"}
    return [
        {"reason": "invalid_json", "line": "{", "line_number": 1, **common},
        {"reason": "invalid_json", "line": "[", "line_number": 2, **common},
        {"reason": "empty_line", "line": "", "line_number": 3, **common},
    ]
