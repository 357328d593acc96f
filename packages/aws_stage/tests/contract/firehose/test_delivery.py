"""Records on their way through a running stage: from Kinesis and DirectPut to S3, Lambda and CloudWatch."""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.waiting import eventually

from contract.firehose.delivery_streams import (
    ROLE,
    create_from_kinesis,
    destination,
    new_name,
    new_stream,
    objects,
    refused,
)

pytestmark = pytest.mark.stage


def test_a_newline_is_added_to_every_record_also_to_one_that_has_it(
    stage: RunningStage, firehose: Any, bucket: str
) -> None:
    kinesis, name = stage.client("kinesis"), new_name()
    arn = new_stream(kinesis, name)
    processor = {
        "Type": "AppendDelimiterToRecord",
        "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
    }
    config = destination(bucket, ProcessingConfiguration={"Enabled": True, "Processors": [processor]})
    create_from_kinesis(firehose, name, arn, config)
    for data in (b"bare", b"ended\n", b"two\nlines"):
        kinesis.put_record(StreamName=name, Data=data, PartitionKey="one")
    whole = b"bare\nended\n\ntwo\nlines\n"
    body = eventually(lambda: len(found := b"".join(objects(stage, bucket).values())) >= len(whole) and found)
    assert body == whole
    firehose.delete_delivery_stream(DeliveryStreamName=name)


def test_records_that_the_kpl_aggregated_are_delivered_one_by_one(
    stage: RunningStage, firehose: Any, bucket: str
) -> None:
    kinesis, name = stage.client("kinesis"), new_name()
    create_from_kinesis(firehose, name, new_stream(kinesis, name), destination(bucket))
    members = [b"\x08\x00\x1a\x02%d\n" % number for number in (1, 2)]
    message = b"\n\x03key" + b"".join(b"\x1a" + bytes([len(member)]) + member for member in members)
    packed = b"\xf3\x89\x9a\xc2" + message + hashlib.md5(message, usedforsecurity=False).digest()
    for data in (packed, b"3\n"):
        kinesis.put_record(StreamName=name, Data=data, PartitionKey="one")
    body = eventually(lambda: (found := b"".join(objects(stage, bucket).values())).endswith(b"3\n") and found)
    assert body == b"1\n2\n3\n"
    firehose.delete_delivery_stream(DeliveryStreamName=name)


def test_kinesis_records_arrive_in_gzip_objects_under_the_evaluated_prefix(
    stage: RunningStage, firehose: Any, bucket: str
) -> None:
    kinesis, name = stage.client("kinesis"), new_name()
    arn = new_stream(kinesis, name, shards=2)
    create_from_kinesis(
        firehose,
        name,
        arn,
        destination(
            bucket,
            Prefix="raw/!{timestamp:yyyy/MM/dd/HH}/",
            ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
            CompressionFormat="GZIP",
        ),
    )
    sent = [b"%d\n" % n for n in range(100)]
    kinesis.put_records(StreamName=name, Records=[{"Data": data, "PartitionKey": str(data)} for data in sent])
    eventually(lambda: len(b"".join(objects(stage, bucket).values()).splitlines()) >= len(sent))
    found = objects(stage, bucket)
    assert sorted(b"".join(found.values()).splitlines(keepends=True)) == sorted(sent)
    time_in_key = r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d"
    for key in found:
        assert re.fullmatch(rf"raw/\d{{4}}/\d\d/\d\d/\d\d/{name}-1-{time_in_key}-[0-9a-f-]{{36}}\.gz", key)
    assert refused(firehose.put_record, DeliveryStreamName=name, Record={"Data": b"x"}) == (
        "InvalidArgumentException",
        "This operation is not permitted on KinesisStreamAsSource delivery stream type.",
    )
    firehose.delete_delivery_stream(DeliveryStreamName=name)


@pytest.mark.parametrize(("position", "expected"), [("LATEST", b"new"), ("TRIM_HORIZON", b"oldnew")])
def test_a_kinesis_source_begins_where_the_start_tag_says(
    stage: RunningStage, firehose: Any, bucket: str, position: str, expected: bytes
) -> None:
    kinesis, name = stage.client("kinesis"), new_name()
    arn = new_stream(kinesis, name)
    kinesis.put_record(StreamName=name, Data=b"old", PartitionKey="k")
    time.sleep(0.01)
    tags = [{"Key": "local-stage:start-position", "Value": position}]
    create_from_kinesis(firehose, name, arn, destination(bucket), Tags=tags)
    kinesis.put_record(StreamName=name, Data=b"new", PartitionKey="k")
    eventually(lambda: b"".join(objects(stage, bucket).values()).endswith(b"new"))
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    assert b"".join(objects(stage, bucket).values()) == expected


def test_a_reshard_is_followed_while_records_flow(stage: RunningStage, firehose: Any, bucket: str) -> None:
    kinesis, name = stage.client("kinesis"), new_name()
    create_from_kinesis(firehose, name, new_stream(kinesis, name), destination(bucket))
    sent = []

    def put(count: int) -> None:
        batch = [f"{len(sent) + n}\n" for n in range(count)]
        kinesis.put_records(StreamName=name, Records=[{"Data": data, "PartitionKey": data} for data in batch])
        sent.extend(batch)

    put(100)
    kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    put(100)
    eventually(lambda: len(b"".join(objects(stage, bucket).values()).split()) >= 200)
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    assert sorted(b"".join(objects(stage, bucket).values()).decode().splitlines(keepends=True)) == sorted(sent)


def test_direct_records_arrive_as_they_were_sent(stage: RunningStage, firehose: Any, bucket: str, direct: str) -> None:
    sent = [bytes([n]) * (n + 1) for n in range(256)]
    one = firehose.put_record(DeliveryStreamName=direct, Record={"Data": sent[0]})
    many = firehose.put_record_batch(DeliveryStreamName=direct, Records=[{"Data": data} for data in sent[1:]])
    assert one["Encrypted"] is False
    assert many["FailedPutCount"] == 0
    ids = {one["RecordId"], *(entry["RecordId"] for entry in many["RequestResponses"])}
    assert len(ids) == 256
    batch = b"".join(sent[1:])
    eventually(lambda: batch in objects(stage, bucket).values() or sent[0] + batch in objects(stage, bucket).values())


def test_a_stream_of_the_same_name_starts_anew(stage: RunningStage, firehose: Any, bucket: str) -> None:
    name = new_name()
    for data in (b"first", b"second"):
        firehose.create_delivery_stream(
            DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination(bucket, Prefix=f"{data.decode()}/")
        )
        firehose.put_record(DeliveryStreamName=name, Record={"Data": data})
        firehose.delete_delivery_stream(DeliveryStreamName=name)
        assert list(objects(stage, bucket, f"{data.decode()}/").values()) == [data]


def test_a_bucket_that_comes_late_gets_everything(stage: RunningStage, firehose: Any) -> None:
    name, late = new_name(), f"late-{uuid.uuid4().hex[:12]}"
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration=destination(late, BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0}),
    )
    for n in range(5):
        firehose.put_record(DeliveryStreamName=name, Record={"Data": b"%d " % n})
        time.sleep(0.1)
    stage.client("s3").create_bucket(Bucket=late, CreateBucketConfiguration={"LocationConstraint": REGION})
    eventually(lambda: sorted(b"".join(objects(stage, late).values()).split()) == [b"0", b"1", b"2", b"3", b"4"])
    firehose.delete_delivery_stream(DeliveryStreamName=name)


def test_metrics_and_error_records_reach_cloudwatch(stage: RunningStage, firehose: Any, bucket: str) -> None:
    name, logs = new_name(), stage.client("logs")
    logs.create_log_group(logGroupName=f"/aws/kinesisfirehose/{name}")
    logs.create_log_stream(logGroupName=f"/aws/kinesisfirehose/{name}", logStreamName="S3Delivery")
    logging = {"Enabled": True, "LogGroupName": f"/aws/kinesisfirehose/{name}", "LogStreamName": "S3Delivery"}
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration=destination(
            "no-such-bucket-at-all",
            CloudWatchLoggingOptions=logging,
            BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0},
        ),
    )
    firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"abc"}, {"Data": b"de"}])
    events = eventually(
        lambda: logs.get_log_events(
            logGroupName=f"/aws/kinesisfirehose/{name}", logStreamName="S3Delivery", startFromHead=True
        )["events"]
    )
    assert json.loads(events[0]["message"])["errorCode"] == "S3.NoSuchBucket"
    firehose.update_destination(
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={"BucketARN": f"arn:aws:s3:::{bucket}"},
    )
    eventually(lambda: objects(stage, bucket))
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    now = datetime.now(UTC)

    def total(metric: str) -> float:
        points = stage.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName=metric,
            Dimensions=[{"Name": "DeliveryStreamName", "Value": name}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(float(point["Sum"]) for point in points)

    assert {metric: total(metric) for metric in ("IncomingRecords", "IncomingBytes", "DeliveryToS3.Records")} == {
        "IncomingRecords": 2,
        "IncomingBytes": 5,
        "DeliveryToS3.Records": 2,
    }
    assert total("DeliveryToS3.Success") == 1


TRANSFORM = b"""
import base64

def handler(event, context):
    records = []
    for record in event["records"]:
        text = base64.b64decode(record["data"]).decode()
        result = {"d": "Dropped", "f": "ProcessingFailed"}.get(text[0], "Ok")
        data = base64.b64encode(text.upper().encode()).decode()
        records.append({"recordId": record["recordId"], "result": result, "data": data})
    return {"records": records}
"""


def test_a_lambda_function_transforms_records(stage: RunningStage, firehose: Any, bucket: str) -> None:
    name, archive = new_name(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("transform.py", TRANSFORM)
    functions = stage.client("lambda")
    function = functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=ROLE,
        Handler="transform.handler",
        Timeout=60,
        Code={"ZipFile": archive.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    processor = {
        "Type": "Lambda",
        "Parameters": [
            {"ParameterName": "LambdaArn", "ParameterValue": f"{function['FunctionArn']}:$LATEST"},
            {"ParameterName": "BufferIntervalInSeconds", "ParameterValue": "0"},
        ],
    }
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration=destination(
            bucket,
            Prefix="data/",
            ErrorOutputPrefix="errors/!{firehose:error-output-type}/",
            ProcessingConfiguration={"Enabled": True, "Processors": [processor]},
        ),
    )
    firehose.put_record_batch(
        DeliveryStreamName=name, Records=[{"Data": data} for data in (b"a\n", b"drop\n", b"fail\n", b"b\n")]
    )
    eventually(lambda: objects(stage, bucket, "data/") and objects(stage, bucket, "errors/"))
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    assert b"".join(objects(stage, bucket, "data/").values()) == b"A\nB\n"
    errors = objects(stage, bucket, "errors/processing-failed/").values()
    (error,) = [json.loads(line) for body in errors for line in body.splitlines()]
    assert (error["errorCode"], error["rawData"]) == ("Lambda.ProcessingFailedStatus", "ZmFpbAo=")
