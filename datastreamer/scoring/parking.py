"""Parking what cannot be scored: one object a record in the bucket of failures, whole, with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from datastreamer.aws.faults import CALL_ERRORS, is_transient
from datastreamer.scoring.delivery import Delivery, Failed, Rejected
from datastreamer.scoring.pacing import Deadline

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX: Final = "failures/"


def parked_key(delivery: Delivery) -> str:
    """The key of a parked record: by its arrival hour (UTC), shard and sequence number, so always the same."""
    return f"{PREFIX}{delivery.arrived:%Y/%m/%d/%H}/{delivery.shard_id}-{delivery.sequence_number}.json"


@dataclass(frozen=True)
class Parking:
    """Where the function ``function`` parks. ``call_seconds`` is how long a call of S3 may take."""

    client: S3Client
    bucket: str
    function: str
    executor: Executor
    call_seconds: float

    def park(self, rejected: Sequence[tuple[Delivery, Rejected]], deadline: Deadline) -> Mapping[str, Failed]:
        """Park each record; the event ids of those that could not be, with the reason."""
        outcomes = self.executor.map(lambda pair: self._put(pair[0], pair[1], deadline), rejected)
        return {
            delivery.event_id: outcome
            for (delivery, _), outcome in zip(rejected, outcomes, strict=True)
            if outcome is not None
        }

    def _put(self, delivery: Delivery, rejected: Rejected, deadline: Deadline) -> Failed | None:
        now = datetime.fromtimestamp(deadline.clock.wall_ms() / 1000, UTC)
        body = {
            "reason": rejected.reason,
            "detail": rejected.detail,
            "parked_at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "function": self.function,
            "record": delivery.event_record,
        }
        if not deadline.allows(self.call_seconds):
            return Failed(f"no time was left to park it ({rejected.reason})")
        attempt = 0
        while True:
            try:
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=parked_key(delivery),
                    Body=json.dumps(body).encode(),
                    ContentType="application/json",
                )
            except CALL_ERRORS as error:
                if not is_transient(error) or not deadline.pause(attempt, self.call_seconds):
                    return Failed(f"it could not be parked ({rejected.reason}): {error}")
                attempt += 1
            else:
                return None
