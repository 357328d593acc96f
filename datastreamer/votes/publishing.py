"""Telling every browser: at most four updates a second, whoever counts, and the last one is never left out.

To many browsers less often: docs/adr/0260-updates-are-published-by-a-function-of-their-own.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from datastreamer.aws.clock import Clock
from datastreamer.aws.faults import code_of, is_condition_failed
from datastreamer.votes.connections import Connections
from datastreamer.votes.rounds import FROZEN
from datastreamer.votes.totals import TotalsReader

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INTERVAL_MS: Final = 250
POSTS_PER_SECOND: Final = 4_000
"""Messages to browsers in a second, on average. API Gateway takes 10,000 requests a second of an account and region,
and votes, other APIs and these messages share them (AWS, API Gateway quotas)."""
PUBLICATION: Final = "publication"
SKEW_MS: Final = 100
"""How far the clocks of two functions may differ."""


@dataclass(frozen=True)
class Publication:
    """An update sent: connections reached, gone ones that were forgotten, and those that did not take it in time.

    A connection that does not exist yet is none of these: it asks for the totals as soon as it does.
    """

    version: int
    reached: int
    gone: int
    failed: int


@dataclass(frozen=True)
class Taken:
    """A turn: when it was taken and when the next one is free, in milliseconds since the epoch."""

    taken_ms: int
    free_ms: int

    def stands_at(self, now_ms: int) -> bool:
        """Whether nobody else can have the turn yet. One taken in the future is another clock's mistake."""
        return self.taken_ms <= now_ms < self.free_ms


class Turn:
    """The right to publish, held by an item of the aggregation table: one update in a quarter of a second or more."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def take(self, now_ms: int) -> Taken | None:
        """Take the turn and return None, or return another one's that stands."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": PUBLICATION}, "sk": {"S": PUBLICATION}},
                UpdateExpression="SET taken_at = :now, free_at = :free",
                # A turn taken in the future is another clock's mistake and must not stop everybody.
                ConditionExpression="attribute_not_exists(free_at) OR free_at <= :now OR taken_at > :ahead",
                ExpressionAttributeValues={
                    ":now": {"N": str(now_ms)},
                    ":free": {"N": str(now_ms + INTERVAL_MS)},
                    ":ahead": {"N": str(now_ms + INTERVAL_MS)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not is_condition_failed(error):
                raise
            old: Any = error.response.get("Item", {})
            return Taken(int(old["taken_at"]["N"]), int(old["free_at"]["N"]))
        return None

    def hold(self, taken: Taken) -> None:
        """Keep the turn that was taken at ``taken.taken_ms`` until ``taken.free_ms``, if it is still ours."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": PUBLICATION}, "sk": {"S": PUBLICATION}},
                UpdateExpression="SET free_at = :free",
                ConditionExpression="taken_at = :taken",
                ExpressionAttributeValues={
                    ":free": {"N": str(taken.free_ms)},
                    ":taken": {"N": str(taken.taken_ms)},
                },
            )
        except ClientError as error:
            if not is_condition_failed(error):
                raise


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
        self._taken: Taken | None = None
        """The last turn that is known of."""

    def publish(self, counted_at_ms: int, end_ms: int, *, changed: bool = False) -> Publication | None:
        """Publish what was counted at ``counted_at_ms``, waiting for a turn; None when another update has it in.

        A round that is frozen is published when it has just ``changed`` to that, and not again while it stands still:
        so no other update stands for a change.
        From ``end_ms`` on nothing more is sent; who has not been told by then is counted as failed.
        """
        while True:
            now = self._clock.wall_ms()
            # Asking for a turn is a write, and one before its time is refused.
            if self._taken is None or not self._taken.stands_at(now):
                refused_by = self._turn.take(now)
                if refused_by is None:
                    self._taken = Taken(now, now + INTERVAL_MS)
                    return self._send(now, end_ms, changed=changed)
                self._taken = refused_by
                if refused_by.taken_ms > counted_at_ms + SKEW_MS and not changed:
                    return None
            self._clock.sleep(max(1, self._taken.free_ms - now) / 1000)

    def _send(self, now: int, end_ms: int, *, changed: bool) -> Publication | None:
        totals = self._totals.read(now)
        if totals.state == FROZEN and not changed:
            return None
        open_connections = self._connections.all(now)
        pace_ms = len(open_connections) * 1000 // POSTS_PER_SECOND
        if pace_ms > INTERVAL_MS:
            self._taken = Taken(now, now + pace_ms)
            self._turn.hold(self._taken)
        self._connections.note_online(len(open_connections), now)
        message = update_message(totals.to_document(len(open_connections), now))
        results = list(
            self._executor.map(lambda connection: self._deliver(connection, message, end_ms), open_connections)
        )
        return Publication(totals.version, results.count("reached"), results.count("gone"), results.count("failed"))

    def _deliver(self, connection: str, message: bytes, end_ms: int) -> str:
        if self._clock.wall_ms() >= end_ms:
            return "failed"
        try:
            self._post(connection, message)
        except ClientError as error:
            if code_of(error) != "GoneException":
                return "failed"
            return "gone" if self._connections.remove_gone(connection, self._clock.wall_ms()) else "joining"
        except BotoCoreError:
            return "failed"
        return "reached"


def update_message(document: dict[str, Any]) -> bytes:
    """An update as the WebSocket sends it."""
    return json.dumps({"type": "totals", **document}, separators=(",", ":")).encode()
