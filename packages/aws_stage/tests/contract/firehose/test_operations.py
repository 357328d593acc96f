"""The operations of the firehose engine as AWS's clients see them."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from typing import Any

import pytest
from aws_stage.testing import REGION, RunningStage
from aws_stage.testing.signed_requests import signed_headers
from aws_stage.testing.waiting import eventually

from contract.firehose.delivery_streams import (
    ROLE,
    create_from_kinesis,
    describe,
    destination,
    new_name,
    new_stream,
    objects,
    refused,
)

pytestmark = pytest.mark.stage


def test_direct_put_has_the_limits_of_aws(firehose: Any, direct: str) -> None:
    code, message = refused(firehose.put_record, DeliveryStreamName=direct, Record={"Data": b"x" * 1_024_001})
    assert (code, "less than or equal to 1024000" in message) == ("ValidationException", True)
    records = [{"Data": b"x"}] * 501
    code, message = refused(firehose.put_record_batch, DeliveryStreamName=direct, Records=records)
    assert (code, "less than or equal to 500" in message) == ("ValidationException", True)
    records = [{"Data": b"x" * 1_000_000}] * 5
    assert refused(firehose.put_record_batch, DeliveryStreamName=direct, Records=records) == (
        "InvalidArgumentException",
        "Records size exceeds 4 MB limit",
    )
    code, _ = refused(firehose.put_record, DeliveryStreamName="no-such-stream", Record={"Data": b"x"})
    assert code == "ResourceNotFoundException"


def test_what_create_says_describe_tells(stage: RunningStage, firehose: Any) -> None:
    name = new_name()
    config = {
        **destination("some-bucket"),
        "Prefix": "raw/!{timestamp:yyyy}/",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
        "CompressionFormat": "GZIP",
        "EncryptionConfiguration": {
            "KMSEncryptionConfig": {"AWSKMSKeyARN": "arn:aws:kms:ap-northeast-1:000000000000:key/k"}
        },
        "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "/aws/fh", "LogStreamName": "S3"},
        "ProcessingConfiguration": {
            "Enabled": True,
            "Processors": [
                {
                    "Type": "Lambda",
                    "Parameters": [
                        {"ParameterName": "LambdaArn", "ParameterValue": "arn:aws:lambda:x:000000000000:function:f"},
                        {"ParameterName": "BufferSizeInMBs", "ParameterValue": "2"},
                    ],
                }
            ],
        },
        "S3BackupMode": "Enabled",
        "CustomTimeZone": "Asia/Tokyo",
        "FileExtension": ".jsonl.gz",
    }
    backup = {
        **destination("backup-bucket"),
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
    }
    arn = new_stream(stage.client("kinesis"), name)
    create_from_kinesis(firehose, name, arn, {**config, "S3BackupConfiguration": backup})
    description = describe(firehose, name)
    (found,) = description["Destinations"]
    assert found["ExtendedS3DestinationDescription"] == {**config, "S3BackupDescription": backup}
    assert found["S3DestinationDescription"]["Prefix"] == config["Prefix"]
    assert found["DestinationId"] == "destinationId-000000000001"
    source = description["Source"]["KinesisStreamSourceDescription"]
    assert (source["KinesisStreamARN"], source["RoleARN"]) == (arn, ROLE)
    assert source["DeliveryStartTimestamp"] == description["CreateTimestamp"]
    assert description["DeliveryStreamARN"] == f"arn:aws:firehose:{REGION}:000000000000:deliverystream/{name}"
    assert description["DeliveryStreamStatus"] == "ACTIVE"
    assert description["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert description["VersionId"] == "1"
    assert description["DeliveryStreamEncryptionConfiguration"] == {"Status": "DISABLED"}
    assert description["HasMoreDestinations"] is False
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    assert refused(firehose.describe_delivery_stream, DeliveryStreamName=name)[0] == "ResourceNotFoundException"


def test_an_update_merges_raises_the_version_and_wants_the_current_one(
    stage: RunningStage, firehose: Any, bucket: str, direct: str
) -> None:
    update = {
        "DeliveryStreamName": direct,
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationUpdate": {"Prefix": "newer/", "CompressionFormat": "GZIP"},
    }
    firehose.update_destination(**update)
    description = describe(firehose, direct)
    found = description["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert (description["VersionId"], found["Prefix"], found["CompressionFormat"]) == ("2", "newer/", "GZIP")
    assert found["BufferingHints"] == {"SizeInMBs": 1, "IntervalInSeconds": 1}
    assert description["LastUpdateTimestamp"] >= description["CreateTimestamp"]
    assert refused(firehose.update_destination, **update)[0] == "ConcurrentModificationException"
    wrong = {**update, "CurrentDeliveryStreamVersionId": "2", "DestinationId": "destinationId-2"}
    assert refused(firehose.update_destination, **wrong)[0] == "InvalidArgumentException"
    bad = {**update, "CurrentDeliveryStreamVersionId": "2", "ExtendedS3DestinationUpdate": {"Prefix": "!{x}"}}
    assert refused(firehose.update_destination, **bad)[0] == "InvalidArgumentException"
    assert describe(firehose, direct)["VersionId"] == "2"
    firehose.put_record(DeliveryStreamName=direct, Record={"Data": b"x"})
    (key,) = eventually(lambda: objects(stage, bucket))
    assert re.fullmatch(rf"newer/.*/{direct}-2-.*\.gz", key)


def test_a_backup_is_updated_in_part_and_cannot_be_disabled(firehose: Any) -> None:
    name = new_name()
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration=destination(
            "some-bucket", S3BackupMode="Enabled", S3BackupConfiguration=destination("backup", Prefix="old/")
        ),
    )
    update = {"DeliveryStreamName": name, "DestinationId": "destinationId-000000000001"}
    firehose.update_destination(
        **update,
        CurrentDeliveryStreamVersionId="1",
        ExtendedS3DestinationUpdate={"S3BackupUpdate": {"Prefix": "new/"}},
    )
    backup = describe(firehose, name)["Destinations"][0]["ExtendedS3DestinationDescription"]["S3BackupDescription"]
    assert (backup["Prefix"], backup["BucketARN"]) == ("new/", "arn:aws:s3:::backup")
    code, message = refused(
        firehose.update_destination,
        **update,
        CurrentDeliveryStreamVersionId="2",
        ExtendedS3DestinationUpdate={"S3BackupMode": "Disabled"},
    )
    assert (code, "cannot be disabled" in message) == ("InvalidArgumentException", True)
    firehose.delete_delivery_stream(DeliveryStreamName=name)


def test_streams_are_listed_in_pages_by_name_and_by_type(stage: RunningStage, firehose: Any) -> None:
    stem = new_name()
    names = [f"{stem}-{n}" for n in range(3)]
    for name in names[:2]:
        firehose.create_delivery_stream(
            DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination("some-bucket")
        )
    create_from_kinesis(firehose, names[2], new_stream(stage.client("kinesis"), stem), destination("some-bucket"))
    page = firehose.list_delivery_streams(Limit=2, ExclusiveStartDeliveryStreamName=stem)
    assert page == {**page, "DeliveryStreamNames": names[:2], "HasMoreDeliveryStreams": True}
    rest = firehose.list_delivery_streams(ExclusiveStartDeliveryStreamName=names[1], Limit=1)
    assert rest["DeliveryStreamNames"] == names[2:]
    direct = firehose.list_delivery_streams(DeliveryStreamType="DirectPut", Limit=100)["DeliveryStreamNames"]
    assert (names[0] in direct, names[2] in direct) == (True, False)
    for name in names:
        firehose.delete_delivery_stream(DeliveryStreamName=name)


def test_tags_are_set_listed_in_pages_and_removed(firehose: Any, direct: str) -> None:
    tags = [{"Key": f"k{n}", "Value": f"v{n}"} for n in range(3)]
    firehose.tag_delivery_stream(DeliveryStreamName=direct, Tags=tags)
    firehose.tag_delivery_stream(DeliveryStreamName=direct, Tags=[{"Key": "k1", "Value": "new"}])
    firehose.untag_delivery_stream(DeliveryStreamName=direct, TagKeys=["k2", "absent"])
    listed = firehose.list_tags_for_delivery_stream(DeliveryStreamName=direct)
    assert listed["Tags"] == [{"Key": "k0", "Value": "v0"}, {"Key": "k1", "Value": "new"}]
    assert listed["HasMoreTags"] is False
    page = firehose.list_tags_for_delivery_stream(DeliveryStreamName=direct, Limit=1)
    assert ([tag["Key"] for tag in page["Tags"]], page["HasMoreTags"]) == (["k0"], True)
    page = firehose.list_tags_for_delivery_stream(DeliveryStreamName=direct, ExclusiveStartTagKey="k0")
    assert [tag["Key"] for tag in page["Tags"]] == ["k1"]
    many = [{"Key": f"many{n}", "Value": ""} for n in range(49)]
    assert refused(firehose.tag_delivery_stream, DeliveryStreamName=direct, Tags=many)[0] == "LimitExceededException"


def test_encryption_is_started_described_and_stopped(firehose: Any, direct: str) -> None:
    key = "arn:aws:kms:ap-northeast-1:000000000000:key/k"
    wanted = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": key}
    firehose.start_delivery_stream_encryption(
        DeliveryStreamName=direct, DeliveryStreamEncryptionConfigurationInput=wanted
    )
    assert describe(firehose, direct)["DeliveryStreamEncryptionConfiguration"] == {**wanted, "Status": "ENABLED"}
    assert firehose.put_record(DeliveryStreamName=direct, Record={"Data": b"x"})["Encrypted"] is True
    firehose.stop_delivery_stream_encryption(DeliveryStreamName=direct)
    assert describe(firehose, direct)["DeliveryStreamEncryptionConfiguration"] == {"Status": "DISABLED"}
    without_key = {"KeyType": "CUSTOMER_MANAGED_CMK"}
    code, _ = refused(
        firehose.start_delivery_stream_encryption,
        DeliveryStreamName=direct,
        DeliveryStreamEncryptionConfigurationInput=without_key,
    )
    assert code == "InvalidArgumentException"


@pytest.mark.parametrize(
    ("request_", "code", "reason"),
    [
        ({"ExtendedS3DestinationConfiguration": destination("b", BufferingHints={"SizeInMBs": 129})},
         "ValidationException", "sizeInMBs"),
        ({"ExtendedS3DestinationConfiguration": destination("b", Prefix="!{timestamp:yyyy}")},
         "InvalidArgumentException", "ErrorOutputPrefix"),
        ({}, "InvalidArgumentException", "ExtendedS3DestinationConfiguration"),
        ({"S3DestinationConfiguration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::b"}},
         "InvalidArgumentException", "S3DestinationConfiguration is not supported by the local stage"),
        ({"HttpEndpointDestinationConfiguration": {"EndpointConfiguration": {"Url": "https://example.com"},
          "S3Configuration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::b"}}},
         "InvalidArgumentException", "HttpEndpointDestinationConfiguration is not supported by the local stage"),
        ({"DeliveryStreamType": "MSKAsSource", "ExtendedS3DestinationConfiguration": destination("b")},
         "InvalidArgumentException", "MSKAsSource is not supported by the local stage"),
        ({"DeliveryStreamType": "KinesisStreamAsSource", "ExtendedS3DestinationConfiguration": destination("b")},
         "InvalidArgumentException", "KinesisStreamSourceConfiguration is required"),
        ({"DeliveryStreamType": "KinesisStreamAsSource", "ExtendedS3DestinationConfiguration": destination("b"),
          "KinesisStreamSourceConfiguration": {"RoleARN": ROLE,
            "KinesisStreamARN": f"arn:aws:kinesis:{REGION}:000000000000:stream/no-such-stream"}},
         "ResourceNotFoundException", "no-such-stream"),
        ({"ExtendedS3DestinationConfiguration": destination("b"),
          "Tags": [{"Key": "local-stage:start-position", "Value": "YESTERDAY"}]},
         "InvalidArgumentException", "must be LATEST or TRIM_HORIZON"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_nothing_is_created(
    firehose: Any, request_: dict[str, Any], code: str, reason: str
) -> None:
    name = new_name()
    found, message = refused(firehose.create_delivery_stream, DeliveryStreamName=name, **request_)
    assert found == code
    assert reason in message
    assert refused(firehose.describe_delivery_stream, DeliveryStreamName=name)[0] == "ResourceNotFoundException"


def test_a_name_is_taken_once(firehose: Any, direct: str) -> None:
    code, _ = refused(
        firehose.create_delivery_stream,
        DeliveryStreamName=direct,
        ExtendedS3DestinationConfiguration=destination("some-bucket"),
    )
    assert code == "ResourceInUseException"


def test_an_operation_that_firehose_does_not_have_is_refused(stage: RunningStage) -> None:
    url = f"{stage.endpoint_url}/"
    headers = signed_headers("POST", url, "firehose", {"X-Amz-Target": "Firehose_20150804.MakeCoffee"}, b"{}")
    request = urllib.request.Request(url, data=b"{}", headers=headers)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    assert error.value.code == 400
    assert b"does not support firehose:MakeCoffee" in error.value.read()
