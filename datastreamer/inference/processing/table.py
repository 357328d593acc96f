"""Writing items into the table: 25 a call, several calls at a time, until each is stored or known not to be.

BatchWriteItem replaces an item of the same key, so writing one twice is harmless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from datastreamer.aws.faults import CALL_ERRORS, code_of, is_transient
from datastreamer.inference.processing.item import Item
from datastreamer.scoring.delivery import Failed, Rejected
from datastreamer.scoring.pacing import Deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEMS_A_CALL: Final = 25
"""What BatchWriteItem takes; 25 items of 400 KB are below its 16 MB."""
REFUSED: Final = "refused_by_table"

Key = tuple[str, str]
Unstored = dict[Key, Rejected | Failed]


@dataclass(frozen=True)
class Table:
    """The predictions table. The client must not retry on its own; ``call_seconds`` is how long a call may take."""

    client: DynamoDBClient
    name: str
    executor: Executor
    call_seconds: float

    def write(self, items: Mapping[str, Item], deadline: Deadline) -> Mapping[str, Rejected | Failed]:
        """Store ``items``, by event id; returns those that are not stored. Of equal keys the last is stored."""
        unstored = self._write(list(items.values()), deadline)
        if not unstored:
            return {}
        return {event_id: unstored[key_of(item)] for event_id, item in items.items() if key_of(item) in unstored}

    def _write(self, items: Sequence[Item], deadline: Deadline) -> Unstored:
        distinct = list({key_of(item): item for item in items}.values())
        groups = [distinct[first : first + ITEMS_A_CALL] for first in range(0, len(distinct), ITEMS_A_CALL)]
        unstored: Unstored = {}
        for outcome in self.executor.map(lambda group: self._write_group(group, deadline), groups):
            unstored |= outcome
        return unstored

    def _write_group(self, group: Sequence[Item], deadline: Deadline) -> Unstored:
        if not deadline.allows(self.call_seconds):
            return _all(group, Failed(f"no time was left to write into table {self.name}"))
        attempt = 0
        while True:
            try:
                left = self._put(group)
                if not left:
                    return {}
                detail = f"table {self.name} is throttled"
                # A call that got something done is no reason to wait longer than after the first failure.
                attempt = 0 if len(left) < len(group) else attempt
                group = left
            except CALL_ERRORS as error:
                if code_of(error) == "ValidationException":
                    return self._apart(group, str(error), deadline)
                detail = f"table {self.name}: {error}"
                if not is_transient(error):
                    return _all(group, Failed(detail))
            if not deadline.pause(attempt, self.call_seconds):
                return _all(group, Failed(detail))
            attempt += 1

    def _put(self, group: Sequence[Item]) -> Sequence[Item]:
        """Write a group by one call; the items that the table left unprocessed."""
        answer = self.client.batch_write_item(
            RequestItems={self.name: [{"PutRequest": {"Item": item}} for item in group]}
        )
        unprocessed: Any = answer.get("UnprocessedItems", {}).get(self.name, [])
        return [request["PutRequest"]["Item"] for request in unprocessed]

    def _apart(self, group: Sequence[Item], detail: str, deadline: Deadline) -> Unstored:
        """Halve a group that is refused for one of its items, until that one is alone; store the others."""
        if len(group) == 1:
            return _all(group, Rejected(REFUSED, detail))
        middle = len(group) // 2
        return self._write_group(group[:middle], deadline) | self._write_group(group[middle:], deadline)


def key_of(item: Mapping[str, Any]) -> Key:
    """The primary key of an item."""
    return item["pk"]["S"], item["sk"]["S"]


def _all(group: Sequence[Item], outcome: Rejected | Failed) -> Unstored:
    return {key_of(item): outcome for item in group}
