"""The record contract: what is a record, and which reason each other payload gets."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.errors import InvalidRecordError
from datastreamer.inference.record import REASONS, parse_record


def reason(payload: bytes) -> str:
    with pytest.raises(InvalidRecordError) as caught:
        parse_record(payload)
    assert caught.value.reason in REASONS
    return caught.value.reason


def test_a_record_keeps_every_field_and_every_digit() -> None:
    record = parse_record(b'{"id": "s-1", "data": [25.50, -3, 1e2], "site": "roof", "depth": {"n": [null, true]}}\n')
    assert record.id == "s-1"
    assert [str(value) for value in record.data] == ["25.50", "-3", "1E+2"]
    assert record.document == {
        "id": "s-1",
        "data": [Decimal("25.50"), -3, Decimal(100)],
        "site": "roof",
        "depth": {"n": [None, True]},
    }


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", "empty_record"),
        (b" \r\n\t", "empty_record"),
        (b'\xf3\x89\x9a\xc2\n\x01a\x1a\x10{"id":"a","data":[1]}', "kpl_aggregated"),
        (b'{"id": "\xff", "data": [1]}', "invalid_utf8"),
        (b'{"id": "a", "data": [1]}\n{"id": "b", "data": [2]}\n', "several_values"),
        (b'{"id": "a", "data": [1]} trailing', "several_values"),
        (b'{"id": "a", "data": [1]', "invalid_json"),
        (b"sensor-001,25.5,60.0", "invalid_json"),
        (b'\xef\xbb\xbf{"id": "a", "data": [1]}', "invalid_json"),
        (b'{"id": "a", "id": "b", "data": [1]}', "invalid_json"),
        (b'{"id": "a", "data": [NaN]}', "invalid_json"),
        (b'{"id": "a", "data": [1], "note": Infinity}', "invalid_json"),
        (b'{"id": "\\ud800", "data": [1]}', "invalid_json"),
        (b'{"id": "a", "data": [1], "note": "\\ud800"}', "invalid_json"),
        (b'{"id": "a", "data": [1e99999999999999999999]}', "invalid_json"),
        (b"[" * 100_000, "nested_too_deep"),
        (b'{"id": "a", "data": [1], "log": ' + b"[" * 32 + b"]" * 32 + b"}", "nested_too_deep"),
        (b'{"id": "a", "data": [1], "log": ' + b"[" * 31, "invalid_json"),
        (b'["a", [1]]', "not_an_object"),
        (b"7", "not_an_object"),
        (b'{"data": [1]}', "missing_id"),
        (b'{"id": null, "data": [1]}', "missing_id"),
        (b'{"id": "a"}', "missing_data"),
        (b'{"id": "", "data": [1]}', "invalid_id"),
        (b'{"id": 7, "data": [1]}', "invalid_id"),
        ('{"id": "' + "é" * 513 + '", "data": [1]}', "invalid_id"),
        (b'{"id": "a", "data": []}', "invalid_data"),
        (b'{"id": "a", "data": 1}', "invalid_data"),
        (b'{"id": "a", "data": [1, "2"]}', "invalid_data"),
        (b'{"id": "a", "data": [1, null]}', "invalid_data"),
        (b'{"id": "a", "data": [1, true]}', "invalid_data"),
        (b'{"id": "a", "data": [[1]]}', "invalid_data"),
        (b'{"id": "a", "data": [1e400]}', "data_not_finite"),
        (b'{"id": "a", "data": [' + b"9" * 400 + b"]}", "data_not_finite"),
    ],
)
def test_each_break_of_the_contract_has_its_reason(payload: bytes | str, expected: str) -> None:
    assert reason(payload.encode() if isinstance(payload, str) else payload) == expected


def test_an_id_may_have_1024_bytes_and_any_text() -> None:
    assert parse_record(json.dumps({"id": "é" * 512, "data": [1]}).encode()).id == "é" * 512
    assert parse_record(b'{"id": "\\ud83d\\ude00", "data": [1]}').id == "\U0001f600"


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_a_record_or_have_a_reason(payload: bytes) -> None:
    try:
        record = parse_record(payload)
    except InvalidRecordError:
        reason(payload)
    else:
        assert (record.id, list(record.data)) == (record.document["id"], record.document["data"])


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=10))
def test_numbers_come_back_exactly(numbers: list[float]) -> None:
    record = parse_record(json.dumps({"id": "a", "data": numbers}).encode())
    assert [float(value) for value in record.data] == numbers


@pytest.mark.parametrize(
    ("encoding", "reason", "named"),
    [
        ("utf-8-sig", "invalid_json", "UTF-8"),
        ("utf-16", "invalid_utf8", "UTF-16"),
        ("utf-32", "invalid_utf8", "UTF-32"),
    ],
)
def test_a_byte_order_mark_is_named(encoding: str, reason: str, named: str) -> None:
    with pytest.raises(InvalidRecordError) as refused:
        parse_record('{"id": "a", "data": [1]}'.encode(encoding))
    assert refused.value.reason == reason
    assert refused.value.detail == f"it begins with a byte order mark of {named}; send UTF-8 without one"
