"""Rounds: each vote belongs to the round in which it was taken, and each round has totals of its own.

A round is one item of the aggregation table, its totals and its state together, so that one read has both as they stood
at one moment. Its key sorts after that of the round before it, so that the current round is the last item:
docs/adr/0267-a-vote-carries-its-round.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from datastreamer.votes.vote import FIRST_ROUND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TOTALS: Final = "totals"
COUNTED: Final = "n#"
"""What the attribute of a candidate's votes begins with."""
SHOWN: Final = "shown#"
"""And that of the votes that it had when the round was frozen."""

OPEN: Final = "open"
FROZEN: Final = "frozen"
"""Votes are taken and counted, and what everybody is told stands still."""
CLOSED: Final = "closed"
"""Votes are refused."""


def of_round(key: str, number: int) -> str:
    """A key of the aggregation table for one round. The first one's is the plain key, as before there were more."""
    return key if number == FIRST_ROUND else f"{key}#{number:06d}"


def totals_key(number: int) -> dict[str, Any]:
    """The key of a round's item."""
    return {"pk": {"S": TOTALS}, "sk": {"S": of_round(TOTALS, number)}}


@dataclass(frozen=True)
class Round:
    """A round as it stands. ``votes``: those counted, by candidate; who has none is not in it.

    ``version`` grows with each batch counted, and with each change of ``state``. ``began_ms`` is None for a round that
    nobody began, ``changed_ms`` while its state is the first one, ``archived_ms`` until it has its row in the lake; all
    in milliseconds since the epoch.
    """

    number: int = FIRST_ROUND
    state: str = OPEN
    votes: Mapping[str, int] = field(default_factory=dict)
    shown: Mapping[str, int] = field(default_factory=dict)
    version: int = 0
    began_ms: int | None = None
    changed_ms: int | None = None
    archived_ms: int | None = None

    @property
    def told(self) -> Mapping[str, int]:
        """The votes that everybody is told: those counted, or those of the moment at which it was frozen."""
        return self.shown if self.state == FROZEN else self.votes


class Rounds:
    """The rounds in the aggregation table; each read raises ClientError or BotoCoreError, as boto3 does."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def current(self) -> Round:
        """The round in which votes are taken now; one read."""
        found = self._client.query(**self._all(), ScanIndexForward=False, Limit=1)["Items"]
        return _round(found[0]) if found else Round()

    def every(self) -> list[Round]:
        """Every round, in order; the first one also where nobody began it, and it has no votes."""
        pages = self._client.get_paginator("query").paginate(**self._all())
        found = [_round(item) for page in pages for item in page["Items"]]
        return found if found and found[0].number == FIRST_ROUND else [Round(), *found]

    def _all(self) -> Any:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :totals",
            "ExpressionAttributeValues": {":totals": {"S": TOTALS}},
            "ConsistentRead": True,
        }


def _round(item: Mapping[str, Any]) -> Round:
    def numbers(prefix: str) -> dict[str, int]:
        return {name.removeprefix(prefix): int(value["N"]) for name, value in item.items() if name.startswith(prefix)}

    def number(name: str) -> int | None:
        return int(item[name]["N"]) if name in item else None

    return Round(
        number=int(item["sk"]["S"].partition("#")[2] or FIRST_ROUND),
        state=item["state"]["S"] if "state" in item else OPEN,
        votes=numbers(COUNTED),
        shown=numbers(SHOWN),
        version=number("version") or 0,
        began_ms=number("began_at"),
        changed_ms=number("changed_at"),
        archived_ms=number("archived_at"),
    )
