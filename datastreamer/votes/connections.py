"""The open WebSockets: one item each, ``connection_id`` and ``expires_at`` (epoch seconds)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LONGEST_SECONDS: Final = 2 * 3600
"""API Gateway closes a WebSocket after two hours (AWS, API Gateway quotas)."""


class Connections:
    """The connections table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, connection_id: str, now_ms: int) -> None:
        """Remember a connection until it is removed, or API Gateway must have closed it."""
        expires = now_ms // 1000 + LONGEST_SECONDS
        self._client.put_item(
            TableName=self._table,
            Item={"connection_id": {"S": connection_id}, "expires_at": {"N": str(expires)}},
        )

    def remove(self, connection_id: str) -> None:
        """Forget a connection; nothing happens when it is not known."""
        self._client.delete_item(TableName=self._table, Key={"connection_id": {"S": connection_id}})

    def all(self, now_ms: int) -> list[str]:
        """Every connection that may be open. Items past their time are left out: DynamoDB deletes them days later."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            ProjectionExpression="connection_id",
            FilterExpression="expires_at > :now",
            ExpressionAttributeValues={":now": {"N": str(now_ms // 1000)}},
        )
        return [item["connection_id"]["S"] for page in pages for item in page["Items"]]
