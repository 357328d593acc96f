"""A delivery stream: what is stored of it and how the API describes it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from aws_stage.engines.firehose.destination import S3_FIELDS, Destination
from aws_stage.engines.firehose.search.settings import described
from aws_stage.engines.firehose.search.target import SearchTarget
from aws_stage.storage.store import Document

DESTINATION_ID = "destinationId-000000000001"
KINESIS = "KinesisStreamAsSource"
DIRECT_PUT = "DirectPut"


@dataclass(frozen=True)
class DeliveryStream:
    """One version of a delivery stream.

    ``uid`` tells a stream from an earlier one of the same name. ``config`` is the completed
    ExtendedS3DestinationConfiguration; of a stream to OpenSearch it is the S3 side of ``search``, which is the
    completed AmazonopensearchserviceDestinationConfiguration. Times are seconds since the epoch. ``start_position`` is
    where a Kinesis source begins: ``LATEST`` (at ``created``) or ``TRIM_HORIZON``.
    """

    name: str
    arn: str
    uid: str
    kind: str
    version: int
    created: float
    updated: float | None
    config: dict[str, Any]
    source: dict[str, str] | None = None
    start_position: str = "LATEST"
    encryption: dict[str, str] = field(default_factory=lambda: {"Status": "DISABLED"})
    tags: dict[str, str] = field(default_factory=dict)
    search: dict[str, Any] | None = None

    @classmethod
    def from_document(cls, document: Document) -> DeliveryStream:
        return cls(**document)

    def document(self) -> Document:
        """What the store keeps."""
        return asdict(self)

    @cached_property
    def destination(self) -> Destination:
        """Where objects go; of a stream to OpenSearch the failed documents, and all of them where it says so."""
        found = Destination.from_config(self.config)
        backs_up = self.search_target is not None and self.search_target.all_documents
        return replace(found, backup=found.target) if backs_up else found

    @cached_property
    def search_target(self) -> SearchTarget | None:
        """Where documents go, of a stream to OpenSearch."""
        return None if self.search is None else SearchTarget.from_config(self.search)

    def description(self) -> dict[str, Any]:
        """The ``DeliveryStreamDescription`` of DescribeDeliveryStream."""
        description: dict[str, Any] = {
            "DeliveryStreamName": self.name,
            "DeliveryStreamARN": self.arn,
            "DeliveryStreamStatus": "ACTIVE",
            "DeliveryStreamEncryptionConfiguration": self.encryption,
            "DeliveryStreamType": self.kind,
            "VersionId": str(self.version),
            "CreateTimestamp": self.created,
            "Destinations": [self._destination_description()],
            "HasMoreDestinations": False,
        }
        if self.updated is not None:
            description["LastUpdateTimestamp"] = self.updated
        if self.source is not None:
            source = {**self.source, "DeliveryStartTimestamp": self.created}
            description["Source"] = {"KinesisStreamSourceDescription": source}
        return description

    def _destination_description(self) -> dict[str, Any]:
        if self.search is None:
            return _destination_description(self.config)
        return {
            "DestinationId": DESTINATION_ID,
            "AmazonopensearchserviceDestinationDescription": described(self.search),
        }


def _destination_description(config: dict[str, Any]) -> dict[str, Any]:
    extended = dict(config)
    backup = extended.pop("S3BackupConfiguration", None)
    if backup is not None:
        extended["S3BackupDescription"] = backup
    return {
        "DestinationId": DESTINATION_ID,
        "S3DestinationDescription": {name: config[name] for name in S3_FIELDS if name in config},
        "ExtendedS3DestinationDescription": extended,
    }
