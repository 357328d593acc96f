"""Filter patterns, and which records of a stream they let pass."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from aws_stage.engines.event_source_mapping.events import Events
from aws_stage.engines.event_source_mapping.filters.event_filter import EventFilter
from aws_stage.engines.event_source_mapping.filters.event_pattern import Pattern, PatternError
from aws_stage.engines.event_source_mapping.records import Record

STREAM = "arn:aws:kinesis:ap-northeast-1:000000000000:stream/s"


def passes(data: Any, *patterns: Any, key: str = "k") -> bool:
    body = data if isinstance(data, bytes) else orjson.dumps(data)
    record = Record(0, "1", key, base64.b64encode(body).decode(), 1.5)
    chosen = EventFilter.of(orjson.dumps(pattern).decode() for pattern in patterns)
    return bool(chosen.select(Events(STREAM, "shardId-000000000000", "role").record)([record]))


@pytest.mark.parametrize(
    ("rule", "matching", "others"),
    [
        ("buy", ["buy"], ["Buy", "", None, 1, ["sell"]]),
        ("", [""], [None, "x"]),
        (None, [None], ["", 0, "null"]),
        (100, [100, 100.0], ["100", 101, True]),
        (True, [True], ["true", 1]),
        ({"prefix": "us-"}, ["us-east-1"], ["eu-us-1", None, 5]),
        ({"prefix": {"equals-ignore-case": "US-"}}, ["us-east-1", "Us-x"], ["eu"]),
        ({"suffix": ".png"}, ["a.png"], ["a.png.txt", 5]),
        ({"suffix": {"equals-ignore-case": ".PNG"}}, ["a.png"], ["a.jpg"]),
        ({"equals-ignore-case": "Alice"}, ["alice", "ALICE"], ["alicia", None]),
        ({"anything-but": "raining"}, ["sunny", 5, None], ["raining"]),
        ({"anything-but": ["a", 1]}, ["b", 2], ["a", 1]),
        ({"anything-but": {"prefix": "init"}}, ["done"], ["initial"]),
        ({"numeric": ["=", 100]}, [100, 100.0], [99, "100", True]),
        ({"numeric": [">", 10, "<=", 20]}, [10.5, 20], [10, 20.1, None]),
        ({"exists": True}, [0, None, ""], []),
    ],
)
def test_a_rule_matches_what_lambda_says(rule: Any, matching: list[Any], others: list[Any]) -> None:
    pattern = {"data": {"field": [rule]}}
    assert all(passes({"field": value}, pattern) for value in matching)
    assert not any(passes({"field": value}, pattern) for value in others)


def test_a_missing_field_matches_only_exists_false() -> None:
    assert passes({}, {"data": {"field": [{"exists": False}]}})
    assert passes({}, {"data": {"outer": {"field": [{"exists": False}]}}})
    assert not passes({"field": 1}, {"data": {"field": [{"exists": False}]}})
    for rule in ({"exists": True}, {"anything-but": "x"}, None, "x"):
        assert not passes({}, {"data": {"field": [rule]}})


def test_every_field_must_match_and_one_rule_of_a_field_is_enough() -> None:
    pattern = {"data": {"kind": ["a", "b"], "size": [{"numeric": [">", 1]}]}}
    assert passes({"kind": "b", "size": 2}, pattern)
    assert not passes({"kind": "b", "size": 1}, pattern)


def test_one_pattern_of_or_is_enough_beside_the_other_fields() -> None:
    pattern = {"data": {"day": [1], "$or": [{"place": ["here"]}, {"temperature": [{"numeric": [">", 30]}]}]}}
    assert passes({"day": 1, "place": "here", "temperature": 5}, pattern)
    assert passes({"day": 1, "place": "there", "temperature": 31}, pattern)
    assert not passes({"day": 1, "place": "there", "temperature": 5}, pattern)
    assert not passes({"day": 2, "place": "here"}, pattern)


def test_one_element_of_a_list_is_enough() -> None:
    assert passes({"tags": ["x", "hot"]}, {"data": {"tags": ["hot"]}})
    assert passes({"items": [{"id": 1}, {"id": 2}]}, {"data": {"items": {"id": [2]}}})
    assert not passes({"tags": []}, {"data": {"tags": ["hot"]}})


def test_one_of_several_filters_is_enough() -> None:
    filters = ({"data": {"kind": ["a"]}}, {"data": {"kind": ["b"]}})
    assert passes({"kind": "b"}, *filters)
    assert not passes({"kind": "c"}, *filters)


@pytest.mark.parametrize("data", [b"plain text", b"\xff\xfe", b"", b"{"])
def test_data_that_is_not_json_passes_no_filter_of_data(data: bytes) -> None:
    assert not passes(data, {"data": {"field": [{"exists": False}]}})
    assert passes(data, {"partitionKey": ["k"]})


def test_a_record_is_filtered_by_its_other_fields() -> None:
    assert passes({}, {"partitionKey": [{"prefix": "sensor-"}]}, key="sensor-1")
    assert not passes({}, {"partitionKey": [{"prefix": "sensor-"}]}, key="probe-1")
    assert passes({}, {"kinesis": {"partitionKey": ["sensor-1"]}}, key="sensor-1")
    assert passes({}, {"eventSourceARN": [{"suffix": ":stream/s"}]})


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        [],
        "text",
        {"data": ["text"]},
        {"data": {"field": "text"}},
        {"data": {"field": []}},
        {"data": {"field": [{"prefix": 1}]}},
        {"data": {"field": [{"wildcard": "*"}]}},
        {"data": {"field": [{"prefix": "a", "suffix": "b"}]}},
        {"data": {"field": [{"numeric": [">"]}]}},
        {"data": {"field": [{"numeric": ["~", 1]}]}},
        {"data": {"field": [{"exists": "yes"}]}},
        {"data": {"field": [{"anything-but": [True]}]}},
        {"data": {"$or": []}},
    ],
)
def test_a_pattern_that_is_none_is_refused(pattern: Any) -> None:
    with pytest.raises(PatternError):
        EventFilter.of([orjson.dumps(pattern).decode()])


def test_text_that_is_not_json_is_no_pattern() -> None:
    with pytest.raises(PatternError, match="not JSON"):
        EventFilter.of(["{data"])


def test_a_pattern_matches_decoded_json() -> None:
    assert Pattern({"a": {"b": [1]}}).matches({"a": {"b": 1, "c": 2}})
