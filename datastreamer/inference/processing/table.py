"""Writing items into the table: 25 a call, several calls at a time, until each is stored or known not to be.

BatchWriteItem replaces an item of the same key, so writing one twice is harmless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from datastreamer.inference.processing.delivery import Failed, Rejected
from datastreamer.inference.processing.item import Item
from datastreamer.inference.processing.pacing import Deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEMS_A_CALL: Final = 25
"""What BatchWriteItem takes; 25 items of 400 KB are below its 16 MB."""
REFUSED: Final = "refused_by_table"

_THROTTLES: Final = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)

Key = tuple[str, str]


@dataclass(frozen=True)
class Table:
    """The predictions table. The client must not retry on its own; ``call_seconds`` is how long a call may take."""

    client: DynamoDBClient
    name: str
    executor: Executor
    call_seconds: float

    def write(self, items: Sequence[Item], deadline: Deadline) -> dict[Key, Rejected | Failed]:
        """Store ``items``; the keys of those that are not stored, with the reason. Of equal keys the last is stored."""
        distinct = list({key_of(item): item for item in items}.values())
        groups = [distinct[first : first + ITEMS_A_CALL] for first in range(0, len(distinct), ITEMS_A_CALL)]
        unstored: dict[Key, Rejected | Failed] = {}
        for outcome in self.executor.map(lambda group: self._write_group(group, deadline), groups):
            unstored |= outcome
        return unstored

    def _write_group(self, group: Sequence[Item], deadline: Deadline) -> dict[Key, Rejected | Failed]:
        attempt = 0
        while True:
            detail, left = self._put(group)
            if left is None:
                return self._apart(group, detail, deadline)
            if not left:
                return {}
            # A call that got something done is no reason to wait longer than after the first failure.
            attempt = 0 if len(left) < len(group) else attempt
            group = left
            if not deadline.pause(attempt, self.call_seconds):
                return {key_of(item): Failed(detail) for item in group}
            attempt += 1

    def _put(self, group: Sequence[Item]) -> tuple[str, Sequence[Item] | None]:
        """What went wrong, and what to write again; None when writing it again would be vain."""
        try:
            answer = self.client.batch_write_item(
                RequestItems={self.name: [{"PutRequest": {"Item": item}} for item in group]}
            )
        except ClientError as error:
            response: Any = error.response
            code = response.get("Error", {}).get("Code", "")
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            detail = f"table {self.name}: {code}: {response.get('Error', {}).get('Message', '')}"
            return detail, group if code in _THROTTLES or status >= 500 else None
        except (HTTPClientError, ResponseParserError) as error:
            return f"table {self.name} does not answer: {error}", group
        unprocessed: Any = answer.get("UnprocessedItems", {}).get(self.name, [])
        return f"table {self.name} is throttled", [request["PutRequest"]["Item"] for request in unprocessed]

    def _apart(self, group: Sequence[Item], detail: str, deadline: Deadline) -> dict[Key, Rejected | Failed]:
        """The group is refused: when it is an item's fault, find the item and store the others."""
        if "ValidationException" not in detail:
            return {key_of(item): Failed(detail) for item in group}
        if len(group) == 1:
            return {key_of(group[0]): Rejected(REFUSED, detail)}
        middle = len(group) // 2
        return self._write_group(group[:middle], deadline) | self._write_group(group[middle:], deadline)


def key_of(item: Mapping[str, Any]) -> Key:
    """The primary key of an item."""
    return item["pk"]["S"], item["sk"]["S"]
