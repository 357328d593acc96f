"""What the site's ``openapi.json`` says of the API, held against the functions."""

from __future__ import annotations

import ast
import base64
import inspect
import json
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from datastreamer.votes import vote as contract
from datastreamer.votes.rounds import CLOSED
from datastreamer.votes.running import Runner
from tests.unit.votes.ballots import vote
from tests.unit.votes.test_functions import (  # noqa: F401  fixtures
    CONTEXT,
    Management,
    account,
    announced,
    batch,
    cold,
    management,
    now_ms,
    on_the_stream,
    request,
    socket,
    with_headers,
)
from tests.votes_bodies import a_vote, bodies, json_values
from tests.votes_description import Description

DESCRIPTION = Description()


def posted(event: dict[str, Any], handler: Any) -> tuple[int, dict[str, str], str]:
    answer = handler(event, CONTEXT)
    headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
    return answer["statusCode"], headers, answer["body"]


def reasons_of_the_contract() -> set[str]:
    """The first argument of each InvalidRecordError that parse_body can raise, itself or through what it calls."""
    module = ast.parse(inspect.getsource(contract))
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    found, reached = set(), ["parse_body"]
    for name in reached:
        for node in ast.walk(functions[name]):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "InvalidRecordError":
                assert isinstance(node.args[0], ast.Constant)
                found.add(str(node.args[0].value))
            elif node.func.id in functions and node.func.id not in reached:
                reached.append(node.func.id)
    return found


def test_the_description_names_exactly_the_reasons_that_a_vote_is_refused_for() -> None:
    assert DESCRIPTION.codes("400") | {"too_large"} == reasons_of_the_contract()
    assert "too_large" in DESCRIPTION.codes("413")


def test_what_the_description_calls_a_vote_is_one_and_is_taken() -> None:
    schema = DESCRIPTION.at("#/components/schemas/Vote")
    document = a_vote()
    assert DESCRIPTION.problems(schema, document) == []
    assert contract.parse_body(json.dumps(document).encode(), ("kinoko", "takenoko"), now_ms()).candidate == "kinoko"
    assert set(schema["properties"]) == set(contract.FIELDS)


@pytest.mark.parametrize("change", [{"vote_id": "1"}, {"candidate": 5}, {"client_id": None}, {"weight": 1000}])
def test_what_is_no_vote_is_none_by_the_description(change: dict[str, object]) -> None:
    assert DESCRIPTION.problems(DESCRIPTION.at("#/components/schemas/Vote"), {**a_vote(), **change})


def test_every_reference_of_the_description_leads_somewhere() -> None:
    text = json.dumps(DESCRIPTION.document)
    pointers = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    assert all(DESCRIPTION.at(pointer) for pointer in pointers)
    assert len(pointers) > 10


@pytest.mark.usefixtures("account")
def test_whatever_is_posted_the_answer_is_as_described_and_only_votes_come_onto_the_stream() -> None:
    handler = cold("votes_cast").handler
    taken: list[str] = []

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(content=bodies, encoded=st.booleans())
    @example(content=b"\xff\xfe", encoded=True)
    @example(content=json.dumps(a_vote()).encode(), encoded=False)
    def post(content: bytes, encoded: bool) -> None:
        event = request("POST", "/votes", b"")
        event["isBase64Encoded"] = encoded
        event["body"] = base64.b64encode(content).decode() if encoded else content.decode("utf-8", "surrogateescape")
        status, headers, body = posted(event, handler)
        assert status in (202, 400, 413)
        assert DESCRIPTION.answer_problems("POST", "/votes", status, headers, body) == []
        if status == 202:
            taken.append(json.loads(body)["vote_id"])

    post()
    assert taken
    assert [json.loads(record)["vote_id"] for record in on_the_stream()] == taken


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Origin": "https://evil.example.com", "Content-Type": "application/json"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_a_request_that_no_page_of_the_site_makes_is_refused_as_described(
    headers: dict[str, str], expected: int
) -> None:
    event = {**request("POST", "/votes", json.dumps(a_vote()).encode()), **with_headers(headers)}
    status, answered, body = posted(event, cold("votes_cast").handler)
    assert status == expected
    assert DESCRIPTION.answer_problems("POST", "/votes", status, answered, body) == []


@pytest.mark.usefixtures("account")
def test_a_request_without_a_body_is_refused_as_described() -> None:
    event = {**request("POST", "/votes"), "body": None}
    status, headers, body = posted(event, cold("votes_cast").handler)
    assert (status, json.loads(body)["error"]["code"]) == (400, "invalid_json")
    assert DESCRIPTION.answer_problems("POST", "/votes", status, headers, body) == []


def test_a_vote_for_a_closed_round_is_refused_as_described(account: Any) -> None:  # noqa: F811
    Runner(account, "aggregation").become(CLOSED, now_ms())
    event = request("POST", "/votes", json.dumps(a_vote()).encode())
    status, headers, body = posted(event, cold("votes_cast").handler)
    assert (status, DESCRIPTION.answer_problems("POST", "/votes", status, headers, body)) == (409, [])
    status, headers, body = posted(request("GET", "/totals"), cold("votes_cast").handler)
    assert (json.loads(body)["state"], DESCRIPTION.answer_problems("GET", "/totals", status, headers, body)) == (
        "closed",
        [],
    )


@pytest.mark.usefixtures("account", "announced")
def test_totals_are_as_described() -> None:
    stamp = now_ms()
    cold("votes_aggregate").handler(batch(vote(1, received_ms=stamp).to_record()), CONTEXT)
    status, headers, body = posted(request("GET", "/totals"), cold("votes_cast").handler)
    assert len(json.loads(body)["seconds"]) == 1
    assert DESCRIPTION.answer_problems("GET", "/totals", status, headers, body) == []


@pytest.mark.usefixtures("account")
def test_a_stream_that_refuses_is_answered_as_described() -> None:
    event = request("POST", "/votes", json.dumps(a_vote()).encode())
    module = cold("votes_cast")
    boto3.client("kinesis").delete_stream(StreamName="votes")
    status, headers, body = posted(event, module.handler)
    assert status == 503
    assert DESCRIPTION.answer_problems("POST", "/votes", status, headers, body) == []


@pytest.mark.usefixtures("account")
def test_whatever_is_said_on_the_socket_the_answer_is_as_described(management: Management) -> None:  # noqa: F811
    module = cold("votes_socket")
    answers = DESCRIPTION.document["x-websocket"]["receive"]

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.none() | st.text() | json_values.map(json.dumps))
    @example('{"type": "hello"}')
    @example('{"type": "ping"}')
    @example("[" * 100_000)
    def say(text: str | None) -> None:
        assert module.handler(socket("MESSAGE", text), CONTEXT) == {"statusCode": 200}
        _, message = management.messages[-1]
        assert DESCRIPTION.problems(answers, message) == []

    say()
    assert {message["type"] for _, message in management.messages} == {"totals", "pong", "error"}
