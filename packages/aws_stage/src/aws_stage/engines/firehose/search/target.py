"""Where documents go: the domain, and the name of the index by the time at which a record arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_SATURDAY = 5


@dataclass(frozen=True)
class SearchTarget:
    """What a delivery needs to know of an OpenSearch destination. ``retry`` is in seconds."""

    domain_arn: str
    index: str
    rotation: str
    retry: float
    has_ids: bool
    all_documents: bool
    type_name: str

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SearchTarget:
        """Parse a completed ``AmazonopensearchserviceDestinationConfiguration``."""
        return cls(
            domain_arn=config["DomainARN"],
            index=config["IndexName"],
            rotation=config["IndexRotationPeriod"],
            retry=float(config["RetryOptions"]["DurationInSeconds"]),
            has_ids=(config.get("DocumentIdOptions") or {}).get("DefaultDocumentIdFormat") != "NO_DOCUMENT_ID",
            all_documents=config["S3BackupMode"] == "AllDocuments",
            type_name=config.get("TypeName") or "",
        )

    def index_at(self, arrival: float) -> str:
        """The index of a record that arrived then, in seconds since the epoch.

        docs.aws.amazon.com/firehose/latest/dev/es-index-rotation.html: by UTC; a week starts on Sunday, and the first
        one of a year is the first that contains a Saturday of it. (The page's example, w08 for 2016-02-25, is by
        another rule than the one that it states.)
        """
        moment = datetime.fromtimestamp(arrival, UTC)
        if self.rotation == "NoRotation":
            return self.index
        if self.rotation == "OneWeek":
            saturday = moment + timedelta(days=(_SATURDAY - moment.weekday()) % 7)
            return f"{self.index}-{saturday.year}-w{(saturday.timetuple().tm_yday - 1) // 7 + 1:02d}"
        pattern = {"OneHour": "%Y-%m-%d-%H", "OneDay": "%Y-%m-%d", "OneMonth": "%Y-%m"}[self.rotation]
        return f"{self.index}-{moment.strftime(pattern)}"
