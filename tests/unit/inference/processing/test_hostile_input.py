"""Whatever a stream holds or a model answers ends as a record or a refusal with its reason, never as a crash."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.errors import InvalidRecordError
from datastreamer.inference.processing.attributes import INVALID_NAME, TOO_LARGE
from datastreamer.inference.processing.item import scored_item, unscored_item
from datastreamer.inference.record import REASONS, parse_record
from datastreamer.scoring.delivery import Delivery, Scored
from datastreamer.scoring.payload import CSV, JSON, Payload, UnreadableAnswerError, is_finite, payload_of
from tests import hostile_json

RECORD = {"id": "s-1", "data": [25.5, -3], "site": "roof"}
ANSWER: dict[str, Any] = {"predictions": [{"score": 0.5}, {"score": [0.25, 0.75]}]}


@settings(max_examples=300, deadline=None)
@given(hostile_json.objects(RECORD))
def test_a_payload_is_a_record_that_becomes_an_item_or_has_a_reason(payload: bytes) -> None:
    delivery = Delivery("shard:1", "shard", "1", 1_760_000_000_000, payload, {})
    reason = None
    try:
        record = parse_record(payload)
        for content_type in (CSV, JSON):
            assert payload_of(content_type).row(record.data)
        item = unscored_item(delivery, record, ttl_days=1)
        scored_item(item, Scored((Decimal("0.5"),), "v"), 0.5, 0)
    except InvalidRecordError as error:
        reason = error.reason
    assert reason in {None, *REASONS, TOO_LARGE, INVALID_NAME}


answers = (
    hostile_json.values.map(lambda value: b'{"predictions":[{"score":' + value + b"}]}")
    | hostile_json.objects(ANSWER)
    | st.lists(hostile_json.values, max_size=3).map(b",".join)
    | st.lists(hostile_json.values, max_size=3).map(lambda values: b"[" + b",".join(values) + b"]")
    | st.lists(hostile_json.values, max_size=3).map(b"\n".join)
)


@settings(max_examples=300, deadline=None)
@given(answers, st.sampled_from([CSV, JSON]), st.integers(1, 3))
def test_an_answer_is_scores_or_cannot_be_read(body: bytes, content_type: str, rows: int) -> None:
    payload: Payload = payload_of(content_type)
    try:
        scores = payload.scores(body, rows)
    except UnreadableAnswerError:
        return
    assert len(scores) == rows
    for score in scores:
        if is_finite(score):
            scored_item({"pk": {"S": "a"}}, Scored(score, "v"), 0.5, 0)


@pytest.mark.parametrize("content_type", [CSV, JSON])
@pytest.mark.parametrize("value", [b"[" * 50_000 + b"]" * 50_000, b"1e99999999999999999999", b"9" * 5_000])
def test_an_answer_that_breaks_json_readers_cannot_be_read(content_type: str, value: bytes) -> None:
    body = b'{"predictions":[{"score":' + value + b"}]}" if content_type == JSON else b"[" + value + b"]"
    with pytest.raises(UnreadableAnswerError):
        payload_of(content_type).scores(body, 1)
