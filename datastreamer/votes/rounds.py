"""Rounds: each vote belongs to the round in which it was taken, and each round has totals of its own.

A round is one item of the aggregation table, its totals and its state together, so that one read has both as they stood
at one moment. Its key sorts after that of the round before it, so that the current round is the last item:
docs/adr/0267-a-vote-carries-its-round.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from datastreamer.votes.vote import FIRST_ROUND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TOTALS: Final = "totals"
COUNTED: Final = "n#"
"""What the attribute of a candidate's votes begins with."""


def of_round(key: str, number: int) -> str:
    """A key of the aggregation table for one round. The first one's is the plain key, as before there were more."""
    return key if number == FIRST_ROUND else f"{key}#{number:06d}"


def totals_key(number: int) -> dict[str, Any]:
    """The key of a round's item."""
    return {"pk": {"S": TOTALS}, "sk": {"S": of_round(TOTALS, number)}}


@dataclass(frozen=True)
class Round:
    """A round as it stands. ``votes``: those counted, by candidate; who has none is not in it."""

    number: int
    votes: Mapping[str, int]
    version: int


class Rounds:
    """The rounds in the aggregation table; each read raises ClientError or BotoCoreError, as boto3 does."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def current(self) -> Round:
        """The round in which votes are taken now; one read."""
        found = self._client.query(**self._all(), ScanIndexForward=False, Limit=1)["Items"]
        return _round(found[0]) if found else _round(totals_key(FIRST_ROUND))

    def every(self) -> list[Round]:
        """Every round that has votes or was begun, in order."""
        pages = self._client.get_paginator("query").paginate(**self._all())
        return [_round(item) for page in pages for item in page["Items"]]

    def _all(self) -> Any:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :totals",
            "ExpressionAttributeValues": {":totals": {"S": TOTALS}},
            "ConsistentRead": True,
        }


def _round(item: Mapping[str, Any]) -> Round:
    number = int(item["sk"]["S"].partition("#")[2] or FIRST_ROUND)
    votes = {name.removeprefix(COUNTED): int(value["N"]) for name, value in item.items() if name.startswith(COUNTED)}
    return Round(number, votes, int(item["version"]["N"]) if "version" in item else 0)
