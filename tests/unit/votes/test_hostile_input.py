"""Whatever is posted, put on the stream or sent by a socket is a vote, a message or a refusal, never a crash."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings

from datastreamer.errors import InvalidRecordError
from datastreamer.votes.vote import BODY_MAX_BYTES, Vote, parse_body, parse_record
from tests import hostile_json
from tests.unit.votes.ballots import CANDIDATES
from tests.votes_bodies import a_vote

NOW_MS = 1_760_000_000_000
MESSAGE = {"type": "hello"}


def outcome(parse: Callable[[], Vote]) -> Vote | str:
    """The vote, or the reason why there is none."""
    try:
        return parse()
    except InvalidRecordError as error:
        return error.reason


@settings(max_examples=200, deadline=None)
@given(hostile_json.objects(a_vote()))
def test_a_body_is_a_vote_or_has_a_reason(body: bytes) -> None:
    found = outcome(lambda: parse_body(body, CANDIDATES, NOW_MS))
    assert (found == "too_large") is (len(body) > BODY_MAX_BYTES)


@settings(max_examples=200, deadline=None)
@given(hostile_json.objects({**a_vote(), "received_at": "2025-10-15T08:30:00.000Z"}))
def test_a_record_of_the_stream_is_a_vote_or_has_a_reason(data: bytes) -> None:
    assert outcome(lambda: parse_record(data, CANDIDATES))


@settings(max_examples=200, deadline=None)
@given(hostile_json.objects(MESSAGE))
def test_a_message_is_known_or_not(message: bytes) -> None:
    kind = importlib.import_module("lambdas.votes_socket.handler")._kind
    for body in (message.decode("utf-8", "replace"), message.decode("utf-8", "surrogateescape"), None):
        found = kind(body)
        assert found is None or isinstance(found, str)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_body_is_utf_8_and_nothing_else(encoding: str) -> None:
    with pytest.raises(InvalidRecordError, match="invalid_json"):
        parse_body('{"a":1}'.encode(encoding), CANDIDATES, NOW_MS)
