"""The pipeline's state, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.aws.status import Part
from datastreamer.telemetry.names import Names
from datastreamer.telemetry.status import stage_parts

NAMES = Names("test", "123456789012")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="ap-northeast-1")


def parts_by_name(aws: Any) -> dict[str, Part]:
    return {part.name: part for part in stage_parts(NAMES.stage, NAMES.account_id, aws, datetime.now(UTC))}


def test_a_stage_that_was_never_applied_is_missing_in_every_part(aws: Any) -> None:
    parts = parts_by_name(aws)
    assert {part.state for part in parts.values()} == {"MISSING"}
    assert not any(part.healthy for part in parts.values())


def test_a_stream_shows_its_shards_and_mode(aws: Any) -> None:
    aws("kinesis").create_stream(StreamName=NAMES.stream, ShardCount=3)
    stream = parts_by_name(aws)["stream"]
    assert stream.healthy
    assert stream.detail == "3 shards, provisioned, keeps 24 h"


def test_a_job_that_never_ran_is_no_fault(aws: Any) -> None:
    aws("glue").create_job(Name=NAMES.job, Role="role", Command={"Name": "glueetl"})
    assert parts_by_name(aws)["job"].state == "NEVER RUN"
    assert parts_by_name(aws)["job"].healthy


def test_a_table_that_the_catalogue_lost_is_missing(aws: Any) -> None:
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": NAMES.database})
    place = {"Location": "s3://bucket/device_telemetry/"}
    glue.create_table(DatabaseName=NAMES.database, TableInput={"Name": "device_telemetry", "StorageDescriptor": place})
    parts = stage_parts(NAMES.stage, NAMES.account_id, aws, datetime.now(UTC))
    assert [(part.resource, part.state, part.healthy) for part in parts if part.name == "table"] == [
        ("device_telemetry", "there", True),
        ("device_telemetry_quarantine", "MISSING", False),
    ]


def test_an_alarm_that_rings_is_a_fault_and_one_that_does_not_is_silent(aws: Any) -> None:
    cloudwatch = aws("cloudwatch")
    for name in ("datastreamer-test-late", "datastreamer-test-fine", "datastreamer-other-late"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="m",
            Namespace="n",
            Period=60,
            EvaluationPeriods=1,
            Statistic="Sum",
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    for name in ("datastreamer-test-late", "datastreamer-other-late"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="iterator age 900 s")
    alarms = [
        part for part in stage_parts(NAMES.stage, NAMES.account_id, aws, datetime.now(UTC)) if part.name == "alarm"
    ]
    assert [(part.resource, part.healthy, part.detail) for part in alarms] == [
        ("datastreamer-test-late", False, "iterator age 900 s")
    ]
