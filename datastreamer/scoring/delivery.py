"""One record as Lambda delivers it, and what becomes of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Delivery:
    """A Kinesis record of a Lambda event.

    ``event_id`` (``<shard>:<sequence number>``) names it for ever; ``arrival_ms`` is when Kinesis took it (ms since the
    epoch); ``event_record`` is the whole event record as Lambda gave it.
    """

    event_id: str
    shard_id: str
    sequence_number: str
    arrival_ms: int
    payload: bytes
    event_record: Mapping[str, Any]

    @classmethod
    def of(cls, event_record: Mapping[str, Any]) -> Delivery:
        """The delivery that an element of the event's ``Records`` describes."""
        kinesis = event_record["kinesis"]
        event_id: str = event_record["eventID"]
        return cls(
            event_id=event_id,
            shard_id=event_id.partition(":")[0],
            sequence_number=kinesis["sequenceNumber"],
            arrival_ms=round(kinesis["approximateArrivalTimestamp"] * 1000),
            payload=base64.b64decode(kinesis["data"]),
            event_record=event_record,
        )

    @property
    def arrived(self) -> datetime:
        """The arrival time, aware, UTC."""
        return datetime.fromtimestamp(self.arrival_ms // 1000, UTC).replace(microsecond=self.arrival_ms % 1000 * 1000)


@dataclass(frozen=True, slots=True)
class Scored:
    """The model's answer for a record: one score, or a vector of several. ``model`` None: not known which gave it."""

    scores: tuple[Decimal, ...]
    variant: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The record will never be scored as it is: park it whole with this reason."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Something else went wrong: deliver the record again."""

    detail: str


Outcome = Scored | Rejected | Failed
"""Of the row of a record."""
