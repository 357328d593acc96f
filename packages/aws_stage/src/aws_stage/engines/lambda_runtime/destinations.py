"""Where the outcome of an asynchronous invocation goes: the function's destinations, and its dead-letter queue.

docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger("aws_stage.lambda")


@dataclass(frozen=True)
class Finished:
    """An event that is not tried again: ``Success``, ``RetriesExhausted`` or ``EventAgeExceeded``."""

    function_arn: str
    event: Any
    condition: str
    attempts: int
    config: Mapping[str, Any]
    result: Mapping[str, Any]

    def record(self) -> dict[str, Any]:
        """The invocation record."""
        now = datetime.now(UTC)
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": self.config.get("Version", "$LATEST")}
        if self.condition != "Success":
            context["functionError"] = self.result.get("function_error") or "Unhandled"
        return {
            "version": "1.0",
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": self.function_arn,
                "condition": self.condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": self.event,
            "responseContext": context,
            "responsePayload": self.result.get("body"),
        }


class Destinations:
    """Delivers through the stage's own API, from worker threads."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client

    def tell(self, finished: Finished, settings: Mapping[str, Any]) -> None:
        """Send the record where the function's settings say, and a failed event to its dead-letter queue."""
        kind = "OnSuccess" if finished.condition == "Success" else "OnFailure"
        target = ((settings.get("DestinationConfig") or {}).get(kind) or {}).get("Destination")
        if target:
            self._send(target, finished.function_arn, json.dumps(finished.record()), {})
        dead_letters = (finished.config.get("DeadLetterConfig") or {}).get("TargetArn")
        if dead_letters and kind == "OnFailure":
            error = finished.result.get("body")
            message = error.get("errorMessage", "") if isinstance(error, dict) else str(error)
            attributes = {
                "RequestID": {"DataType": "String", "StringValue": str(uuid.uuid4())},
                "ErrorCode": {"DataType": "Number", "StringValue": "200"},
                "ErrorMessage": {"DataType": "String", "StringValue": message[:1024] or "-"},
            }
            self._send(dead_letters, finished.function_arn, json.dumps(finished.event), attributes)

    def _send(self, target: str, function_arn: str, body: str, attributes: dict[str, Any]) -> None:
        service, _, _, resource = target.split(":", 5)[2:6]
        try:
            if service == "sqs":
                sqs = self._client("sqs")
                url = sqs.get_queue_url(QueueName=resource)["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
            elif service == "sns":
                self._client("sns").publish(TopicArn=target, Message=body, MessageAttributes=attributes)
            elif service == "lambda":
                self._client("lambda").invoke(FunctionName=target, Payload=body, InvocationType="Event")
            elif service == "events":
                entry = {
                    "Source": "lambda",
                    "DetailType": "Lambda Function Invocation Result",
                    "Detail": body,
                    "Resources": [target, function_arn],
                    "EventBusName": resource.removeprefix("event-bus/"),
                }
                self._client("events").put_events(Entries=[entry])
            else:
                logger.error("the record of %s cannot be sent to %s", function_arn, target)
        except (ClientError, BotoCoreError) as error:
            logger.error("the record of %s did not reach %s: %s", function_arn, target, error)  # noqa: TRY400
