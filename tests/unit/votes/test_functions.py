"""The functions as AWS calls them, on a mocked account."""

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
from datastreamer.votes import casting, functions
from datastreamer.votes.casting import HELD_MS
from datastreamer.votes.connections import COUNT_HELD_MS, Connections
from datastreamer.votes.rounds import CLOSED, FROZEN, OPEN, Rounds
from datastreamer.votes.running import Runner
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
    "RAW_BUCKET_NAME": "raw",
    "PUBLISH_FUNCTION_NAME": "publish",
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
        boto3.client("s3").create_bucket(
            Bucket="raw", CreateBucketConfiguration={"LocationConstraint": ENVIRONMENT["AWS_DEFAULT_REGION"]}
        )
        yield dynamodb


class Announced:
    """The asynchronous calls of the function that publishes."""

    def __init__(self) -> None:
        self.events: list[dict[str, int]] = []
        self.broken = False

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803  boto3's names
        assert (FunctionName, InvocationType) == ("publish", "Event")
        if self.broken:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "throttled"}}, "Invoke")
        self.events.append(json.loads(Payload))


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> Announced:
    fake, others = Announced(), functions._client
    monkeypatch.setattr(functions, "_client", lambda name, *rest: fake if name == "lambda" else others(name, *rest))
    return fake


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


def with_headers(headers: dict[str, str]) -> dict[str, Any]:
    """The members of an event that hold a request's headers."""
    return {"headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()}}


def request(method: str, path: str, content: bytes = b"", *, encoded: bool = False) -> dict[str, Any]:
    return {
        "httpMethod": method,
        "path": path,
        **with_headers({"origin": ENVIRONMENT["ALLOWED_ORIGIN"], "Content-Type": "application/json"}),
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
def test_a_stream_and_a_table_that_do_not_answer_are_given_up_before_the_function_is_ended() -> None:
    ballot = functions.casting(ENVIRONMENT).ballot

    def longest(client: Any) -> float:
        config = client.meta.config
        attempts = config.retries["total_max_attempts"]
        pauses = sum(2.0**number for number in range(attempts - 1))  # botocore, retries/standard.py
        return float(attempts * (config.connect_timeout + config.read_timeout) + pauses)

    assert ballot._client.meta.config.retries["total_max_attempts"] > 1
    assert longest(ballot._client) + longest(ballot._held._rounds._client) < 10


def as_time_passes(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    time = {"ms": now_ms()}
    monkeypatch.setattr(Clock, "wall_ms", lambda _: time["ms"])
    return time


def test_a_closed_round_takes_no_votes_within_a_second_and_an_open_one_again(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, runner, module = as_time_passes(monkeypatch), Runner(account, "aggregation"), cold("votes_cast")

    def cast(later_ms: int) -> int:
        time["ms"] += later_ms
        answer = module.handler(request("POST", "/votes", ballot()), CONTEXT)
        if answer["statusCode"] == 409:
            assert json.loads(answer["body"])["error"]["code"] == "closed"
            assert answer["multiValueHeaders"]["Access-Control-Allow-Origin"] == [ENVIRONMENT["ALLOWED_ORIGIN"]]
        return int(answer["statusCode"])

    assert cast(0) == 202
    runner.become(CLOSED, time["ms"])
    assert [cast(HELD_MS - 1), cast(1)] == [202, 409]
    runner.become(OPEN, time["ms"])
    assert [cast(HELD_MS - 1), cast(1)] == [409, 202]
    assert len(on_the_stream()) == 3


def test_a_vote_is_of_the_round_in_which_it_is_taken(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    time, module = as_time_passes(monkeypatch), cold("votes_cast")
    for _ in range(3):
        module.handler(request("POST", "/votes", ballot()), CONTEXT)
        Runner(account, "aggregation").begin_next(time["ms"])
        time["ms"] += HELD_MS
    assert [parse_record(record, CANDIDATES).round for record in on_the_stream()] == [1, 2, 3]


@pytest.mark.usefixtures("account")
def test_however_many_votes_come_the_round_is_read_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    time, module = as_time_passes(monkeypatch), cold("votes_cast")
    reads: list[int] = []
    current = Rounds.current
    monkeypatch.setattr(Rounds, "current", lambda rounds: reads.append(time["ms"]) or current(rounds))
    for _ in range(20):
        assert module.handler(request("POST", "/votes", ballot()), CONTEXT)["statusCode"] == 202
        time["ms"] += HELD_MS // 10
    assert len(reads) == 2
    time["ms"] -= 3_600_000  # the clock is set right
    module.handler(request("POST", "/votes", ballot()), CONTEXT)
    assert len(reads) == 3


def test_a_round_that_cannot_be_read_any_more_takes_no_votes_by_what_it_was(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, module = as_time_passes(monkeypatch), cold("votes_cast")
    assert module.handler(request("POST", "/votes", ballot()), CONTEXT)["statusCode"] == 202
    account.delete_table(TableName="aggregation")
    time["ms"] += HELD_MS
    answers = [module.handler(request("POST", "/votes", ballot()), CONTEXT) for _ in range(2)]
    assert [answer["statusCode"] for answer in answers] == [503, 503]
    assert answers[0]["multiValueHeaders"]["Retry-After"] == ["1"]
    assert len(on_the_stream()) == 1


def test_what_is_no_vote_says_so_also_while_the_round_is_closed(account: Any) -> None:
    Runner(account, "aggregation").become(CLOSED, now_ms())
    assert cold("votes_cast").handler(request("POST", "/votes", b"{"), CONTEXT)["statusCode"] == 400


@pytest.mark.parametrize(("method", "path"), [("POST", "/votes"), ("GET", "/totals")])
def test_a_function_that_crashes_answers_in_the_form_of_every_error_and_the_page_can_read_it(
    account: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], method: str, path: str
) -> None:
    module = cold("votes_cast")
    monkeypatch.setattr(casting.Ballot, "cast", lambda *_: 1 / 0)
    account.delete_table(TableName="aggregation")
    answer = module.handler(request(method, path, ballot()), CONTEXT)
    assert answer["statusCode"] == 500
    error = json.loads(answer["body"])["error"]
    assert (error["code"], set(error)) == ("unavailable", {"code", "message"})
    assert answer["multiValueHeaders"]["Access-Control-Allow-Origin"] == [ENVIRONMENT["ALLOWED_ORIGIN"]]
    assert "the request could not be answered" in capsys.readouterr().out


@pytest.mark.usefixtures("account")
def test_only_the_sites_own_origin_may_read_answers() -> None:
    module = cold("votes_cast")
    answer = module.handler(request("POST", "/votes", ballot()), CONTEXT)
    assert answer["multiValueHeaders"]["Access-Control-Allow-Origin"] == [ENVIRONMENT["ALLOWED_ORIGIN"]]
    elsewhere = {**request("GET", "/totals"), **with_headers({"origin": "https://evil.example.com"})}
    assert "Access-Control-Allow-Origin" not in module.handler(elsewhere, CONTEXT)["multiValueHeaders"]


JSON = {"Content-Type": "application/json"}
FOREIGN_PAGES = ["https://evil.example.com", "null", "http://vote.example.com", "https://vote.example.com:444"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("origin", FOREIGN_PAGES)
def test_a_page_of_another_site_cannot_let_its_visitors_vote(origin: str) -> None:
    event = {**request("POST", "/votes", ballot()), **with_headers({"Origin": origin, **JSON})}
    answer = cold("votes_cast").handler(event, CONTEXT)
    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (403, "foreign_origin")
    assert on_the_stream() == []


@pytest.mark.usefixtures("account")
def test_a_second_origin_beside_the_sites_own_is_foreign() -> None:
    event = request("POST", "/votes", ballot())
    event["multiValueHeaders"]["Origin"] = ["https://evil.example.com"]
    assert cold("votes_cast").handler(event, CONTEXT)["statusCode"] == 403


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": ""},
        {"Content-Type": "text/plain;charset=UTF-8"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain; application/json"},
        {"Content-Type": "application/json", "content-type": "text/plain"},
    ],
)
def test_a_body_that_is_not_called_json_is_no_vote(headers: dict[str, str]) -> None:
    event = {**request("POST", "/votes", ballot()), **with_headers(headers)}
    answer = cold("votes_cast").handler(event, CONTEXT)
    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (415, "unsupported_media_type")
    assert on_the_stream() == []


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_a_program_that_is_not_a_browser_may_vote_in_json(kind: str) -> None:
    event = {**request("POST", "/votes", ballot()), **with_headers({"content-type": kind})}
    assert cold("votes_cast").handler(event, CONTEXT)["statusCode"] == 202


@pytest.mark.usefixtures("management")
@pytest.mark.parametrize("origin", FOREIGN_PAGES)
def test_a_page_of_another_site_cannot_connect(account: Any, origin: str) -> None:
    module = cold("votes_socket")
    event = {**socket("CONNECT", route="$connect"), **with_headers({"Origin": origin})}
    assert module.handler(event, CONTEXT) == {"statusCode": 403}
    assert Connections(account, "connections").all(now_ms()) == []
    own = {**event, **with_headers({"Origin": ENVIRONMENT["ALLOWED_ORIGIN"]})}
    assert module.handler(own, CONTEXT) == {"statusCode": 200}


def test_however_often_anybody_asks_the_connections_are_counted_once_in_two_seconds(
    account: Any, management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = {"ms": now_ms()}
    monkeypatch.setattr(Clock, "wall_ms", lambda _: time["ms"])
    scans: list[int] = []
    everyone = Connections.all
    monkeypatch.setattr(Connections, "all", lambda table, now: scans.append(now) or everyone(table, now))
    for name in ("a", "b"):
        Connections(account, "connections").add(name, time["ms"])
    cast, greeter = cold("votes_cast"), cold("votes_socket")

    def asked() -> list[int]:
        answers = [cast.handler(request("GET", "/totals"), CONTEXT) for _ in range(5)]
        for _ in range(5):
            greeter.handler(socket("MESSAGE", '{"type": "hello"}'), CONTEXT)
        told = [message["online"] for _, message in management.messages[-5:]]
        return [json.loads(answer["body"])["online"] for answer in answers] + told

    assert asked() == [2] * 10
    assert len(scans) == 1
    greeter.handler({**socket("CONNECT", route="$connect"), "headers": {}}, CONTEXT)
    assert asked() == [3] * 10
    greeter.handler(socket("DISCONNECT", route="$disconnect"), CONTEXT)
    assert asked() == [2] * 10
    assert len(scans) == 1
    Connections(account, "connections").add("c", time["ms"])
    time["ms"] += COUNT_HELD_MS
    assert asked() == [3] * 10
    assert len(scans) == 2


def test_while_somebody_counts_the_connections_others_tell_the_count_before(account: Any) -> None:
    connections, now = Connections(account, "connections"), now_ms()
    connections.add("a", now)
    assert connections.online(now) == 1
    connections.add("b", now)
    later = now + COUNT_HELD_MS
    assert connections._claim_count(later, now)
    assert not connections._claim_count(later, now)
    assert connections.online(later) == 1


def test_the_count_is_not_taken_for_a_connection(account: Any) -> None:
    connections, now = Connections(account, "connections"), now_ms()
    connections.note_online(7, now)
    assert connections.all(now) == []
    assert connections.online(now) == 7


@pytest.mark.usefixtures("announced")
def test_votes_that_are_counted_are_told_to_who_asks(account: Any) -> None:
    Connections(account, "connections").add("a", now_ms())
    cold("votes_aggregate").handler(batch(vote(1).to_record(), vote(2, "takenoko").to_record()), CONTEXT)
    answer = cold("votes_cast").handler(request("GET", "/totals"), CONTEXT)
    document = json.loads(answer["body"])
    assert (document["totals"], document["version"], document["online"]) == ({"kinoko": 1, "takenoko": 1}, 1, 1)
    assert answer["multiValueHeaders"]["Cache-Control"] == ["no-store"]


def metrics_in(printed: str) -> dict[str, Any]:
    [found] = [line for line in map(json.loads, printed.splitlines()) if "_aws" in line]
    return dict(found)


@pytest.mark.usefixtures("account")
def test_a_batch_is_counted_measured_and_published_by_another_function(
    announced: Announced, capsys: pytest.CaptureFixture[str]
) -> None:
    before = now_ms()
    cold("votes_aggregate").handler(batch(vote(1).to_record(), b"no vote", vote(1).to_record()), CONTEXT)
    [event] = announced.events
    assert before <= event["counted_at_ms"] <= now_ms()
    printed = capsys.readouterr().out
    expected = {"VotesCounted": [1.0], "DuplicatesDropped": [1.0], "VotesRejected": [1.0]}
    assert {name: metrics_in(printed)[name] for name in expected} == expected
    [warning] = [line for line in map(json.loads, printed.splitlines()) if line.get("level") == "WARNING"]
    assert warning["rejected"][0]["reason"] == "invalid_json"


def test_an_update_is_published_and_measured(
    account: Any, management: Management, announced: Announced, capsys: pytest.CaptureFixture[str]
) -> None:
    Connections(account, "connections").add("a", now_ms())
    cold("votes_aggregate").handler(batch(vote(1).to_record()), CONTEXT)
    capsys.readouterr()
    cold("votes_publish").handler(announced.events[0], CONTEXT)
    assert [message["totals"] for _, message in management.messages] == [{"kinoko": 1, "takenoko": 0}]
    assert metrics_in(capsys.readouterr().out)["UpdatesDelivered"] == [1.0]


@pytest.mark.usefixtures("account")
def test_a_batch_that_brings_nothing_new_is_not_published(announced: Announced) -> None:
    module = cold("votes_aggregate")
    for _ in range(2):
        module.handler(batch(vote(1).to_record()), CONTEXT)
    assert len(announced.events) == 1


@pytest.mark.usefixtures("account")
def test_an_update_that_cannot_be_asked_for_does_not_bring_the_batch_back(
    announced: Announced, capsys: pytest.CaptureFixture[str]
) -> None:
    announced.broken = True
    cold("votes_aggregate").handler(batch(vote(1).to_record()), CONTEXT)
    assert metrics_in(capsys.readouterr().out)["PublishFailures"] == [1.0]


def test_while_a_round_is_frozen_its_freeze_is_published_and_nothing_else(
    account: Any, management: Management, capsys: pytest.CaptureFixture[str]
) -> None:
    Connections(account, "connections").add("a", now_ms())
    Runner(account, "aggregation").become(FROZEN, now_ms())
    module = cold("votes_publish")
    module.handler({"counted_at_ms": now_ms()}, CONTEXT)
    assert (management.messages, capsys.readouterr().out) == ([], "")
    module.handler({"changed": True}, CONTEXT)
    assert [message["state"] for _, message in management.messages] == ["frozen"]


def test_an_update_that_cannot_be_published_is_measured_and_not_tried_again(
    account: Any, management: Management, capsys: pytest.CaptureFixture[str]
) -> None:
    account.delete_table(TableName="connections")
    cold("votes_publish").handler({"counted_at_ms": now_ms()}, CONTEXT)
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


def test_a_browser_that_was_taken_for_gone_while_it_joined_gets_updates_again_from_its_hello_on(
    account: Any, management: Management
) -> None:
    module = cold("votes_socket")
    module.handler(socket("CONNECT", route="$connect"), CONTEXT)
    Connections(account, "connections").remove("a")
    module.handler(socket("MESSAGE", '{"type": "hello"}'), CONTEXT)
    assert Connections(account, "connections").all(now_ms()) == ["a"]
    [(_, greeting)] = management.messages
    assert greeting["online"] == 1


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
