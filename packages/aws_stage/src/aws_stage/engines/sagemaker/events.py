"""The events of SageMaker on EventBridge's default bus.

Shapes: Amazon SageMaker Developer Guide, "Events that Amazon SageMaker AI sends to Amazon EventBridge".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from aws_stage.kernel.engine import Stage

SOURCE = "aws.sagemaker"


class Events:
    """Sends what changed; a stage that is going down may lose an event, as AWS may send one twice."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def send(self, detail_type: str, detail: Mapping[str, Any], *resources: str) -> None:
        """``resources`` are the ARNs that the event is about."""
        self._stage.publish(SOURCE, detail_type, dict(detail), resources)


def milliseconds(document: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The document with these times, which are in seconds, in milliseconds: as most of the events have them."""
    return {
        name: round(value * 1000) if name in names and isinstance(value, int | float) else value
        for name, value in document.items()
    }


def written_time(seconds: float) -> str:
    """``2021-02-24T17:00:14Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tags_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Tags by their keys."""
    return {tag["Key"]: tag["Value"] for tag in document.get("Tags") or []}
