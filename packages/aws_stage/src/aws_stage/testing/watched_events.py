"""Events of AWS services, as a rule of EventBridge delivers them to a queue."""

from __future__ import annotations

import json
import uuid
from typing import Any, Self

from aws_stage.testing import RunningStage


class WatchedEvents:
    """The events that match a pattern, from the moment that the block begins."""

    def __init__(self, stage: RunningStage, detail_type: str, **detail: str) -> None:
        self._events, self._sqs = stage.client("events"), stage.client("sqs")
        self._name = f"watched-{uuid.uuid4().hex[:8]}"
        self._pattern = {
            "source": ["aws.sagemaker"],
            "detail-type": [detail_type],
            **({"detail": {name: [value] for name, value in detail.items()}} if detail else {}),
        }
        self._queue = ""
        self.seen: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._queue = self._sqs.create_queue(QueueName=self._name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        self._events.put_rule(Name=self._name, EventPattern=json.dumps(self._pattern))
        self._events.put_targets(Rule=self._name, Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])
        return self

    def __exit__(self, *_: object) -> None:
        self._events.remove_targets(Rule=self._name, Ids=["queue"])
        self._events.delete_rule(Name=self._name)
        self._sqs.delete_queue(QueueUrl=self._queue)

    def details(self) -> list[dict[str, Any]]:
        """The ``detail`` of every event so far, in the order of their arrival."""
        for message in self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", []):
            self.seen.append(json.loads(message["Body"]))
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return [event["detail"] for event in self.seen]
