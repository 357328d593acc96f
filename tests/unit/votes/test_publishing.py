"""Updates: at most four a second, none left out, gone connections forgotten, slow ones waited for by nobody."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from aws_stage.testing.waiting import PATIENCE
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from datastreamer.aws.clock import Clock
from datastreamer.votes.aggregation import Aggregator
from datastreamer.votes.connections import JOINING_MS, LONGEST_SECONDS, Connections
from datastreamer.votes.publishing import INTERVAL_MS, SKEW_MS, Publication, Publisher, Taken, Turn
from datastreamer.votes.rounds import FROZEN, OPEN
from datastreamer.votes.running import Runner
from datastreamer.votes.totals import TotalsReader
from tests.unit.votes.ballots import CANDIDATES, NOW_MS, vote
from tests.unit.votes.test_aggregation import NOTHING_CONTESTED, create_tables


class FakeClock(Clock):
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def wall_ms(self) -> int:
        return self.ms

    def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


class Browsers:
    """What arrives at each connection; some are gone, some fail."""

    def __init__(self) -> None:
        self.messages: dict[str, list[Any]] = {}
        self.errors: dict[str, Exception] = {}
        self.held: dict[str, threading.Event] = {}

    def post(self, connection: str, message: bytes) -> None:
        if connection in self.held:
            self.held[connection].wait(PATIENCE)
        if connection in self.errors:
            raise self.errors[connection]
        self.messages.setdefault(connection, []).append(json.loads(message))


LATER = NOW_MS + 3 * 3_600_000
"""When a function is ended that has all the time it needs."""

GONE = ClientError({"Error": {"Code": "GoneException", "Message": "gone"}}, "PostToConnection")
LIMIT = ClientError({"Error": {"Code": "LimitExceededException", "Message": "slow down"}}, "PostToConnection")


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="ap-northeast-1")
        create_tables(dynamodb)
        dynamodb.create_table(
            TableName="connections",
            KeySchema=[{"AttributeName": "connection_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "connection_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield dynamodb


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def browsers() -> Browsers:
    return Browsers()


@pytest.fixture
def publisher(client: Any, clock: FakeClock, browsers: Browsers) -> Iterator[Publisher]:
    with ThreadPoolExecutor(4) as executor:
        yield Publisher(
            turn=Turn(client, "aggregation"),
            totals=TotalsReader(client, "aggregation", CANDIDATES),
            connections=Connections(client, "connections"),
            post=browsers.post,
            executor=executor,
            clock=clock,
        )


def connect(client: Any, *names: str, at_ms: int = NOW_MS) -> None:
    for name in names:
        Connections(client, "connections").add(name, at_ms)


def count(client: Any, number: int) -> None:
    Aggregator(client, aggregation_table="aggregation", orders_table="orders", rulings=NOTHING_CONTESTED).count(
        "shardId-0", [(str(number), vote(number))]
    )


def test_every_connection_gets_the_totals(client: Any, publisher: Publisher, browsers: Browsers) -> None:
    connect(client, "a", "b")
    count(client, 1)
    assert publisher.publish(NOW_MS, LATER) == Publication(version=1, reached=2, gone=0, failed=0)
    [update] = browsers.messages["a"]
    assert browsers.messages["b"] == [update]
    assert (update["type"], update["totals"], update["online"]) == ("totals", {"kinoko": 1, "takenoko": 0}, 2)
    assert update["seconds"] == [[NOW_MS // 1000, {"kinoko": 1}]]


def test_an_update_that_has_no_turn_waits_for_the_next_one(publisher: Publisher, clock: FakeClock) -> None:
    publisher.publish(clock.ms, LATER)
    assert publisher.publish(clock.ms, LATER) is not None
    assert clock.ms == NOW_MS + INTERVAL_MS


def test_a_turn_is_not_asked_for_before_its_time(
    publisher: Publisher, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    take = Turn.take
    monkeypatch.setattr(Turn, "take", lambda turn, now: (asked.append(now), take(turn, now))[1])
    for _ in range(3):
        assert publisher.publish(clock.ms, LATER) is not None
        clock.sleep(0.1)
    assert asked == [NOW_MS, NOW_MS + INTERVAL_MS, NOW_MS + 2 * INTERVAL_MS]


def test_what_another_update_has_told_since_is_not_told_again(client: Any, publisher: Publisher) -> None:
    Turn(client, "aggregation").take(NOW_MS + SKEW_MS + 1)
    assert publisher.publish(NOW_MS, LATER) is None


def test_an_update_taken_before_the_votes_were_counted_does_not_stand_for_them(
    client: Any, publisher: Publisher, browsers: Browsers, clock: FakeClock
) -> None:
    connect(client, "a")
    Turn(client, "aggregation").take(NOW_MS - 1)
    count(client, 1)
    publisher.publish(NOW_MS, LATER)
    assert browsers.messages["a"][0]["totals"]["kinoko"] == 1
    assert clock.ms == NOW_MS - 1 + INTERVAL_MS


def test_while_a_round_is_frozen_only_the_freeze_is_told(
    client: Any, publisher: Publisher, browsers: Browsers, clock: FakeClock
) -> None:
    connect(client, "a")
    count(client, 1)
    Runner(client, "aggregation").become(FROZEN, clock.ms)
    # Another update took its turn since, and told nothing.
    Turn(client, "aggregation").take(clock.ms + SKEW_MS + 1)
    assert publisher.publish(clock.ms, LATER, changed=True) is not None
    count(client, 2)
    assert publisher.publish(clock.ms, LATER) is None
    assert [(each["state"], each["totals"]["kinoko"]) for each in browsers.messages["a"]] == [("frozen", 1)]
    Runner(client, "aggregation").become(OPEN, clock.ms)
    publisher.publish(clock.ms, LATER, changed=True)
    assert browsers.messages["a"][-1]["totals"]["kinoko"] == 2


def test_a_crowd_is_told_less_often_so_that_the_accounts_limit_is_not_used_up(
    client: Any, publisher: Publisher, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = [f"browser-{number}" for number in range(6_000)]
    monkeypatch.setattr(Connections, "all", lambda *_: crowd)
    assert publisher.publish(clock.ms, LATER) == Publication(version=0, reached=6_000, gone=0, failed=0)
    assert Turn(client, "aggregation").take(clock.ms + 1_499) == Taken(NOW_MS, NOW_MS + 1_500)
    publisher.publish(clock.ms, LATER)
    assert clock.ms == NOW_MS + 1_500


def test_a_function_that_is_about_to_be_ended_tells_no_more_browsers(
    client: Any, publisher: Publisher, browsers: Browsers, clock: FakeClock
) -> None:
    connect(client, "a", "b")
    assert publisher.publish(NOW_MS, clock.ms) == Publication(version=0, reached=0, gone=0, failed=2)
    assert browsers.messages == {}


def test_a_turn_in_the_future_stops_nobody(client: Any, publisher: Publisher) -> None:
    Turn(client, "aggregation").take(NOW_MS + 3_600_000)
    assert publisher.publish(NOW_MS + 7_200_000, LATER) is not None


def test_a_connection_that_is_gone_is_forgotten(client: Any, publisher: Publisher, browsers: Browsers) -> None:
    connect(client, "a", "b", at_ms=NOW_MS - JOINING_MS)
    browsers.errors["a"] = GONE
    assert publisher.publish(NOW_MS, LATER) == Publication(version=0, reached=1, gone=1, failed=0)
    assert Connections(client, "connections").all(NOW_MS) == ["b"]


def test_a_connection_that_does_not_exist_yet_is_not_taken_for_gone(
    client: Any, publisher: Publisher, browsers: Browsers, clock: FakeClock
) -> None:
    connect(client, "joining")
    browsers.errors["joining"] = GONE
    assert publisher.publish(NOW_MS, LATER) == Publication(version=0, reached=0, gone=0, failed=0)
    del browsers.errors["joining"]
    count(client, 1)
    assert publisher.publish(clock.ms, LATER) == Publication(version=1, reached=1, gone=0, failed=0)
    assert browsers.messages["joining"][-1]["totals"]["kinoko"] == 1


def test_a_connection_that_says_hello_late_is_not_forgotten_by_an_update_that_found_it_gone_before(
    client: Any, publisher: Publisher, clock: FakeClock
) -> None:
    connect(client, "slow", at_ms=NOW_MS - 2 * JOINING_MS)
    connections = Connections(client, "connections")

    def gone_and_then_there(connection: str, _: bytes) -> None:
        connections.add(connection, clock.ms)  # its hello
        raise GONE

    publisher._post = gone_and_then_there
    publisher.publish(NOW_MS, LATER)
    assert connections.all(NOW_MS) == ["slow"]


@pytest.mark.parametrize("error", [LIMIT, ReadTimeoutError(endpoint_url="https://socket")])
def test_a_connection_that_fails_is_kept(
    client: Any, publisher: Publisher, browsers: Browsers, error: Exception
) -> None:
    connect(client, "a")
    browsers.errors["a"] = error
    assert publisher.publish(NOW_MS, LATER) == Publication(version=0, reached=0, gone=0, failed=1)
    assert Connections(client, "connections").all(NOW_MS) == ["a"]


def test_slow_connections_keep_no_other_one_waiting(client: Any, publisher: Publisher, browsers: Browsers) -> None:
    names = [f"quick-{number}" for number in range(20)]
    connect(client, "slow-1", "slow-2", "slow-3", *names)
    browsers.held = {name: threading.Event() for name in ("slow-1", "slow-2", "slow-3")}
    update = threading.Thread(target=publisher.publish, args=(NOW_MS, LATER))
    update.start()
    for name in names:
        while not browsers.messages.get(name):
            assert update.is_alive()
    assert not any(browsers.messages.get(name) for name in browsers.held)
    for held in browsers.held.values():
        held.set()
    update.join()
    assert len(browsers.messages) == 23


def test_connections_past_their_time_are_left_out(client: Any) -> None:
    connect(client, "old", at_ms=NOW_MS - LONGEST_SECONDS * 1000)
    connect(client, "new", at_ms=NOW_MS)
    assert Connections(client, "connections").all(NOW_MS) == ["new"]
