"""An event source mapping as it is kept and described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

TRANSITIONS = frozenset({"Creating", "Enabling", "Updating", "Disabling", "Deleting"})
"""States that pass."""


@dataclass(frozen=True)
class EventSourceMapping:
    """``configuration`` has the members of EventSourceMappingConfiguration, timestamps in seconds since the epoch.

    ``start`` is where shards without a position begin, None for the oldest record. ``enabled`` is what the last request
    wanted: the state follows it.
    """

    uuid: str
    configuration: dict[str, Any]
    tags: dict[str, str]
    start: float | None
    enabled: bool

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> EventSourceMapping:
        """What ``document`` gave."""
        return cls(**document)

    def document(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    @property
    def state(self) -> str:
        state: str = self.configuration["State"]
        return state

    @property
    def stream_arn(self) -> str:
        arn: str = self.configuration["EventSourceArn"]
        return arn

    @property
    def function_arn(self) -> str:
        """With its qualifier, when the mapping is of a version or an alias."""
        arn: str = self.configuration["FunctionArn"]
        return arn

    @property
    def patterns(self) -> Sequence[str]:
        """The filter patterns; none lets every record pass."""
        filters = (self.configuration.get("FilterCriteria") or {}).get("Filters") or []
        return [item["Pattern"] for item in filters if item.get("Pattern") is not None]

    @property
    def event_counts(self) -> bool:
        """Whether the mapping asks for metrics of its events."""
        return "EventCount" in (self.configuration.get("MetricsConfig") or {}).get("Metrics", [])

    @property
    def failure_destination(self) -> str | None:
        """The ARN of the on-failure destination."""
        on_failure = self.configuration["DestinationConfig"].get("OnFailure") or {}
        return on_failure.get("Destination") or None
