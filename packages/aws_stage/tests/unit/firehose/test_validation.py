"""What CreateDeliveryStream and UpdateDestination refuse, with AWS's error codes."""

from __future__ import annotations

from typing import Any

import pytest
from aws_stage.engines.firehose.validation import complete_destination
from aws_stage.kernel.constraints import check
from aws_stage.kernel.engine import AwsError
from unit.firehose.fakes import ROLE

MINIMAL = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"}


def create(**destination: Any) -> dict[str, Any]:
    return {"DeliveryStreamName": "fh", "ExtendedS3DestinationConfiguration": {**MINIMAL, **destination}}


def lambda_processor(**parameters: str) -> dict[str, Any]:
    return {
        "Enabled": True,
        "Processors": [
            {
                "Type": "Lambda",
                "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()],
            }
        ],
    }


def test_a_minimal_destination_gets_the_defaults_of_aws() -> None:
    check("firehose", "CreateDeliveryStream", create())
    assert complete_destination(MINIMAL) == {
        **MINIMAL,
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
        "ProcessingConfiguration": {"Enabled": False, "Processors": []},
        "S3BackupMode": "Disabled",
        "CustomTimeZone": "UTC",
    }


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"ExtendedS3DestinationConfiguration": MINIMAL}, "'deliveryStreamName'"),
        ({**create(), "DeliveryStreamName": "a b"}, "'deliveryStreamName'"),
        ({**create(), "DeliveryStreamName": "a" * 65}, "'deliveryStreamName'"),
        ({**create(), "DeliveryStreamType": "Direct"}, "'deliveryStreamType'"),
        (create(BucketARN="lake"), "bucketARN'"),
        (create(RoleARN="firehose"), "roleARN'"),
        (create(RoleARN=7), "roleARN'"),
        (create(BufferingHints={"SizeInMBs": 0}), "sizeInMBs'"),
        (create(BufferingHints={"SizeInMBs": 129}), "sizeInMBs'"),
        (create(BufferingHints={"IntervalInSeconds": -1}), "intervalInSeconds'"),
        (create(BufferingHints={"IntervalInSeconds": 901}), "intervalInSeconds'"),
        (create(BufferingHints={"IntervalInSeconds": "60"}), "intervalInSeconds'"),
        (create(CompressionFormat="LZMA"), "compressionFormat'"),
        (create(FileExtension="json"), "fileExtension'"),
        (create(FileExtension="." + "j" * 128), "fileExtension'"),
        (create(Prefix="p" * 1025), "prefix'"),
        (create(S3BackupMode="On"), "s3BackupMode'"),
        (create(CloudWatchLoggingOptions={"Enabled": "yes"}), "enabled'"),
        (create(ProcessingConfiguration={"Processors": [{"Type": "Zip"}]}), "processors.1.member.type'"),
        ({**create(), "Tags": [{"Key": "k", "Value": "v" * 257}]}, "tags.1.member.value'"),
        ({**create(), "Tags": []}, "'tags'"),
        ({**create(), "Tags": "k"}, "'tags'"),
    ],
)
def test_what_the_service_model_forbids_is_a_validation_exception_that_names_the_field(
    payload: dict[str, Any], path: str
) -> None:
    with pytest.raises(AwsError) as refused:
        check("firehose", "CreateDeliveryStream", payload)
    assert refused.value.code == "ValidationException"
    assert refused.value.message.startswith("1 validation error detected: ")
    assert path in refused.value.message


def test_every_broken_constraint_is_counted() -> None:
    with pytest.raises(AwsError, match="2 validation errors detected"):
        check("firehose", "CreateDeliveryStream", create(BufferingHints={"SizeInMBs": 0, "IntervalInSeconds": 901}))


@pytest.mark.parametrize(
    "hints", [{"SizeInMBs": 1, "IntervalInSeconds": 0}, {"SizeInMBs": 128, "IntervalInSeconds": 900}]
)
def test_the_ends_of_the_ranges_are_allowed(hints: dict[str, int]) -> None:
    check("firehose", "CreateDeliveryStream", create(BufferingHints=hints))
    assert complete_destination({**MINIMAL, "BufferingHints": hints})["BufferingHints"] == hints


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Prefix": "!{timestamp:yyyy}/"}, "ErrorOutputPrefix cannot be null or empty"),
        ({"Prefix": "!{firehose:error-output-type}/"}, "Prefix can't contain"),
        ({"ErrorOutputPrefix": "!{timestamp:yyyy}/"}, "at least one instance"),
        ({"CompressionFormat": "ZIP"}, "CompressionFormat ZIP is not supported"),
        ({"CompressionFormat": "Snappy"}, "CompressionFormat Snappy is not supported"),
        ({"CompressionFormat": "HADOOP_SNAPPY"}, "CompressionFormat HADOOP_SNAPPY is not supported"),
        ({"CustomTimeZone": "Mars/Olympus"}, "is not a time zone"),
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "Dynamic partitioning"),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "Record format conversion"),
        ({"S3BackupMode": "Enabled"}, "S3BackupConfiguration is required"),
        ({"S3BackupConfiguration": {**MINIMAL, "Prefix": "!{timestamp:yyyy}/"}}, "ErrorOutputPrefix cannot be null"),
        ({"CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "g"}}, "LogStreamName are required"),
        ({"Bucket": "lake"}, "Bucket in an S3 destination is not supported"),
        ({"ProcessingConfiguration": lambda_processor()}, "LambdaArn is required"),
        ({"ProcessingConfiguration": lambda_processor(LambdaArn="a", BufferSizeInMBs="3.1")}, "between 0.2 and 3"),
        ({"ProcessingConfiguration": lambda_processor(LambdaArn="a", BufferSizeInMBs="many")}, "must be a number"),
        ({"ProcessingConfiguration": lambda_processor(LambdaArn="a", NumberOfRetries="301")}, "between 0 and 300"),
        (
            {"ProcessingConfiguration": lambda_processor(LambdaArn="a", BufferIntervalInSeconds="901")},
            "between 0 and 900",
        ),
        ({"ProcessingConfiguration": lambda_processor(LambdaArn="a", Delimiter=",")}, "Delimiter is not valid"),
        (
            {"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "RecordDeAggregation"}]}},
            "Processor type RecordDeAggregation is not supported",
        ),
        (
            {"ProcessingConfiguration": {"Processors": [{"Type": "AppendDelimiterToRecord"}] * 2}},
            "Only one processor",
        ),
    ],
)
def test_what_breaks_a_rule_or_is_not_done_locally_is_refused_with_the_reason(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(AwsError) as refused:
        complete_destination({**MINIMAL, **changes})
    assert refused.value.code == "InvalidArgumentException"
    assert reason in refused.value.message


def test_conversion_and_partitioning_that_are_off_are_accepted() -> None:
    off = {
        "DataFormatConversionConfiguration": {"Enabled": False},
        "DynamicPartitioningConfiguration": {"Enabled": False},
    }
    assert complete_destination({**MINIMAL, **off}).items() >= off.items()
