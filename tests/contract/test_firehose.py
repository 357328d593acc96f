"""The firehose engine as AWS's clients see it."""

from __future__ import annotations

import gzip
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import REGION, RunningStage

pytestmark = pytest.mark.stage

ROLE = "arn:aws:iam::000000000000:role/firehose"


def wait_for(condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first truthy answer of ``condition``; fails the test when none comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.05)
    pytest.fail("waited in vain")


def new_bucket(stage: RunningStage) -> str:
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    stage.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def objects(stage: RunningStage, bucket: str, prefix: str = "") -> dict[str, bytes]:
    """Key to body, gunzipped where the key says so."""
    s3 = stage.client("s3")
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            found[item["Key"]] = gzip.decompress(body) if item["Key"].endswith(".gz") else body
    return found


def test_a_kinesis_record_arrives_in_a_gzip_object_under_the_evaluated_prefix(stage: RunningStage) -> None:
    kinesis, firehose, bucket = stage.client("kinesis"), stage.client("firehose"), new_bucket(stage)
    name = f"fh-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=2)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": ROLE},
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "Prefix": "raw/!{timestamp:yyyy/MM/dd/HH}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 1},
        },
    )
    kinesis.put_records(
        StreamName=name, Records=[{"Data": f"{i}\n".encode(), "PartitionKey": str(i)} for i in range(100)]
    )
    found = wait_for(lambda: objects(stage, bucket))
    assert sorted(b"".join(found.values()).split()) == sorted(str(i).encode() for i in range(100))
    (key,) = found
    assert re.fullmatch(
        rf"raw/\d{{4}}/\d\d/\d\d/\d\d/{name}-1-\d{{4}}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9a-f-]{{36}}\.gz", key
    )
    firehose.delete_delivery_stream(DeliveryStreamName=name)
