"""Delivery streams for the contract tests: how they are made and what they delivered."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/firehose"


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


def new_name() -> str:
    return f"fh-{uuid.uuid4().hex[:8]}"


def destination(bucket: str, **changes: Any) -> dict[str, Any]:
    return {
        "RoleARN": ROLE,
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 1},
        **changes,
    }


def new_stream(kinesis: Any, name: str, shards: int = 1) -> str:
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    arn: str = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    return arn


def create_from_kinesis(firehose: Any, name: str, arn: str, config: dict[str, Any], **request: Any) -> None:
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": ROLE},
        ExtendedS3DestinationConfiguration=config,
        **request,
    )


def describe(firehose: Any, name: str) -> dict[str, Any]:
    description: dict[str, Any] = firehose.describe_delivery_stream(DeliveryStreamName=name)[
        "DeliveryStreamDescription"
    ]
    return description


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """The code and the message with which a call is refused."""
    with pytest.raises(ClientError) as error:
        call(**request)
    details = error.value.response["Error"]
    return details["Code"], details["Message"]
