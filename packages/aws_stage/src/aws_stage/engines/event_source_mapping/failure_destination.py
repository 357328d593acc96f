"""On-failure destinations: what is sent where when a batch is given up.

Lambda developer guide, "Retain discarded batch records for a Kinesis Data Streams event source in Lambda".
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aws_stage.engines.event_source_mapping.lane import Condition
from aws_stage.engines.event_source_mapping.records import Batch
from aws_stage.kernel.clock import Clock


def invocation_record(
    batch: Batch, condition: Condition, *, function_arn: str, stream_arn: str, shard_id: str, now: datetime
) -> dict[str, Any]:
    """What every kind of destination is told; a batch that never ran has no response."""
    answer = batch.answer
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": (answer.request_id if answer else "") or str(uuid.uuid4()),
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": max(1, batch.failures),
        }
    }
    if condition == "RetryAttemptsExhausted" and answer is not None:
        record["responseContext"] = {
            "statusCode": answer.status,
            "executedVersion": answer.executed_version,
            "functionError": answer.function_error,
        }
    info: dict[str, Any] = {"shardId": shard_id}
    if batch.records:
        first, last = batch.records[0], batch.records[-1]
        info |= {
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": _instant(datetime.fromtimestamp(first.arrival, UTC)),
            "approximateArrivalOfLastRecord": _instant(datetime.fromtimestamp(last.arrival, UTC)),
        }
    info |= {"batchSize": len(batch.records), "streamArn": stream_arn}
    return {**record, "version": "1.0", "timestamp": _instant(now), "KinesisBatchInfo": info}


class FailureDestination:
    """The queue, topic or bucket ``arn`` of one mapping."""

    def __init__(self, client: Callable[[str], Any], clock: Clock, arn: str, mapping: str) -> None:
        self._client = client
        self._clock = clock
        self._arn = arn
        self._mapping = mapping

    def deliver(self, record: dict[str, Any], event: Callable[[], bytes]) -> None:
        """Send an invocation record, to a bucket with the whole ``event``; raises botocore's errors."""
        service, name = self._arn.split(":")[2], self._arn.rpartition(":")[2]
        if service == "s3":
            body = json.dumps({**record, "payload": event().decode()}).encode()
            key = self._key(record["KinesisBatchInfo"]["shardId"])
            self._client("s3").put_object(Bucket=name, Key=key, Body=body, ContentType="application/json")
        elif service == "sqs":
            queue = self._client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
            self._client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(record))
        else:
            self._client("sns").publish(TopicArn=self._arn, Message=json.dumps(record))

    def _key(self, shard_id: str) -> str:
        now = self._clock.now()
        return f"aws/lambda/{self._mapping}/{shard_id}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
