"""A disk that takes no more: calls say so, health says so until it works again, and nothing acknowledged is lost.

A limit on the size of files stands for the full disk: every write that would make a file grow past it is refused.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from aws_stage.testing.waiting import PATIENCE
from botocore.exceptions import ClientError

from contract.stage_session import bucket

pytestmark = pytest.mark.stage

NewStage = Callable[..., RunningStage]
KEYS = [{"AttributeName": "device", "KeyType": "HASH"}]
KEY_TYPES = [{"AttributeName": "device", "AttributeType": "S"}]
FULL = 1


def _limit(stage: RunningStage, size: int) -> None:
    assert stage.process is not None
    resource.prlimit(stage.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _health(stage: RunningStage) -> Any:
    with urllib.request.urlopen(f"{stage.endpoint_url}/_aws_stage/health", timeout=PATIENCE) as answer:
        return json.load(answer)


def _status(stage: RunningStage) -> str:
    command = [sys.executable, "-m", "aws_stage", "status"]
    return subprocess.run(command, env=stage.environment, capture_output=True, text=True, check=True).stdout


def test_what_the_disk_refuses_is_said_by_the_call_and_by_health_until_it_works_again(new_stage: NewStage) -> None:
    stage = new_stage()
    kinesis, s3, dynamodb, sqs, logs = (
        stage.client(name, attempts=1) for name in ("kinesis", "s3", "dynamodb", "sqs", "logs")
    )
    kinesis.create_stream(StreamName="stream", ShardCount=1)
    bucket(s3, "bucket")
    queue = sqs.create_queue(QueueName="queue")["QueueUrl"]
    dynamodb.create_table(
        TableName="table", KeySchema=KEYS, AttributeDefinitions=KEY_TYPES, BillingMode="PAY_PER_REQUEST"
    )
    logs.create_log_group(logGroupName="/group")
    logs.create_log_stream(logGroupName="/group", logStreamName="stream")
    s3.put_object(Bucket="bucket", Key="before", Body=b"kept")

    def write_everywhere() -> dict[str, Callable[[], Any]]:
        event = {"timestamp": 1_900_000_000_000, "message": "m"}
        item = {"device": {"S": "d"}, "text": {"S": "x" * 20_000}}
        return {
            "kinesis": lambda: kinesis.put_record(StreamName="stream", Data=b"r", PartitionKey="k"),
            "s3": lambda: s3.put_object(Bucket="bucket", Key="refused", Body=b"body"),
            "dynamodb": lambda: dynamodb.put_item(TableName="table", Item=item),
            "sqs": lambda: sqs.send_message(QueueUrl=queue, MessageBody="x" * 20_000),
            "log-events": lambda: logs.put_log_events(logGroupName="/group", logStreamName="stream", logEvents=[event]),
            "ssm": lambda: stage.client("ssm", attempts=1).put_parameter(
                Name="parameter", Value="value", Type="String", Overwrite=True
            ),
            "glue_jobs": lambda: stage.client("glue", attempts=1).create_job(
                Name="job", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://bucket/" + "k" * 20_000}
            ),
        }

    _limit(stage, FULL)
    for store, write in write_everywhere().items():
        with pytest.raises(ClientError) as refused:
            write()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500, store
        message = refused.value.response["Error"]["Message"]
        assert "File too large" in message or "disk" in message.lower(), (store, message)
        assert store in {each["store"] for each in _health(stage)["disk"]["failing"]}, store
    assert _health(stage)["status"] == "degraded"
    said = _status(stage)
    assert "degraded" in said
    assert "kinesis cannot write since" in said

    _limit(stage, resource.RLIM_INFINITY)
    for write in write_everywhere().values():
        write()
    failing = {each["store"] for each in _health(stage)["disk"]["failing"]}
    assert failing.isdisjoint(write_everywhere())
    stage.stop()
    stage.start()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["before", "refused"]
    assert s3.get_object(Bucket="bucket", Key="refused")["Body"].read() == b"body"
    assert dynamodb.scan(TableName="table")["Count"] == 1
