"""The S3 destination of a delivery stream, parsed out of its API configuration.

The configuration itself (``ExtendedS3DestinationConfiguration`` completed with AWS's defaults) is what is stored and
described; this is the same thing with names and units for the delivery to use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

MIB = 1024 * 1024
S3_FIELDS = (
    "RoleARN",
    "BucketARN",
    "Prefix",
    "ErrorOutputPrefix",
    "BufferingHints",
    "CompressionFormat",
    "EncryptionConfiguration",
    "CloudWatchLoggingOptions",
)
"""What any S3 destination may say, that of a source backup included."""
DELIMITER_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}


@dataclass(frozen=True)
class LogTarget:
    """Where error records go in CloudWatch Logs."""

    group: str
    stream: str


@dataclass(frozen=True)
class S3Target:
    """Where objects go and how: sizes in uncompressed bytes, times in seconds."""

    bucket: str
    prefix: str
    error_prefix: str
    zone: ZoneInfo
    size: int
    interval: float
    gzip: bool
    extension: str
    kms_key: str | None
    log: LogTarget | None


@dataclass(frozen=True)
class Transform:
    """A Lambda transform: batch ``size`` in bytes, ``interval`` in seconds, ``retries`` after the first attempt."""

    function_arn: str
    size: int
    interval: float
    retries: int


@dataclass(frozen=True)
class Destination:
    """Everything that a delivery needs to know of one version of a delivery stream."""

    target: S3Target
    backup: S3Target | None
    transform: Transform | None
    delimiter: bytes

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Destination:
        """Parse a validated, completed ``ExtendedS3DestinationConfiguration``."""
        processing = config.get("ProcessingConfiguration") or {}
        processors = processing.get("Processors") or [] if processing.get("Enabled") else []
        transform, delimiter = None, b""
        for processor in processors:
            parameters = {p["ParameterName"]: p["ParameterValue"] for p in processor.get("Parameters") or []}
            if processor["Type"] == "Lambda":
                transform = _transform(parameters)
            elif processor["Type"] == "AppendDelimiterToRecord":
                delimiter = _delimiter(parameters.get("Delimiter", "\\n"))
        backup = config.get("S3BackupConfiguration") if config.get("S3BackupMode") == "Enabled" else None
        return cls(_target(config), _target(backup) if backup else None, transform, delimiter)


def _target(config: dict[str, Any]) -> S3Target:
    hints = config["BufferingHints"]
    compressed = config["CompressionFormat"] == "GZIP"
    logging = config.get("CloudWatchLoggingOptions") or {}
    key = config["EncryptionConfiguration"].get("KMSEncryptionConfig")
    return S3Target(
        bucket=config["BucketARN"].rpartition(":")[2],
        prefix=config.get("Prefix") or "",
        error_prefix=config.get("ErrorOutputPrefix") or "",
        zone=ZoneInfo(config.get("CustomTimeZone") or "UTC"),
        size=hints["SizeInMBs"] * MIB,
        interval=float(hints["IntervalInSeconds"]),
        gzip=compressed,
        extension=config.get("FileExtension") or (".gz" if compressed else ""),
        kms_key=key["AWSKMSKeyARN"] if key else None,
        log=LogTarget(logging["LogGroupName"], logging["LogStreamName"]) if logging.get("Enabled") else None,
    )


def _transform(parameters: dict[str, str]) -> Transform:
    return Transform(
        function_arn=parameters["LambdaArn"],
        size=int(float(parameters.get("BufferSizeInMBs", "1")) * MIB),
        interval=float(parameters.get("BufferIntervalInSeconds", "60")),
        retries=int(parameters.get("NumberOfRetries", "3")),
    )


def _delimiter(text: str) -> bytes:
    for escape, character in DELIMITER_ESCAPES.items():
        text = text.replace(escape, character)
    return text.encode()
