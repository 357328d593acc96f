"""WebSockets by address: a limit that a hall behind one address keeps within, and that drifts for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from datastreamer.votes.addresses import COUNT_HELD_MS, LONGEST_SECONDS, client_of
from datastreamer.votes.connections import JOINING_MS, Connections
from tests.unit.votes.ballots import NOW_MS
from tests.unit.votes.test_functions import (  # noqa: F401  fixtures
    CONTEXT,
    ENVIRONMENT,
    account,
    cold,
    management,
    now_ms,
    socket,
)

HALL = "203.0.113.7"
OTHER = "203.0.113.8"
LATER = NOW_MS + COUNT_HELD_MS


@pytest.fixture
def connections() -> Iterator[Connections]:
    with mock_aws():
        client: Any = boto3.client("dynamodb", region_name="ap-northeast-1")
        client.create_table(
            TableName="connections",
            KeySchema=[{"AttributeName": "connection_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "connection_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield Connections(client, "connections", most=3)


def full(connections: Connections) -> None:
    assert [connections.join(name, NOW_MS, HALL) for name in "abc"] == [True] * 3
    assert not connections.join("d", NOW_MS, HALL)


def test_an_address_has_as_many_sockets_as_it_may_and_no_other_one_is_held_up(connections: Connections) -> None:
    full(connections)
    assert connections.join("e", NOW_MS, OTHER)
    assert sorted(connections.all(NOW_MS)) == ["a", "b", "c", "e"]
    assert connections.online(NOW_MS) == 4


def test_a_socket_that_ends_makes_room_for_another(connections: Connections) -> None:
    full(connections)
    connections.remove("a")
    connections.remove("a")
    assert [connections.join(name, NOW_MS, HALL) for name in "fg"] == [True, False]


def test_a_socket_that_is_found_gone_makes_room_for_another(connections: Connections) -> None:
    full(connections)
    assert connections.remove_gone("a", NOW_MS + JOINING_MS)
    # Before the table would be counted again.
    assert [connections.join(name, LATER - 1, HALL) for name in "fg"] == [True, False]


def test_a_count_that_has_drifted_is_set_right_before_somebody_is_refused(connections: Connections) -> None:
    full(connections)
    client = connections._client
    client.delete_item(TableName="connections", Key={"connection_id": {"S": "a"}})  # by its time, say
    assert not connections.join("f", LATER - 1, HALL)
    assert [connections.join(name, LATER, HALL) for name in "fg"] == [True, False]


def test_connections_past_their_time_take_no_room(connections: Connections) -> None:
    full(connections)
    after = NOW_MS + LONGEST_SECONDS * 1000
    assert [connections.join(name, after, HALL) for name in "fghi"] == [True, True, True, False]


def test_the_table_is_not_read_for_each_one_that_is_refused(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    full(connections)
    monkeypatch.setattr(connections._client, "get_paginator", lambda _: 1 / 0)
    assert not any(connections.join(f"more-{number}", LATER - 1, HALL) for number in range(20))


def test_without_a_limit_nothing_is_kept_of_an_address(connections: Connections) -> None:
    client = connections._client
    free = Connections(client, "connections")
    assert all(free.join(f"one-{number}", NOW_MS, HALL) for number in range(10))
    assert not any("address" in item for item in client.scan(TableName="connections")["Items"])


def test_the_addresses_of_one_ipv6_customer_are_one() -> None:
    assert client_of("2001:db8:1:2:3::4") == client_of("2001:db8:1:2::9") != client_of("2001:db8:1:3::9")
    assert client_of(HALL) == HALL


def test_a_socket_beyond_the_limit_is_refused_and_one_that_says_hello_keeps_its_place(
    account: Any,  # noqa: F811
    management: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOCKETS_PER_ADDRESS", "1")
    module = cold("votes_socket")

    def event(kind: str, connection: str, text: str | None = None) -> dict[str, Any]:
        found = socket(kind, text)
        found["requestContext"] |= {"connectionId": connection, "identity": {"sourceIp": HALL}}
        return found

    assert module.handler(event("CONNECT", "a"), CONTEXT) == {"statusCode": 200}
    assert module.handler(event("CONNECT", "b"), CONTEXT) == {"statusCode": 429}
    module.handler(event("MESSAGE", "a", '{"type": "hello"}'), CONTEXT)
    assert [connection for connection, _ in management.messages] == ["a"]
    module.handler(event("DISCONNECT", "a"), CONTEXT)
    assert module.handler(event("CONNECT", "b"), CONTEXT) == {"statusCode": 200}
    assert Connections(account, ENVIRONMENT["CONNECTIONS_TABLE_NAME"]).all(now_ms()) == ["b"]
