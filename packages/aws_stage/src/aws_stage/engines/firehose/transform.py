"""Transforms batches of records with a Lambda function, as Firehose's data transformation does.

Shapes and failures: Amazon Data Firehose Developer Guide, "Transform source data", "Required parameters for data
transformation", "Handle failure in data transformation", and the error codes of "Monitor using CloudWatch Logs".
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws_stage.engines.firehose.buffer import Outcome
from aws_stage.engines.firehose.delivery_stream import DeliveryStream
from aws_stage.engines.firehose.destination import Transform
from aws_stage.engines.firehose.records import Record
from aws_stage.kernel.clock import Clock

RETRY_DELAY = 1.0
"""Seconds between attempts to invoke the function."""


@dataclass(frozen=True)
class Failure:
    """Why a record, or a whole batch, could not be transformed."""

    code: str
    message: str


MISSING = Failure(
    "Lambda.MissingRecordId",
    "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.",
)
DUPLICATED = Failure(
    "Lambda.DuplicatedRecordId",
    "Multiple records with the same record ID were returned. Ensure that the Lambda function returns unique record IDs "
    "for each record.",
)
MALFORMED = Failure(
    "Lambda.JsonProcessingException",
    "There was an error parsing returned records from the Lambda function. Ensure that the returned records follow the "
    "status model required by Amazon Data Firehose.",
)
FAILED_STATUS = Failure("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
FUNCTION_ERROR = Failure(
    "Lambda.FunctionError", "The Lambda function was successfully invoked but it returned an error result."
)


@dataclass(frozen=True)
class Batch:
    """What became of the records of one batch, and how often each failure occurred."""

    outcomes: list[Outcome]
    failures: Counter[Failure]


class Transformer:
    """Invokes one function for batches of one delivery stream."""

    def __init__(self, client: Any, clock: Clock, stream: DeliveryStream, settings: Transform) -> None:
        self._client = client
        self._clock = clock
        self._stream = stream
        self._settings = settings

    def run(self, records: Sequence[Record]) -> Batch:
        """Transform ``records``; a record that cannot be transformed comes out as its error record."""
        answer: Any = None
        failure: Failure | None = None
        attempts = 0
        while attempts <= self._settings.retries:
            if attempts:
                self._clock.sleep(RETRY_DELAY)
            attempts += 1
            answer, failure = self._invoke(records)
            if failure is None:
                break
        returned = {} if failure else _by_id(answer)
        if returned is None:
            failure = MALFORMED
        batch = Batch([], Counter())
        for record in records:
            verdict = failure or _verdict((returned or {}).get(_record_id(record), []))
            if isinstance(verdict, Failure):
                batch.failures[verdict] += 1
                batch.outcomes.append(Outcome(record, None, self._envelope(record, verdict, attempts)))
            else:
                batch.outcomes.append(Outcome(record, verdict))
        return batch

    def _invoke(self, records: Sequence[Record]) -> tuple[Any, Failure | None]:
        try:
            response = self._client.invoke(
                FunctionName=self._settings.function_arn, Payload=json.dumps(self._event(records)).encode()
            )
            payload = response["Payload"].read()
        except ClientError as error:
            details = error.response["Error"]
            return None, Failure(f"Lambda.{details['Code']}", details.get("Message", ""))
        except BotoCoreError as error:
            return None, Failure("Lambda.FunctionRequestTimedOut", str(error))
        if response.get("FunctionError"):
            return None, FUNCTION_ERROR
        try:
            return json.loads(payload), None
        except ValueError:
            return None, MALFORMED

    def _event(self, records: Sequence[Record]) -> dict[str, Any]:
        event: dict[str, Any] = {
            "invocationId": str(uuid.uuid4()),
            "deliveryStreamArn": self._stream.arn,
            "region": self._stream.arn.split(":")[3],
            "records": [self._event_record(record) for record in records],
        }
        if self._stream.source is not None:
            event["sourceKinesisStreamArn"] = self._stream.source["KinesisStreamARN"]
        return event

    def _event_record(self, record: Record) -> dict[str, Any]:
        arrival = round(record.arrival * 1000)
        item: dict[str, Any] = {
            "recordId": _record_id(record),
            "approximateArrivalTimestamp": arrival,
            "data": base64.b64encode(record.data).decode(),
        }
        if self._stream.source is not None:
            item["kinesisRecordMetadata"] = {
                "sequenceNumber": record.position,
                "subsequenceNumber": record.subsequence,
                "partitionKey": record.partition_key,
                "shardId": record.partition,
                "approximateArrivalTimestamp": arrival,
            }
        return item

    def _envelope(self, record: Record, failure: Failure, attempts: int) -> bytes:
        """One line of an error object; times are milliseconds since the epoch."""
        document = {
            "attemptsMade": attempts,
            "arrivalTimestamp": round(record.arrival * 1000),
            "errorCode": failure.code,
            "errorMessage": failure.message,
            "attemptEndingTimestamp": round(self._clock.now().timestamp() * 1000),
            "rawData": base64.b64encode(record.data).decode(),
            "lambdaArn": self._settings.function_arn,
        }
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _record_id(record: Record) -> str:
    return f"{record.position}{record.subsequence:06d}"


def _by_id(answer: Any) -> dict[str, list[Any]] | None:
    """The returned records by id; None when the answer is not of the required form."""
    if not isinstance(answer, dict) or not isinstance(answer.get("records"), list):
        return None
    found: dict[str, list[Any]] = {}
    for item in answer["records"]:
        if not isinstance(item, dict):
            return None
        found.setdefault(str(item.get("recordId")), []).append(item)
    return found


def _verdict(items: list[Any]) -> bytes | Failure | None:
    """What to deliver: bytes, None when the function dropped the record, or why it failed."""
    if len(items) != 1:
        return DUPLICATED if items else MISSING
    result = items[0].get("result")
    if result == "Dropped":
        return None
    if result == "ProcessingFailed":
        return FAILED_STATUS
    if result != "Ok":
        return MALFORMED
    try:
        return base64.b64decode(items[0].get("data"), validate=True)
    except (binascii.Error, TypeError, ValueError):
        return MALFORMED
