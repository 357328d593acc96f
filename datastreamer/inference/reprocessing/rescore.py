"""Scoring again what a model predicted: the function is invoked with the records as their items hold them.

An item keeps the whole record, its arrival time and its sequence number, so the new prediction takes the old one's
place, all of it or nothing. What has been scored again names another model: running it again goes on where it was
interrupted, and adds nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import orjson

from datastreamer.errors import UsageError
from datastreamer.inference.missing import TABLE, looking_for
from datastreamer.inference.predictions import Item, made_by, plain
from datastreamer.inference.processing.item import sort_key
from datastreamer.inference.reprocessing.invocations import StillFailing, invocations, invoke
from datastreamer.inference.reprocessing.parked import EventRecord
from datastreamer.inference.resources.endpoints import describe_endpoint, models_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sagemaker import SageMakerClient

UNREADABLE: Final = "unreadable_item"


@dataclass(frozen=True)
class Wanted:
    """Which predictions: those that ``model`` made (None: those that name none) of records that arrived in time.

    ``since`` is in it, ``until`` is not; both aware.
    """

    model: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Rescored:
    """Some items that were found among ``scanned`` others, and those of them that keep their old prediction."""

    scanned: int
    found: int
    failing: tuple[StillFailing, ...] = ()


def serving_models(sagemaker: SageMakerClient, endpoint: str, model: str | None) -> list[str]:
    """The models that serve ``endpoint``; raises UsageError when ``model`` is one of them, or may still be."""
    found = describe_endpoint(sagemaker, endpoint)
    if found.status != "InService":
        raise UsageError(f"endpoint {endpoint} is {found.status}; score again when it is InService")
    models = models_of(sagemaker, found.config)
    if model in models:
        raise UsageError(
            f"model {model} serves endpoint {endpoint} now and would predict the same. Promote another first: "
            f"datastreamer inference rollback {endpoint}"
        )
    return models


def rescore(
    dynamodb: DynamoDBClient, functions: LambdaClient, *, table: str, function: str, wanted: Wanted
) -> Iterator[Rescored]:
    """Score each of ``wanted`` again through ``function``; yields what became of some when it is known.

    Reads the whole table. Raises ConfigurationError when there is no such table or function, or it cannot replay.
    """
    number = 0
    for scanned, items in _pages(dynamodb, table, wanted):
        records: dict[str, EventRecord] = {}
        unreadable = []
        for item in items:
            number += 1
            record = event_record(item, number)
            if record is None:
                name = f"{item.get('pk')}, {item.get('sk')}"
                unreadable.append(StillFailing(name, UNREADABLE, "the item does not hold the record that made it"))
            else:
                records[record["eventID"]] = record
        yield Rescored(scanned, len(unreadable), tuple(unreadable))
        for event in invocations(list(records.values())):
            failing = invoke(event, functions, function)
            yield Rescored(0, len(event), tuple(failing.values()))


def event_record(item: Item, number: int) -> EventRecord | None:
    """The Kinesis event record that makes ``item`` anew; None when it would make another item.

    ``number`` tells it from the others of an event: which shard it came from is not kept.
    """
    try:
        arrival, sequence = int(item["timestamp"]), str(item["kinesis_sequence"])
        document = dict(item["input"])
        if item["pk"] != document["id"] or item["sk"] != sort_key(arrival, sequence):
            return None
        # A number that DynamoDB cannot hold is text of its digits in the item, and was a number in the record.
        document["data"] = [Decimal(value) for value in document["data"]]
        data = orjson.dumps(document, default=_number)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": document["id"],
            "sequenceNumber": sequence,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": arrival / 1000,
        },
        "eventSource": "aws:kinesis",
        "eventID": f"again-{number}:{sequence}",
        "eventName": "aws:kinesis:record",
    }


def _pages(dynamodb: DynamoDBClient, table: str, wanted: Wanted) -> Iterator[tuple[int, list[Item]]]:
    """How many items each page of the table has, and those that are wanted."""
    names = {"#model": "model", "#timestamp": "timestamp"}
    since, until = (_milliseconds(each) for each in (wanted.since, wanted.until))
    values: dict[str, Any] = {":since": {"N": str(since)}, ":until": {"N": str(until)}}
    which = "attribute_not_exists(#model)"
    if wanted.model is not None:
        which = "contains(#model, :model)"
        values[":model"] = {"S": wanted.model}
    request: dict[str, Any] = {
        "TableName": table,
        "ConsistentRead": True,
        "FilterExpression": f"#timestamp >= :since AND #timestamp < :until AND {which}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    with looking_for(TABLE, table, dynamodb):
        while True:
            page = dynamodb.scan(**request)
            items = map(plain, page["Items"])
            yield page["ScannedCount"], [item for item in items if wanted.model is None or made_by(item, wanted.model)]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _number(value: object) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is no JSON")
