"""What a destination may say, beyond the constraints of AWS's service model.

Rules: Amazon Data Firehose API Reference and Developer Guide; each check has AWS's error code. What AWS does and
the local stage does not is refused, never ignored.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from aws_stage.engines.firehose.destination import S3_FIELDS
from aws_stage.engines.firehose.prefix import PrefixError, check_error_prefix, check_prefix
from aws_stage.kernel.engine import AwsError

_EXTENDED_FIELDS = frozenset(S3_FIELDS) | {
    "ProcessingConfiguration",
    "S3BackupMode",
    "S3BackupConfiguration",
    "DataFormatConversionConfiguration",
    "DynamicPartitioningConfiguration",
    "FileExtension",
    "CustomTimeZone",
}
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


def complete_destination(config: dict[str, Any]) -> dict[str, Any]:
    """Validate an ExtendedS3DestinationConfiguration and fill in AWS's defaults."""
    completed = _complete_s3(config, _EXTENDED_FIELDS)
    completed.setdefault("ProcessingConfiguration", {"Enabled": False, "Processors": []})
    completed.setdefault("S3BackupMode", "Disabled")
    completed["CustomTimeZone"] = completed.get("CustomTimeZone") or "UTC"
    if completed["CustomTimeZone"] not in available_timezones():
        raise invalid(
            f"CustomTimeZone {completed['CustomTimeZone']!r} is not a time zone; use a name such as UTC or Asia/Tokyo."
        )
    _check_processing(completed["ProcessingConfiguration"])
    for field, what in (
        ("DataFormatConversionConfiguration", "Record format conversion"),
        ("DynamicPartitioningConfiguration", "Dynamic partitioning"),
    ):
        if (completed.get(field) or {}).get("Enabled"):
            raise unsupported(f"{what} ({field})")
    if "S3BackupConfiguration" in completed:
        completed["S3BackupConfiguration"] = _complete_s3(completed["S3BackupConfiguration"], frozenset(S3_FIELDS))
    elif completed["S3BackupMode"] == "Enabled":
        raise invalid("S3BackupConfiguration is required when S3BackupMode is Enabled.")
    return completed


def encryption(wanted: dict[str, str]) -> dict[str, str]:
    """The described form of a DeliveryStreamEncryptionConfigurationInput."""
    if (wanted["KeyType"] == "CUSTOMER_MANAGED_CMK") != ("KeyARN" in wanted):
        raise invalid("KeyARN is required for KeyType CUSTOMER_MANAGED_CMK, and only for it.")
    return {**wanted, "Status": "ENABLED"}


def _complete_s3(config: dict[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    for name in config:
        if name not in fields:
            raise unsupported(f"{name} in an S3 destination")
    completed = {name: value for name, value in config.items() if value is not None}
    completed["BufferingHints"] = {
        "SizeInMBs": 5,
        "IntervalInSeconds": 300,
        **(completed.get("BufferingHints") or {}),
    }
    completed.setdefault("CompressionFormat", "UNCOMPRESSED")
    if completed["CompressionFormat"] not in ("UNCOMPRESSED", "GZIP"):
        raise unsupported(f"CompressionFormat {completed['CompressionFormat']}")
    completed.setdefault("EncryptionConfiguration", {"NoEncryptionConfig": "NoEncryption"})
    logging = completed.setdefault("CloudWatchLoggingOptions", {"Enabled": False})
    if logging.get("Enabled") and not (logging.get("LogGroupName") and logging.get("LogStreamName")):
        raise invalid("LogGroupName and LogStreamName are required when CloudWatch logging is enabled.")
    try:
        check_prefix(completed.get("Prefix") or "")
        check_error_prefix(completed.get("Prefix") or "", completed.get("ErrorOutputPrefix") or "")
    except PrefixError as error:
        raise invalid(str(error)) from error
    return completed


def _check_processing(processing: dict[str, Any]) -> None:
    kinds = set()
    for processor in processing.get("Processors") or []:
        kind = processor["Type"]
        allowed = _PROCESSOR_PARAMETERS.get(kind)
        if allowed is None:
            raise unsupported(f"Processor type {kind}")
        if kind in kinds:
            raise invalid(f"Only one processor of type {kind} is allowed.")
        kinds.add(kind)
        parameters = {p["ParameterName"]: p["ParameterValue"] for p in processor.get("Parameters") or []}
        for name, value in parameters.items():
            if name not in allowed:
                raise invalid(f"Parameter {name} is not valid for processor type {kind}.")
            if name in _PARAMETER_RANGES:
                _check_range(name, value, *_PARAMETER_RANGES[name])
        if kind == "Lambda" and not parameters.get("LambdaArn"):
            raise invalid("Parameter LambdaArn is required for processor type Lambda.")


def _check_range(name: str, value: str, low: float, high: float) -> None:
    try:
        number = float(value)
    except ValueError:
        raise invalid(f"{name} must be a number, not {value!r}.") from None
    if not low <= number <= high:
        raise invalid(f"{name} must be between {low} and {high}, not {value}.")
