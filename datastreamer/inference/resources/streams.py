"""Kinesis streams: make, delete, list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datastreamer.aws.waiting import PATIENT, Patience, Report, wait_for
from datastreamer.errors import UsageError
from datastreamer.inference.missing import STREAM, looking_for, stream_names
from datastreamer.inference.names import tags

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient


@dataclass(frozen=True)
class Stream:
    """A stream as a list shows it. ``shards`` counts the open ones."""

    name: str
    status: str
    shards: int
    mode: str
    retention_hours: int
    arn: str
    key: str | None
    """The KMS key that encrypts it: an ARN, or the alias of AWS's own."""


def describe_stream(kinesis: KinesisClient, name: str) -> Stream:
    """Raises ConfigurationError when there is none of that name."""
    with looking_for(STREAM, name, kinesis):
        summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    mode = summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
    return Stream(
        name,
        summary["StreamStatus"],
        summary["OpenShardCount"],
        mode,
        summary["RetentionPeriodHours"],
        summary["StreamARN"],
        summary.get("KeyId") if summary.get("EncryptionType") == "KMS" else None,
    )


def list_streams(kinesis: KinesisClient) -> Iterator[Stream]:
    """Every stream of the region, in order of name."""
    for name in stream_names(kinesis):
        yield describe_stream(kinesis, name)


def create_stream(kinesis: KinesisClient, name: str, shards: int, stack: str) -> None:
    """Begin to make a stream of ``shards`` shards, encrypted with the key that AWS keeps for Kinesis."""
    try:
        kinesis.create_stream(
            StreamName=name,
            ShardCount=shards,
            StreamModeDetails={"StreamMode": "PROVISIONED"},
            Tags=tags(stack),
        )
    except kinesis.exceptions.ResourceInUseException as error:
        raise UsageError(f"there is a stream {name} already. See it: datastreamer inference list-streams") from error


def encrypt_stream(kinesis: KinesisClient, name: str) -> None:
    """Begin to encrypt the stream, which must be ACTIVE, with the key that AWS keeps for Kinesis."""
    kinesis.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId="alias/aws/kinesis")


def wait_for_stream(
    kinesis: KinesisClient, name: str, *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> None:
    """Return when the stream is ACTIVE."""

    def look() -> tuple[str, bool]:
        status = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"]
        return status, status == "ACTIVE"

    wait_for(f"stream {name}", look, patience=patience, report=report)


def delete_stream(kinesis: KinesisClient, name: str) -> None:
    """Begin to delete the stream and all it holds, consumers registered on it or not."""
    with looking_for(STREAM, name, kinesis):
        kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def wait_until_stream_is_gone(
    kinesis: KinesisClient, name: str, *, patience: Patience = PATIENT, report: Report = lambda _: None
) -> None:
    """Return when AWS knows the stream no more."""

    def look() -> tuple[str, bool]:
        try:
            return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"], False
        except kinesis.exceptions.ResourceNotFoundException:
            return "DELETED", True

    wait_for(f"stream {name}", look, patience=patience, report=report)
