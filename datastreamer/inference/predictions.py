"""Reading predictions from their table: those of one id, newest first, or all of them, page by page."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from datastreamer.errors import UsageError
from datastreamer.inference.missing import TABLE, looking_for
from datastreamer.scoring.serving import EITHER

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item of the table with plain values; numbers are Decimal, exactly as stored."""


class _Exact(TypeDeserializer):
    """Takes every number that DynamoDB gives. boto3's own raises for one of more than 38 digits, zeros included, and
    DynamoDB writes what it got as 1E+38 with 39."""

    def _deserialize_n(self, value: str) -> Decimal:
        return Decimal(value)


_DESERIALIZE = _Exact().deserialize


@dataclass(frozen=True)
class Choice:
    """Which predictions: only those labelled 1 (``anomalies``), only those that ``model`` made or may have made."""

    anomalies: bool = False
    model: str | None = None

    def request(self) -> dict[str, Any]:
        """The filter as DynamoDB takes it; it lets items of a model pass whose name holds ``model``."""
        conditions: list[str] = []
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        if self.anomalies:
            conditions.append("#prediction.#label = :one")
            names |= {"#prediction": "prediction", "#label": "label"}
            values[":one"] = {"N": "1"}
        if self.model is not None:
            conditions.append("contains(#model, :model)")
            names["#model"] = "model"
            values[":model"] = {"S": self.model}
        if not conditions:
            return {}
        return {
            "FilterExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }

    def of(self, items: Iterable[Any]) -> list[Item]:
        """Those of DynamoDB's ``items`` that are meant, with plain values."""
        return [item for item in map(plain, items) if self.model is None or made_by(item, self.model)]


EVERY = Choice()


def made_by(item: Item, model: str) -> bool:
    """Whether ``model`` made the prediction, or is one of two that may have."""
    return model in str(item.get("model", "")).split(EITHER)


@dataclass(frozen=True)
class Page:
    """Some items, and the token of the page after them (None: there is none)."""

    items: list[Item]
    token: str | None


def query_predictions(
    dynamodb: DynamoDBClient,
    table: str,
    identifier: str,
    *,
    limit: int,
    since: datetime | None = None,
    choice: Choice = EVERY,
) -> list[Item]:
    """The newest ``limit`` predictions of record id ``identifier``, newest first.

    ``since``: only records that arrived then or later. ``choice``: only those.
    Raises ConfigurationError when there is no such table.
    """
    filters = choice.request()
    condition, values = "pk = :pk", {":pk": {"S": identifier}}
    if since:
        # A sort key begins with its arrival time in this form, so that text order is order in time.
        condition += " AND sk >= :since"
        values[":since"] = {"S": f"{since:%Y-%m-%dT%H:%M:%S}.{since.microsecond // 1000:03d}"}
    request: dict[str, Any] = {
        **filters,
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {**filters.get("ExpressionAttributeValues", {}), **values},
        "ScanIndexForward": False,
    }
    if not filters:
        request["Limit"] = limit
    items: list[Item] = []
    with looking_for(TABLE, table, dynamodb):
        while len(items) < limit:
            page = dynamodb.query(**request)
            items += choice.of(page["Items"])
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return items[:limit]


def scan_page(
    dynamodb: DynamoDBClient, table: str, *, limit: int, token: str | None = None, choice: Choice = EVERY
) -> Page:
    """At most ``limit`` items, in no order of time, from where ``token`` says.

    With a ``choice``, ``limit`` items are read and those that are meant are given.
    Raises ConfigurationError when there is no such table, UsageError for a token that is none of its pages'.
    """
    request: dict[str, Any] = {**choice.request(), "TableName": table, "Limit": limit}
    if token:
        request["ExclusiveStartKey"] = _key_of(token)
    with looking_for(TABLE, table, dynamodb):
        page = dynamodb.scan(**request)
    last = page.get("LastEvaluatedKey")
    return Page(choice.of(page["Items"]), _token_of(last) if last else None)


def scan_all(dynamodb: DynamoDBClient, table: str, *, choice: Choice = EVERY) -> Iterator[Item]:
    """Every item, a page of 1 MB in memory at a time."""
    request: dict[str, Any] = {**choice.request(), "TableName": table}
    with looking_for(TABLE, table, dynamodb):
        while True:
            page = dynamodb.scan(**request)
            yield from choice.of(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def plain(item: Any) -> Item:
    """DynamoDB's ``item`` with plain values."""
    return {name: _DESERIALIZE(value) for name, value in item.items()}


def _token_of(key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([key["pk"]["S"], key["sk"]["S"]]).encode()).decode().rstrip("=")


def _key_of(token: str) -> dict[str, Any]:
    try:
        pk, sk = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError, binascii.Error) as error:
        raise UsageError("that is no page token; give the one that the page before ended with, or none") from error
    return {"pk": {"S": pk}, "sk": {"S": sk}}
