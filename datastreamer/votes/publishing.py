"""Telling every browser: at most four updates a second, whoever counts, and the last one is never left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.aws.clock import Clock
from datastreamer.aws.faults import code_of
from datastreamer.votes.connections import Connections
from datastreamer.votes.totals import TotalsReader

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INTERVAL_MS: Final = 250
PUBLICATION: Final = "publication"
SKEW_MS: Final = 100
"""How far the clocks of two functions may differ."""


@dataclass(frozen=True)
class Publication:
    """An update sent: connections reached, gone ones that were forgotten, and those that did not take it in time."""

    version: int
    reached: int
    gone: int
    failed: int


class Turn:
    """The right to publish, held by an item of the aggregation table: one update in a quarter of a second."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def take(self, now_ms: int) -> int | None:
        """Take the turn and return None, or return when another one took it, in milliseconds since the epoch."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": PUBLICATION}, "sk": {"S": PUBLICATION}},
                UpdateExpression="SET taken_at = :now",
                # A turn taken in the future is another clock's mistake and must not stop everybody.
                ConditionExpression="attribute_not_exists(pk) OR taken_at <= :free OR taken_at > :ahead",
                ExpressionAttributeValues={
                    ":now": {"N": str(now_ms)},
                    ":free": {"N": str(now_ms - INTERVAL_MS)},
                    ":ahead": {"N": str(now_ms + INTERVAL_MS)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            old: Any = error.response.get("Item", {})
            return int(old["taken_at"]["N"])
        return None


class Publisher:
    """Sends the totals to every connection; ``post`` sends bytes to one, raising ClientError as boto3 does."""

    def __init__(
        self,
        *,
        turn: Turn,
        totals: TotalsReader,
        connections: Connections,
        post: Callable[[str, bytes], None],
        executor: Executor,
        clock: Clock,
    ) -> None:
        self._turn = turn
        self._totals = totals
        self._connections = connections
        self._post = post
        self._executor = executor
        self._clock = clock
        self._taken_ms: int | None = None
        """The last turn that is known of."""

    def publish(self, counted_at_ms: int) -> Publication | None:
        """Publish what was counted at ``counted_at_ms``, waiting for a turn; None when another update has it in."""
        while True:
            now = self._clock.wall_ms()
            # Asking for a turn is a write, and one before its time is refused.
            if self._taken_ms is None or not now - INTERVAL_MS < self._taken_ms <= now:
                refused_by = self._turn.take(now)
                if refused_by is None:
                    self._taken_ms = now
                    return self._send(now)
                self._taken_ms = refused_by
                if refused_by > counted_at_ms + SKEW_MS:
                    return None
            self._clock.sleep(max(1, self._taken_ms + INTERVAL_MS - now) / 1000)

    def _send(self, now: int) -> Publication:
        totals = self._totals.read(now)
        open_connections = self._connections.all(now)
        message = update_message(totals.to_document(len(open_connections), now))
        results = list(self._executor.map(lambda connection: self._deliver(connection, message), open_connections))
        return Publication(totals.version, results.count("reached"), results.count("gone"), results.count("failed"))

    def _deliver(self, connection: str, message: bytes) -> str:
        try:
            self._post(connection, message)
        except ClientError as error:
            if code_of(error) != "GoneException":
                return "failed"
            self._connections.remove(connection)
            return "gone"
        except BotoCoreError:
            return "failed"
        return "reached"


def update_message(document: dict[str, Any]) -> bytes:
    """An update as the WebSocket sends it."""
    return json.dumps({"type": "totals", **document}, separators=(",", ":")).encode()
