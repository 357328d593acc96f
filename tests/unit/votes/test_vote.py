"""The contract of a vote."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.errors import InvalidRecordError
from datastreamer.votes.vote import AHEAD_MS, BODY_MAX_BYTES, OLDEST_MS, parse_body, parse_record
from tests.unit.votes.ballots import CANDIDATES, CLIENT, NOW_MS, body, uuid7


def reason_of(content: bytes) -> str:
    with pytest.raises(InvalidRecordError) as refusal:
        parse_body(content, CANDIDATES, NOW_MS)
    assert refusal.value.detail
    return refusal.value.reason


def test_a_posted_vote_is_read() -> None:
    vote = parse_body(body(), CANDIDATES, NOW_MS + 250)
    assert (vote.vote_id, vote.candidate, vote.client_id) == (uuid7(NOW_MS, 1), "kinoko", CLIENT)
    assert (vote.cast_ms, vote.received_ms) == (NOW_MS, NOW_MS + 250)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "invalid_json"),
        (b"\xff", "invalid_json"),
        (b"[" * 900, "invalid_json"),
        (b"[]", "not_an_object"),
        (body(candidate=None), "missing_field"),
        (body(vote_id=None), "missing_field"),
        (body(client_id=None), "missing_field"),
        (body(weight=1000), "unknown_field"),
        (body(candidate="suginoko"), "unknown_candidate"),
        (body(candidate=["kinoko"]), "unknown_candidate"),
        (body(vote_id="1"), "invalid_vote_id"),
        (body(vote_id=7), "invalid_vote_id"),
        (body(vote_id=str(CLIENT)), "invalid_vote_id"),
        (body(vote_id=str(uuid7(NOW_MS, 1)).upper()), "invalid_vote_id"),
        (body(vote_id=uuid7(NOW_MS, 1).hex), "invalid_vote_id"),
        (body(client_id="me"), "invalid_client_id"),
        (body(vote_id=str(uuid7(NOW_MS - OLDEST_MS - 1, 1))), "expired"),
        (body(vote_id=str(uuid7(NOW_MS + AHEAD_MS + 1, 1))), "from_the_future"),
        (body(vote_id=str(uuid7(2**48 - 1, 1))), "from_the_future"),
        (body(client_id="x" * BODY_MAX_BYTES), "too_large"),
    ],
)
def test_what_is_no_vote_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    assert reason_of(content) == reason


@pytest.mark.parametrize("cast_ms", [NOW_MS - OLDEST_MS, NOW_MS + AHEAD_MS])
def test_a_vote_at_the_edge_of_its_time_counts(cast_ms: int) -> None:
    assert parse_body(body(vote_id=str(uuid7(cast_ms, 1))), CANDIDATES, NOW_MS).cast_ms == cast_ms


def test_a_record_of_the_stream_gives_the_vote_back() -> None:
    vote = parse_body(body(), CANDIDATES, NOW_MS + 7)
    assert parse_record(vote.to_record(), CANDIDATES) == vote


@pytest.mark.parametrize("received_at", [None, 5, "yesterday", "2026-01-02T03:04:05"])
def test_a_record_without_the_time_of_its_arrival_is_refused(received_at: object) -> None:
    document = json.loads(parse_body(body(), CANDIDATES, NOW_MS).to_record())
    with pytest.raises(InvalidRecordError, match="invalid_received_at"):
        parse_record(json.dumps({**document, "received_at": received_at}).encode(), CANDIDATES)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_reason(content: bytes) -> None:
    assert reason_of(content)


@given(st.dictionaries(st.sampled_from(["vote_id", "candidate", "client_id", "extra"]), JSON_VALUES))
def test_any_object_is_refused_with_a_reason(document: dict[str, object]) -> None:
    assert reason_of(json.dumps(document).encode())
