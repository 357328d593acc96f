"""The event that a function gets: Lambda developer guide, "Using Lambda to process records from Kinesis"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from aws_stage.engines.event_source_mapping.records import Batch, Record
from aws_stage.engines.event_source_mapping.tumbling_window import TumblingWindow


class Events:
    """Events of one shard; ``role`` is the function's execution role."""

    def __init__(self, stream_arn: str, shard_id: str, role: str) -> None:
        self._shard_id = shard_id
        self._stream_arn = stream_arn
        self._region = stream_arn.split(":")[3]
        self._role = role
        empty = self.record(Record(0, "0" * 56, "", "", 1_000_000_000.001))
        self.overhead = len(orjson.dumps(empty)) - 1  # a comma comes, the quotes of the key count with the key
        """Bytes of a record in an event beside its data and its partition key, at most."""

    def record(self, record: Record) -> dict[str, Any]:
        """One of an event's ``Records``."""
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.partition_key,
                "sequenceNumber": record.sequence_number,
                "data": record.data,
                "approximateArrivalTimestamp": record.arrival,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self._shard_id}:{record.sequence_number}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": self._role,
            "awsRegion": self._region,
            "eventSourceARN": self._stream_arn,
        }

    def event(self, batch: Batch, window: TumblingWindow | None) -> bytes:
        """The whole event, as JSON; of a tumbling window with its state."""
        event: dict[str, Any] = {"Records": [self.record(record) for record in batch.records]}
        if window is not None and batch.window is not None:
            event |= {
                "window": {"start": _instant(batch.window.start), "end": _instant(batch.window.end)},
                "state": window.state,
                "shardId": self._shard_id,
                "eventSourceARN": self._stream_arn,
                "isFinalInvokeForWindow": batch.window.final,
                "isWindowTerminatedEarly": batch.window.early,
            }
        return orjson.dumps(event)


def _instant(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
