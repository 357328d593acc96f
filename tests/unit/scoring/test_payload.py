"""Rows and scores in CSV and JSON."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.errors import ConfigurationError
from datastreamer.scoring.chunks import MAX_BODY_BYTES, chunks
from datastreamer.scoring.payload import (
    CsvPayload,
    JsonPayload,
    Payload,
    UnreadableAnswerError,
    is_finite,
    payload_of,
)

CSV, JSON = CsvPayload(), JsonPayload()
ROWS = [[Decimal("25.50"), 60], [Decimal("1E+3"), -1]]


def test_csv_rows_are_lines_of_numbers() -> None:
    assert CSV.body([CSV.row(row) for row in ROWS]) == b"25.50,60\n1E+3,-1"


def test_json_rows_are_instances() -> None:
    assert json.loads(JSON.body([JSON.row(row) for row in ROWS])) == {
        "instances": [{"features": [25.5, 60]}, {"features": [1000.0, -1]}]
    }


@pytest.mark.parametrize(
    ("payload", "body", "rows", "scores"),
    [
        (CSV, b"0.1\n0.2", 2, [["0.1"], ["0.2"]]),
        (CSV, b"0.1\n0.2\n", 2, [["0.1"], ["0.2"]]),
        (CSV, b"0.1,0.9\n0.2,0.8", 2, [["0.1", "0.9"], ["0.2", "0.8"]]),
        (CSV, b"0.1,0.2", 2, [["0.1"], ["0.2"]]),
        (CSV, b"0.1,0.2", 1, [["0.1", "0.2"]]),
        (CSV, b"[0.1, 0.9],[0.2, 0.8]", 2, [["0.1", "0.9"], ["0.2", "0.8"]]),
        (CSV, b"[0.1, 0.9]\n[0.2, 0.8]\n", 2, [["0.1", "0.9"], ["0.2", "0.8"]]),
        (CSV, b"1e-7", 1, [["1e-7"]]),
        (JSON, b'{"predictions": [{"score": 0.1}, {"score": 1}]}', 2, [["0.1"], ["1"]]),
        (JSON, b'{"predictions": [{"score": [0.1, 0.9]}]}', 1, [["0.1", "0.9"]]),
    ],
)
def test_scores_are_read_exactly(payload: Payload, body: bytes, rows: int, scores: list[list[str]]) -> None:
    assert payload.scores(body, rows) == [tuple(map(Decimal, vector)) for vector in scores]


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (CSV, b"nan"),
        (CSV, b"-inf"),
        (CSV, b"0.1,NaN"),
        (CSV, b"1e999"),
        (JSON, b'{"predictions": [{"score": NaN}]}'),
        (JSON, b'{"predictions": [{"score": Infinity}]}'),
    ],
)
def test_a_score_that_is_not_finite_is_read_and_known_as_such(payload: Payload, body: bytes) -> None:
    (scores,) = payload.scores(body, 1)
    assert not is_finite(scores)


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (CSV, b""),
        (CSV, b"0.1"),
        (CSV, b"0.1\n0.2\n0.3"),
        (CSV, b"0.1,0.2,0.3"),
        (CSV, b"0.1\nlow"),
        (CSV, b"\xff\n1"),
        (CSV, b"[0.1],[0.2"),
        (CSV, b'["a"],["b"]'),
        (JSON, b"0.1,0.2"),
        (JSON, b'{"predictions": [{"score": 0.1}]}'),
        (JSON, b'{"predictions": [{"label": 1}, {"label": 0}]}'),
        (JSON, b'{"predictions": [{"score": "high"}, {"score": []}]}'),
        (JSON, b'{"predictions": [{"score": true}, {"score": null}]}'),
        (JSON, b"[0.1, 0.2]"),
    ],
)
def test_an_answer_that_is_not_a_score_for_each_of_two_rows_is_unreadable(payload: Payload, body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        payload.scores(body, 2)


def test_other_content_types_are_unknown() -> None:
    assert (payload_of("text/csv").content_type, payload_of("application/json").content_type) == (
        "text/csv",
        "application/json",
    )
    with pytest.raises(ConfigurationError, match="text/plain"):
        payload_of("text/plain")


@settings(deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=60),
    st.integers(1, 10),
    st.integers(60, 300),
    st.sampled_from([CSV, JSON]),
)
def test_chunks_keep_order_and_both_limits(
    rows: list[bytes], most_rows: int, most_bytes: int, payload: Payload
) -> None:
    cut = list(chunks(range(len(rows)), rows, payload, most_rows, most_bytes))
    assert [place for chunk in cut for place in chunk] == list(range(len(rows)))
    for chunk in cut:
        assert 1 <= len(chunk) <= most_rows
        assert len(payload.body([rows[place] for place in chunk])) <= most_bytes


def test_a_call_stays_within_sagemakers_body() -> None:
    rows = [b"1" * 100_000] * 100
    cut = list(chunks(range(100), rows, CSV, 1000))
    assert len(cut) == 3
    assert all(len(CSV.body([rows[place] for place in chunk])) <= MAX_BODY_BYTES == 4 * 1024 * 1024 for chunk in cut)
