"""How many WebSockets one address has open: one item each in the table of connections, beside these.

AWS WAF does not see WebSocket APIs, so the function that answers $connect counts. A count is kept by whoever joins and
leaves, and drifts: API Gateway promises no $disconnect, and what is forgotten by its time is not counted off. So an
address at its limit is counted by its connections before it is refused, at most once in some seconds.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from datastreamer.aws.faults import is_condition_failed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ADDRESS: Final = "#from#"
"""What the ids of these items begin with; no connection has such an id."""
LONGEST_SECONDS: Final = 2 * 3600
"""API Gateway closes a WebSocket after two hours (AWS, API Gateway quotas)."""
COUNT_HELD_MS: Final = 10_000
"""How long an address at its limit goes by the last count: each reads the whole table."""
IPV6_PREFIX: Final = 64
"""Bits that one customer's IPv6 addresses share at least (RFC 6177)."""


def client_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 of an IPv6 one. Raises ValueError for what is none."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))


class Addresses:
    """The counts; ``most`` connections are admitted from one client. Raises ClientError or BotoCoreError, as boto3."""

    def __init__(self, client: DynamoDBClient, table: str, most: int) -> None:
        self._client = client
        self._table = table
        self._most = most

    def admit(self, address: str, now_ms: int) -> bool:
        """Count one more connection of a client; False, and none, when it has as many as it may."""
        return self._enter(address, now_ms) or (self._count_again(address, now_ms) and self._enter(address, now_ms))

    def leave(self, address: str) -> None:
        """Count a connection off."""
        self._update(address, "ADD sockets :one", "sockets > :none", {":one": -1, ":none": 0})

    def _enter(self, address: str, now_ms: int) -> bool:
        return self._update(
            address,
            "ADD sockets :one SET expires_at = :expires",
            "attribute_not_exists(sockets) OR sockets < :most",
            {":one": 1, ":most": self._most, ":expires": now_ms // 1000 + 2 * LONGEST_SECONDS},
        )

    def _count_again(self, address: str, now_ms: int) -> bool:
        """Count a client's connections, unless somebody did just now; whether that was done."""
        taken = self._update(
            address,
            "SET counted_at = :now",
            "attribute_not_exists(counted_at) OR counted_at <= :before OR counted_at > :now",
            {":now": now_ms, ":before": now_ms - COUNT_HELD_MS},
        )
        if not taken:
            return False
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            Select="COUNT",
            FilterExpression="address = :address AND expires_at > :now",
            ExpressionAttributeValues={":address": {"S": address}, ":now": {"N": str(now_ms // 1000)}},
            ConsistentRead=True,
        )
        return self._update(
            address,
            "SET sockets = :found",
            "attribute_exists(connection_id)",
            {":found": sum(p["Count"] for p in pages)},
        )

    def _update(self, address: str, change: str, condition: str, numbers: dict[str, int]) -> bool:
        """Change a count; False when the condition does not hold."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"connection_id": {"S": f"{ADDRESS}{address}"}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues={name: {"N": str(number)} for name, number in numbers.items()},
            )
        except ClientError as error:
            if not is_condition_failed(error):
                raise
            return False
        return True
