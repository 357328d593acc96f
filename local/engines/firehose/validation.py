"""What CreateDeliveryStream and UpdateDestination accept.

Limits: Amazon Data Firehose API Reference (ExtendedS3DestinationConfiguration, BufferingHints, ProcessorParameter);
each check says no with AWS's error code. What AWS has and the local stage lacks is refused, never ignored.
"""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from local.engine import AwsError
from local.engines.firehose.prefix import PrefixError, check_error_prefix, check_prefix

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_BUCKET_ARN = re.compile(r"arn:[^:]+:s3:::[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")
_ROLE_ARN = re.compile(r"arn:[^:]+:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+")
_STREAM_ARN = re.compile(r"arn:[^:]+:kinesis:[a-zA-Z0-9\-]+:\d{12}:stream/[a-zA-Z0-9_.-]+")
_KEY_ARN = re.compile(r"arn:[^:]+:kms:[a-zA-Z0-9\-]+:\d{12}:(key|alias)/[a-zA-Z_0-9+=,.@\-_/]+")
_FILE_EXTENSION = re.compile(r"|\.[0-9a-z!\-_.*'()]+")

_EXTENDED_FIELDS = frozenset(
    {
        "RoleARN",
        "BucketARN",
        "Prefix",
        "ErrorOutputPrefix",
        "BufferingHints",
        "CompressionFormat",
        "EncryptionConfiguration",
        "CloudWatchLoggingOptions",
        "ProcessingConfiguration",
        "S3BackupMode",
        "S3BackupConfiguration",
        "S3BackupUpdate",
        "DataFormatConversionConfiguration",
        "DynamicPartitioningConfiguration",
        "FileExtension",
        "CustomTimeZone",
    }
)
_PROCESSOR_PARAMETERS = {
    "Lambda": {"LambdaArn", "NumberOfRetries", "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds"},
    "AppendDelimiterToRecord": {"Delimiter"},
}
_PARAMETER_RANGES = {
    "NumberOfRetries": (0, 300),
    "BufferSizeInMBs": (0.2, 3),
    "BufferIntervalInSeconds": (0, 900),
}


def invalid(message: str) -> AwsError:
    """The error that Firehose answers to a value that it does not accept."""
    return AwsError("InvalidArgumentException", message)


def unsupported(what: str) -> AwsError:
    """A thing that AWS does and this engine does not."""
    return invalid(f"{what} is not supported by the local stage. docs/local-stage.md lists what it supports.")


def check_name(name: str) -> None:
    """Delivery stream names: 1 to 64 of ``[a-zA-Z0-9_.-]``."""
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value {name!r} at 'deliveryStreamName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+ and have length between 1 and 64",
        )


def check_kinesis_source(source: dict[str, Any] | None) -> dict[str, str]:
    """The stored form of KinesisStreamSourceConfiguration."""
    if not source:
        raise invalid("KinesisStreamSourceConfiguration is required for delivery stream type KinesisStreamAsSource.")
    arn, role = source.get("KinesisStreamARN", ""), source.get("RoleARN", "")
    if not _STREAM_ARN.fullmatch(arn):
        raise invalid(f"KinesisStreamARN {arn!r} is not the ARN of a Kinesis data stream.")
    _check_role(role)
    return {"KinesisStreamARN": arn, "RoleARN": role}


def complete_destination(config: dict[str, Any]) -> dict[str, Any]:
    """Validate an ExtendedS3DestinationConfiguration and fill in AWS's defaults."""
    for name in config:
        if name not in _EXTENDED_FIELDS:
            raise unsupported(f"ExtendedS3DestinationConfiguration.{name}")
    completed = _complete_s3(config)
    completed.setdefault("ProcessingConfiguration", {"Enabled": False, "Processors": []})
    completed.setdefault("S3BackupMode", "Disabled")
    completed.setdefault("CustomTimeZone", "UTC")
    _check_processing(completed["ProcessingConfiguration"])
    _check_naming(completed)
    if (completed.get("DataFormatConversionConfiguration") or {}).get("Enabled"):
        raise unsupported("Record format conversion (DataFormatConversionConfiguration)")
    if (completed.get("DynamicPartitioningConfiguration") or {}).get("Enabled"):
        raise unsupported("Dynamic partitioning (DynamicPartitioningConfiguration)")
    if completed["S3BackupMode"] not in ("Disabled", "Enabled"):
        raise invalid(f"S3BackupMode must be Disabled or Enabled, not {completed['S3BackupMode']!r}.")
    if completed.get("S3BackupConfiguration") is not None:
        completed["S3BackupConfiguration"] = _complete_s3(completed["S3BackupConfiguration"])
    elif completed["S3BackupMode"] == "Enabled":
        raise invalid("S3BackupConfiguration is required when S3BackupMode is Enabled.")
    return completed


def _complete_s3(config: dict[str, Any]) -> dict[str, Any]:
    completed = {name: value for name, value in config.items() if value is not None}
    _check_role(completed.get("RoleARN", ""))
    if not _BUCKET_ARN.fullmatch(completed.get("BucketARN", "")):
        raise invalid(f"BucketARN {completed.get('BucketARN', '')!r} is not the ARN of an S3 bucket.")
    completed["BufferingHints"] = _complete_hints(completed.get("BufferingHints") or {})
    completed.setdefault("CompressionFormat", "UNCOMPRESSED")
    if completed["CompressionFormat"] in ("ZIP", "Snappy", "HADOOP_SNAPPY"):
        raise unsupported(f"CompressionFormat {completed['CompressionFormat']}")
    if completed["CompressionFormat"] not in ("UNCOMPRESSED", "GZIP"):
        raise invalid(f"CompressionFormat must be UNCOMPRESSED or GZIP, not {completed['CompressionFormat']!r}.")
    completed.setdefault("EncryptionConfiguration", {"NoEncryptionConfig": "NoEncryption"})
    key = completed["EncryptionConfiguration"].get("KMSEncryptionConfig")
    if key is not None and not _KEY_ARN.fullmatch(key.get("AWSKMSKeyARN", "")):
        raise invalid(f"AWSKMSKeyARN {key.get('AWSKMSKeyARN', '')!r} is not the ARN of a KMS key.")
    completed.setdefault("CloudWatchLoggingOptions", {"Enabled": False})
    logging = completed["CloudWatchLoggingOptions"]
    if logging.get("Enabled") and not (logging.get("LogGroupName") and logging.get("LogStreamName")):
        raise invalid("LogGroupName and LogStreamName are required when CloudWatch logging is enabled.")
    try:
        check_prefix(completed.get("Prefix") or "")
        check_error_prefix(completed.get("Prefix") or "", completed.get("ErrorOutputPrefix") or "")
    except PrefixError as error:
        raise invalid(str(error)) from error
    return completed


def _complete_hints(hints: dict[str, Any]) -> dict[str, int]:
    size, interval = hints.get("SizeInMBs", 5), hints.get("IntervalInSeconds", 300)
    if not 1 <= size <= 128:
        raise invalid(f"BufferingHints.SizeInMBs must be between 1 and 128, not {size}.")
    if not 0 <= interval <= 900:
        raise invalid(f"BufferingHints.IntervalInSeconds must be between 0 and 900, not {interval}.")
    return {"SizeInMBs": size, "IntervalInSeconds": interval}


def _check_role(role: str) -> None:
    if not _ROLE_ARN.fullmatch(role):
        raise invalid(f"RoleARN {role!r} is not the ARN of an IAM role.")


def _check_naming(config: dict[str, Any]) -> None:
    zone = config["CustomTimeZone"]
    if zone not in available_timezones():
        raise invalid(f"CustomTimeZone {zone!r} is not a time zone; use a name such as UTC or Asia/Tokyo.")
    ZoneInfo(zone)
    extension = config.get("FileExtension") or ""
    if len(extension) > 128 or not _FILE_EXTENSION.fullmatch(extension):
        raise invalid(
            f"FileExtension {extension!r} must start with a period, have at most 128 characters, and hold only "
            "0-9a-z!-_.*'()."
        )


def _check_processing(processing: dict[str, Any]) -> None:
    processors = processing.get("Processors") or []
    kinds = [processor.get("Type") for processor in processors]
    for kind, processor in zip(kinds, processors, strict=True):
        allowed = _PROCESSOR_PARAMETERS.get(kind)
        if allowed is None:
            raise unsupported(f"Processor type {kind}")
        if kinds.count(kind) > 1:
            raise invalid(f"Only one processor of type {kind} is allowed.")
        parameters = {p["ParameterName"]: p["ParameterValue"] for p in processor.get("Parameters") or []}
        for name, value in parameters.items():
            if name not in allowed:
                raise invalid(f"Parameter {name} is not valid for processor type {kind}.")
            _check_parameter(name, value)
        if kind == "Lambda" and not parameters.get("LambdaArn"):
            raise invalid("Parameter LambdaArn is required for processor type Lambda.")


def _check_parameter(name: str, value: str) -> None:
    if name not in _PARAMETER_RANGES:
        return
    low, high = _PARAMETER_RANGES[name]
    try:
        number = float(value)
    except ValueError:
        raise invalid(f"{name} must be a number, not {value!r}.") from None
    if not low <= number <= high:
        raise invalid(f"{name} must be between {low} and {high}, not {value}.")
