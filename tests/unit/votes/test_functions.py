"""The three functions as AWS calls them, on a mocked account."""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from datastreamer.aws.clock import Clock
from datastreamer.errors import ConfigurationError
from datastreamer.votes import functions
from datastreamer.votes.connections import Connections
from datastreamer.votes.settings import Settings
from datastreamer.votes.vote import OLDEST_MS, parse_record
from tests.unit.votes.ballots import CANDIDATES, CLIENT, uuid7, vote
from tests.unit.votes.test_aggregation import create_tables

CONTEXT = SimpleNamespace(function_name="votes", get_remaining_time_in_millis=lambda: 30_000)
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "KINESIS_STREAM_NAME": "votes",
    "ORDERS_TABLE_NAME": "orders",
    "CONNECTIONS_TABLE_NAME": "connections",
    "AGGREGATION_TABLE_NAME": "aggregation",
    "WEBSOCKET_ENDPOINT": "https://socket.example.com/live",
    "ALLOWED_ORIGIN": "https://vote.example.com",
    "CANDIDATES": json.dumps([{"id": candidate} for candidate in CANDIDATES]),
    "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Votes",
}


class Management:
    """The WebSocket's management API."""

    class GoneException(ClientError):  # noqa: N818  boto3's name
        pass

    def __init__(self) -> None:
        self.exceptions = self
        self.messages: list[tuple[str, Any]] = []
        self.gone: set[str] = set()

    def post_to_connection(self, ConnectionId: str, Data: bytes) -> None:  # noqa: N803  boto3's names
        if ConnectionId in self.gone:
            raise self.GoneException({"Error": {"Code": "GoneException", "Message": "gone"}}, "PostToConnection")
        self.messages.append((ConnectionId, json.loads(Data)))


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """DynamoDB of an account with everything that the functions need."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    # A logger is kept by its service's name, together with the stream that standard output was when it was made.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"votes-{uuid4()}")
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        create_tables(dynamodb)
        dynamodb.create_table(
            TableName="connections",
            KeySchema=[{"AttributeName": "connection_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "connection_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        boto3.client("kinesis").create_stream(StreamName="votes", ShardCount=1)
        yield dynamodb


@pytest.fixture
def management(monkeypatch: pytest.MonkeyPatch) -> Management:
    fake = Management()
    monkeypatch.setattr(functions, "_management", lambda _: fake)
    return fake


def cold(name: str) -> ModuleType:
    """The handler's module, as on a cold start."""
    return importlib.reload(importlib.import_module(f"lambdas.{name}.handler"))


def now_ms() -> int:
    return Clock().wall_ms()


def request(method: str, path: str, content: bytes = b"", *, encoded: bool = False) -> dict[str, Any]:
    return {
        "httpMethod": method,
        "path": path,
        "headers": {"origin": ENVIRONMENT["ALLOWED_ORIGIN"]},
        "multiValueHeaders": {"origin": [ENVIRONMENT["ALLOWED_ORIGIN"]]},
        "requestContext": {"stage": "live", "path": f"/live{path}"},
        "body": base64.b64encode(content).decode() if encoded else content.decode(),
        "isBase64Encoded": encoded,
    }


def ballot(**changes: Any) -> bytes:
    own = {"vote_id": str(uuid7(now_ms(), 1)), "candidate": "kinoko", "client_id": str(CLIENT)}
    return json.dumps({**own, **changes}).encode()


def on_the_stream() -> list[bytes]:
    kinesis = boto3.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName="votes", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]


def batch(*payloads: bytes) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventID": f"shardId-000000000000:{number}",
                "kinesis": {"sequenceNumber": str(number), "data": base64.b64encode(payload).decode()},
            }
            for number, payload in enumerate(payloads, start=1)
        ]
    }


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("encoded", [False, True])
def test_a_vote_is_taken_onto_the_stream(encoded: bool) -> None:
    content = ballot()
    answer = cold("votes_cast").handler(request("POST", "/votes", content, encoded=encoded), CONTEXT)
    assert answer["statusCode"] == 202
    assert json.loads(answer["body"]) == {"vote_id": json.loads(content)["vote_id"]}
    [record] = on_the_stream()
    assert str(parse_record(record, CANDIDATES).vote_id) == json.loads(content)["vote_id"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"", 400, "invalid_json"),
        (ballot(candidate="suginoko"), 400, "unknown_candidate"),
        (ballot(vote_id=str(uuid7(now_ms() - OLDEST_MS - 60_000, 1))), 400, "expired"),
        (ballot(client_id="x" * 2000), 413, "too_large"),
    ],
)
def test_what_is_no_vote_gets_a_clear_error_and_stays_off_the_stream(content: bytes, status: int, code: str) -> None:
    answer = cold("votes_cast").handler(request("POST", "/votes", content), CONTEXT)
    error = json.loads(answer["body"])["error"]
    assert (answer["statusCode"], error["code"]) == (status, code)
    assert error["message"]
    assert on_the_stream() == []


@pytest.mark.usefixtures("account")
def test_a_stream_that_refuses_asks_the_browser_to_come_again() -> None:
    boto3.client("kinesis").delete_stream(StreamName="votes")
    answer = cold("votes_cast").handler(request("POST", "/votes", ballot()), CONTEXT)
    assert answer["statusCode"] == 503
    assert answer["multiValueHeaders"]["Retry-After"] == ["1"]
    assert answer["multiValueHeaders"]["Access-Control-Expose-Headers"] == ["Retry-After"]


@pytest.mark.usefixtures("account")
def test_only_the_sites_own_origin_may_read_answers() -> None:
    module = cold("votes_cast")
    answer = module.handler(request("POST", "/votes", ballot()), CONTEXT)
    assert answer["multiValueHeaders"]["Access-Control-Allow-Origin"] == [ENVIRONMENT["ALLOWED_ORIGIN"]]
    elsewhere = request("POST", "/votes", ballot())
    elsewhere["headers"] = {"origin": "https://evil.example.com"}
    elsewhere["multiValueHeaders"] = {"origin": ["https://evil.example.com"]}
    assert "Access-Control-Allow-Origin" not in module.handler(elsewhere, CONTEXT)["multiValueHeaders"]


@pytest.mark.usefixtures("management")
def test_votes_that_are_counted_are_told_to_who_asks(account: Any) -> None:
    Connections(account, "connections").add("a", now_ms())
    cold("votes_aggregate").handler(batch(vote(1).to_record(), vote(2, "takenoko").to_record()), CONTEXT)
    answer = cold("votes_cast").handler(request("GET", "/totals"), CONTEXT)
    document = json.loads(answer["body"])
    assert (document["totals"], document["version"], document["online"]) == ({"kinoko": 1, "takenoko": 1}, 1, 1)
    assert answer["multiValueHeaders"]["Cache-Control"] == ["no-store"]


def test_a_batch_is_counted_published_and_measured(
    account: Any, management: Management, capsys: pytest.CaptureFixture[str]
) -> None:
    Connections(account, "connections").add("a", now_ms())
    module = cold("votes_aggregate")
    event = batch(vote(1).to_record(), b"no vote", vote(1).to_record())
    module.handler(event, CONTEXT)
    assert [message["totals"] for _, message in management.messages] == [{"kinoko": 1, "takenoko": 0}]
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [metrics] = [line for line in printed if "_aws" in line]
    expected = {"VotesCounted": [1.0], "DuplicatesDropped": [1.0], "VotesRejected": [1.0], "UpdatesDelivered": [1.0]}
    assert {name: metrics[name] for name in expected} == expected
    [warning] = [line for line in printed if line.get("level") == "WARNING"]
    assert warning["rejected"][0]["reason"] == "invalid_json"


def test_a_batch_that_brings_nothing_new_tells_nobody(account: Any, management: Management) -> None:
    Connections(account, "connections").add("a", now_ms())
    module = cold("votes_aggregate")
    for _ in range(2):
        module.handler(batch(vote(1).to_record()), CONTEXT)
    assert len(management.messages) == 1


def test_an_update_that_cannot_be_published_does_not_bring_the_batch_back(
    account: Any, management: Management, capsys: pytest.CaptureFixture[str]
) -> None:
    account.delete_table(TableName="connections")
    cold("votes_aggregate").handler(batch(vote(1).to_record()), CONTEXT)
    assert management.messages == []
    assert '"PublishFailures":[1.0]' in capsys.readouterr().out


def socket(kind: str, text: str | None = None, route: str = "$default") -> dict[str, Any]:
    return {"requestContext": {"connectionId": "a", "eventType": kind, "routeKey": route}, "body": text}


def test_a_browser_is_known_from_its_connection_to_its_end(account: Any, management: Management) -> None:
    module = cold("votes_socket")
    assert module.handler(socket("CONNECT", route="$connect"), CONTEXT) == {"statusCode": 200}
    assert Connections(account, "connections").all(now_ms()) == ["a"]
    module.handler(socket("DISCONNECT", route="$disconnect"), CONTEXT)
    assert Connections(account, "connections").all(now_ms()) == []
    assert management.messages == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"type": "hello"}', "totals"),
        ('{"type": "ping"}', "pong"),
        ('{"type": "vote"}', "error"),
        ('{"type": ["ping"]}', "error"),
        ("[]", "error"),
        ("{", "error"),
        (None, "error"),
    ],
)
@pytest.mark.usefixtures("account")
def test_each_message_of_a_browser_is_answered(management: Management, text: str | None, kind: str) -> None:
    assert cold("votes_socket").handler(socket("MESSAGE", text), CONTEXT) == {"statusCode": 200}
    [(connection, message)] = management.messages
    assert (connection, message["type"]) == ("a", kind)


def test_a_message_that_names_the_route_of_an_end_ends_nothing(account: Any, management: Management) -> None:
    module = cold("votes_socket")
    module.handler(socket("CONNECT", route="$connect"), CONTEXT)
    module.handler(socket("MESSAGE", '{"action": "$disconnect"}', route="$disconnect"), CONTEXT)
    assert Connections(account, "connections").all(now_ms()) == ["a"]
    assert management.messages[-1][1]["type"] == "error"


def test_a_browser_that_left_before_its_answer_is_forgotten(account: Any, management: Management) -> None:
    module = cold("votes_socket")
    module.handler(socket("CONNECT", route="$connect"), CONTEXT)
    management.gone.add("a")
    module.handler(socket("MESSAGE", '{"type": "hello"}'), CONTEXT)
    assert Connections(account, "connections").all(now_ms()) == []


@pytest.mark.parametrize("candidates", ["[]", "kinoko", '["kinoko"]', '[{"id": "a"}, {"id": "a"}]', '[{"id": 1}]'])
def test_wrong_candidates_are_named(candidates: str) -> None:
    with pytest.raises(ConfigurationError, match="CANDIDATES"):
        _ = Settings({"CANDIDATES": candidates}).candidates


def test_a_variable_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigurationError, match="ALLOWED_ORIGIN"):
        _ = Settings({"ALLOWED_ORIGIN": ""}).allowed_origin
