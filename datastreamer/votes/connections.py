"""The open WebSockets: one item each, ``connection_id``, ``expires_at`` (epoch seconds), ``connected_at`` (epoch ms),
``address``.

A connection does not exist before its $connect route has answered, so whoever posts to one that was just added is told
that it is gone ("until the execution of the integration completes, the upgrade request is pending": AWS, API Gateway
developer guide, $connect). So what seems gone is forgotten only once it has had time to exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_condition_failed
from datastreamer.votes.addresses import ADDRESS, LONGEST_SECONDS, Addresses, client_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

JOINING_MS: Final = 10_000
"""How long a connection may take to exist: as long as the function of its $connect route may run."""
COUNT_HELD_MS: Final = 2_000
"""How long a count of the connections is used by everybody. Anyone may ask for it, and each count reads the table."""
COUNT: Final = "#online"
"""The item of the count, ``sockets``, beside the connections; no connection has such an id. It has no expires_at."""


class Connections:
    """The connections table. ``most`` connections are open from one address; 0 sets no limit, and counts none."""

    def __init__(self, client: DynamoDBClient, table: str, most: int = 0) -> None:
        self._client = client
        self._table = table
        self._addresses = Addresses(client, table, most) if most else None

    def add(self, connection_id: str, now_ms: int, address: str = "") -> None:
        """Remember a connection until it is removed, or API Gateway must have closed it. Again is as good as once."""
        expires = now_ms // 1000 + LONGEST_SECONDS
        self._client.put_item(
            TableName=self._table,
            Item={
                "connection_id": {"S": connection_id},
                "expires_at": {"N": str(expires)},
                "connected_at": {"N": str(now_ms)},
                **({"address": {"S": client_of(address)}} if self._addresses and address else {}),
            },
        )

    def join(self, connection_id: str, now_ms: int, address: str = "") -> bool:
        """Add a connection that is new, and count it; False, and nothing, when its address has as many as it may."""
        if self._addresses and address and not self._addresses.admit(client_of(address), now_ms):
            return False
        self.add(connection_id, now_ms, address)
        self._count_one(1)
        return True

    def remove(self, connection_id: str) -> None:
        """Forget a connection, and count it no longer; nothing happens when it is not known."""
        key = {"connection_id": {"S": connection_id}}
        old = self._client.delete_item(TableName=self._table, Key=key, ReturnValues="ALL_OLD")
        if "Attributes" in old:
            self._count_one(-1)
            self._left(old["Attributes"])

    def _left(self, item: Mapping[str, Any]) -> None:
        if self._addresses and "address" in item:
            self._addresses.leave(item["address"]["S"])

    def remove_gone(self, connection_id: str, now_ms: int) -> bool:
        """Forget a connection of which API Gateway says that it is gone; False when it may not exist yet, and stays."""
        try:
            old = self._client.delete_item(
                TableName=self._table,
                Key={"connection_id": {"S": connection_id}},
                ReturnValues="ALL_OLD",
                ConditionExpression="attribute_not_exists(connected_at) OR connected_at <= :joined",
                ExpressionAttributeValues={":joined": {"N": str(now_ms - JOINING_MS)}},
            )
        except ClientError as error:
            if not is_condition_failed(error):
                raise
            return False
        self._left(old.get("Attributes", {}))
        return True

    def online(self, now_ms: int) -> int:
        """How many connections there are: counted at most once in two seconds, and kept up to date in between."""
        key = {"connection_id": {"S": COUNT}}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        known = int(item["sockets"]["N"]) if "sockets" in item else None
        counted_ms = int(item["counted_at"]["N"]) if item else None
        if known is not None and counted_ms is not None and abs(now_ms - counted_ms) < COUNT_HELD_MS:
            return known
        if not self._claim_count(now_ms, counted_ms) and known is not None:
            return known
        online = len(self.all(now_ms))
        self.note_online(online, now_ms)
        return online

    def _claim_count(self, now_ms: int, counted_ms: int | None) -> bool:
        """Take the turn to count, unless somebody else has."""
        values = {":now": {"N": str(now_ms)}}
        if counted_ms is not None:
            values[":counted"] = {"N": str(counted_ms)}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"connection_id": {"S": COUNT}},
                UpdateExpression="SET counted_at = :now",
                ConditionExpression="counted_at = :counted"
                if counted_ms is not None
                else "attribute_not_exists(counted_at)",
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if not is_condition_failed(error):
                raise
            return False
        return True

    def _count_one(self, change: int) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"connection_id": {"S": COUNT}},
                UpdateExpression="ADD sockets :change",
                ConditionExpression="attribute_exists(sockets) AND sockets >= :least",
                ExpressionAttributeValues={":change": {"N": str(change)}, ":least": {"N": str(max(0, -change))}},
            )
        except ClientError as error:
            # Nobody has counted yet, or the count is behind: the next one has it right.
            if not is_condition_failed(error):
                raise

    def note_online(self, online: int, now_ms: int) -> None:
        """Keep what was counted for those who ask."""
        self._client.put_item(
            TableName=self._table,
            Item={
                "connection_id": {"S": COUNT},
                "sockets": {"N": str(online)},
                "counted_at": {"N": str(now_ms)},
            },
        )

    def all(self, now_ms: int) -> list[str]:
        """Every connection that may be open. Items past their time are left out: DynamoDB deletes them days later."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            ProjectionExpression="connection_id",
            FilterExpression="expires_at > :now AND NOT begins_with(connection_id, :address)",
            ExpressionAttributeValues={":now": {"N": str(now_ms // 1000)}, ":address": {"S": ADDRESS}},
        )
        return [item["connection_id"]["S"] for page in pages for item in page["Items"]]
