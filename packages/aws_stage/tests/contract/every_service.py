"""A session that leaves every kind of file in a stage's state, and what can be read back of it through the AWS API."""

from __future__ import annotations

import gzip
from typing import Any

from aws_stage.testing import RunningStage, lambda_functions

from contract.stage_session import bucket, configure, settings_of

ROLE = "arn:aws:iam::000000000000:role/role"
STREAM = "arn:aws:kinesis:ap-northeast-1:000000000000:stream/stream"
FUNCTION = """
def handler(event, context):
    return "whole"
"""
TABLE = [{"AttributeName": "device", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]
TABLE_KEYS = [{"AttributeName": "device", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}]

Known = dict[str, Any]


def use_every_service(stage: RunningStage) -> Known:
    """Leave something in each service; returns what ``read_back`` needs to find it."""
    ciphertext, topic = configure(stage)
    known = {"ciphertext": ciphertext, "topic": topic, "function": lambda_functions.create(stage, FUNCTION)}
    _records(stage)
    known |= _objects(stage)
    known["queue"] = _messages(stage)
    _items(stage)
    _engines(stage, known["function"])
    return known


def _records(stage: RunningStage) -> None:
    kinesis, firehose = stage.client("kinesis"), stage.client("firehose")
    kinesis.create_stream(StreamName="stream", ShardCount=1)
    for first in range(0, 200, 50):
        records = [{"Data": b"%d" % n, "PartitionKey": str(n)} for n in range(first, first + 50)]
        kinesis.put_records(StreamName="stream", Records=records)
    target = {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::settings",
        "Prefix": "delivered/",
        "BufferingHints": {"IntervalInSeconds": 900, "SizeInMBs": 128},
        "CompressionFormat": "GZIP",
    }
    firehose.create_delivery_stream(
        DeliveryStreamName="direct", DeliveryStreamType="DirectPut", ExtendedS3DestinationConfiguration=target
    )
    for first in range(0, 100, 20):
        batch = [{"Data": b"put-%d\n" % n} for n in range(first, first + 20)]
        firehose.put_record_batch(DeliveryStreamName="direct", Records=batch)


def _objects(stage: RunningStage) -> Known:
    s3 = stage.client("s3")
    bucket(s3, "objects", versioned=True)
    for n in range(3):
        s3.put_object(Bucket="objects", Key="some/key.txt", Body=b"version %d" % n, Metadata={"n": str(n)})
    s3.put_object(Bucket="objects", Key="trailing/", Body=b"")
    s3.put_object(Bucket="objects", Key="hidden", Body=b"below a marker")
    s3.delete_object(Bucket="objects", Key="hidden")
    upload = s3.create_multipart_upload(Bucket="objects", Key="large")["UploadId"]
    s3.upload_part(Bucket="objects", Key="large", UploadId=upload, PartNumber=1, Body=b"part" * 100)
    return {"upload": upload}


def _messages(stage: RunningStage) -> str:
    sqs = stage.client("sqs")
    queue: str = sqs.create_queue(QueueName="queue")["QueueUrl"]
    for n in range(5):
        sqs.send_message(QueueUrl=queue, MessageBody=f"message {n}")
    return queue


def _items(stage: RunningStage) -> None:
    dynamodb = stage.client("dynamodb")
    dynamodb.create_table(
        TableName="table", KeySchema=TABLE, AttributeDefinitions=TABLE_KEYS, BillingMode="PAY_PER_REQUEST"
    )
    for first in range(0, 100, 25):
        items = [{"device": {"S": "d"}, "n": {"N": str(n)}, "text": {"S": "x" * 50}} for n in range(first, first + 25)]
        dynamodb.batch_write_item(RequestItems={"table": [{"PutRequest": {"Item": item}} for item in items]})


def _engines(stage: RunningStage, function: str) -> None:
    glue, athena = stage.client("glue"), stage.client("athena")
    glue.create_job(Name="job", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://settings/job.py"})
    glue.create_crawler(
        Name="crawler", Role=ROLE, DatabaseName="lake", Targets={"S3Targets": [{"Path": "s3://settings/readings/"}]}
    )
    glue.create_trigger(
        Name="hourly", Type="SCHEDULED", Schedule="cron(0 * * * ? *)", Actions=[{"CrawlerName": "crawler"}]
    )
    athena.create_work_group(Name="analysts", Description="those who ask")
    stage.client("sagemaker").create_model_package_group(ModelPackageGroupName="models")
    stage.client("lambda").create_event_source_mapping(
        EventSourceArn=STREAM, FunctionName=function, StartingPosition="TRIM_HORIZON", Enabled=False
    )


def read_back(stage: RunningStage, known: Known) -> Known:
    """Everything that the session left, as the API tells it; raises what the API raises."""
    found = settings_of(stage, known["ciphertext"], known["topic"])
    kinesis, s3 = stage.client("kinesis"), stage.client("s3")
    shard = {"StreamName": "stream", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    records = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**shard)["ShardIterator"])["Records"]
    found["records"] = [(record["SequenceNumber"], record["Data"]) for record in records]
    versions = s3.list_object_versions(Bucket="objects")
    found["objects"] = [
        (each["Key"], s3.get_object(Bucket="objects", Key=each["Key"], VersionId=each["VersionId"])["Body"].read())
        for each in versions["Versions"]
    ]
    found["metadata"] = s3.head_object(Bucket="objects", Key="some/key.txt")["Metadata"]
    found["markers"] = [each["Key"] for each in versions["DeleteMarkers"]]
    parts = s3.list_parts(Bucket="objects", Key="large", UploadId=known["upload"])["Parts"]
    found["parts"] = [(part["PartNumber"], part["ETag"], part["Size"]) for part in parts]
    received = stage.client("sqs").receive_message(QueueUrl=known["queue"], MaxNumberOfMessages=10, VisibilityTimeout=0)
    found["messages"] = sorted(message["Body"] for message in received.get("Messages", ()))
    found["items"] = stage.client("dynamodb").scan(TableName="table")["Items"]
    glue = stage.client("glue")
    found["job"] = glue.get_job(JobName="job")["Job"]["Command"]
    found["crawler"] = glue.get_crawler(Name="crawler")["Crawler"]["Targets"]
    found["trigger"] = glue.get_trigger(Name="hourly")["Trigger"]["Schedule"]
    found["workgroup"] = stage.client("athena").get_work_group(WorkGroup="analysts")["WorkGroup"]["Description"]
    groups = stage.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    found["groups"] = [group["ModelPackageGroupName"] for group in groups]
    mappings = stage.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    found["mappings"] = [mapping["EventSourceArn"] for mapping in mappings]
    found["answer"] = lambda_functions.invoke(stage, known["function"])
    found["delivered"] = _delivered(stage)
    return found


def _delivered(stage: RunningStage) -> list[str]:
    """What the delivery stream still had to deliver: its end delivers it."""
    s3 = stage.client("s3")
    stage.client("firehose").delete_delivery_stream(DeliveryStreamName="direct")
    objects = s3.list_objects_v2(Bucket="settings", Prefix="delivered/").get("Contents", ())
    bodies = [s3.get_object(Bucket="settings", Key=each["Key"])["Body"].read() for each in objects]
    return [line for body in bodies for line in gzip.decompress(body).decode().splitlines()]
