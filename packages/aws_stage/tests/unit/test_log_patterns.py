"""Filter patterns of CloudWatch Logs."""

from __future__ import annotations

import json

import pytest
from aws_stage.engines.cloudwatch_logs.patterns import PatternError, compile_pattern, selected

EVENT = json.dumps(
    {"level": "ERROR", "n": 5, "ok": False, "none": None, "user": {"id": "u-17", "tags": ["a", "b"]}, "path": "/x?y[1]"}
)


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR run", "run 5: ERROR", True),
        ('"run 5"', "run 5: ERROR", True),
        ('"5 run"', "run 5: ERROR", False),
        ("ERROR -Timeout", "ERROR Timeout", False),
        ("?ERROR ?WARN", "a WARN", True),
        ("?ERROR ?WARN", "an INFO", False),
        ('{ $.level = "ERROR" }', EVENT, True),
        ('{ $.level = "ERR*" }', EVENT, True),
        ('{ $.level != "ERROR" }', EVENT, False),
        ('{ $.missing != "ERROR" }', EVENT, False),
        ('{ $.level = "ERROR" }', "not JSON", False),
        ("{ $.level = ERROR }", EVENT, True),
        ("{ $.n = 5 }", EVENT, True),
        ("{ $.n > 5 }", EVENT, False),
        ("{ $.n >= 5 && $.n < 5.5 }", EVENT, True),
        ('{ $.n > 9 || ($.user.id = "u-*" && $.user.tags[1] = "b") }', EVENT, True),
        ("{ $.ok IS FALSE && $.none IS NULL && $.more NOT EXISTS }", EVENT, True),
        ("{ $.level > 3 }", EVENT, False),
        ('{ $.path = "/x?y[1]" }', EVENT, True),
        ('{ $.path = "/xzy[1]" }', EVENT, False),
    ],
)
def test_a_pattern_matches_what_it_says(pattern: str, message: str, matches: bool) -> None:
    assert compile_pattern(pattern)(message) is matches


@pytest.mark.parametrize(
    "pattern", ["[ip, user, ...]", "%AUTH%", "{ $.a = 1", "{ $.a }", "{ level = 1 }", "{ $.a = 1 $.b }", "{ ($.a = 1 }"]
)
def test_a_pattern_that_cannot_be_matched_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_a_metric_value_is_taken_from_a_field() -> None:
    assert [selected(EVENT, "$.n"), selected(EVENT, "$.level"), selected("text", "$.n")] == [5.0, None, None]
