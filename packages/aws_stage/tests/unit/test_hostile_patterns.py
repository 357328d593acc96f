"""Patterns and expressions of anybody's making: read or refused with their own error, and matched in bounded time."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_stage.engines.cloudwatch.metric_math import ExpressionError, evaluate
from aws_stage.engines.cloudwatch_logs import patterns
from aws_stage.engines.event_source_mapping.filters import event_pattern
from aws_stage.kernel.schedule_expression import next_fire
from hypothesis import given, settings
from hypothesis import strategies as st

DEEP_JSON = '{"a":' * 50_000 + "1" + "}" * 50_000


def _pieces(*pieces: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces) | st.text(max_size=3), max_size=30).map("".join)


@settings(max_examples=300)
@given(
    _pieces(
        "{",
        "}",
        "(",
        ")",
        "$.a",
        "$.a[0]",
        "=",
        "!=",
        "<",
        "&&",
        "||",
        " ",
        '"x*"',
        "1e9",
        "IS NULL",
        "NOT EXISTS",
        "?",
        "-",
    )
)
def test_a_filter_pattern_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(patterns.PatternError):
        patterns.compile_pattern(text)('{"a": [1, "x"]}')


@pytest.mark.parametrize(
    "text", ["{" + "(" * 900 + "$.a = 1" + ")" * 100 + "}", "{ $.a = 1 }" + " " * 1024, "a" * 1025]
)
def test_a_filter_pattern_beyond_its_bounds_is_refused(text: str) -> None:
    with pytest.raises(patterns.PatternError):
        patterns.compile_pattern(text)


def test_a_message_of_any_depth_or_size_of_number_matches_nothing() -> None:
    assert patterns.compile_pattern("{ $.a = 1 }")(DEEP_JSON) is False
    assert patterns.selected(DEEP_JSON, "$.a") is None
    assert patterns.selected(json.dumps({"a": 10**400}), "$.a") is None


def test_a_pattern_of_many_stars_is_answered() -> None:
    matches = patterns.compile_pattern('{ $.a = "' + "*a" * 200 + '*b" }')
    assert matches(json.dumps({"a": "a" * 100_000})) is False


@settings(max_examples=300)
@given(
    _pieces(
        "(",
        ")",
        "a",
        "b",
        "1",
        "10",
        "^",
        "-",
        "*",
        "/",
        "IF(",
        "FILL(",
        "SUM(",
        "METRICS()",
        "[",
        "]",
        ",",
        "AND",
        "0.5",
        " ",
    )
)
def test_metric_math_is_evaluated_or_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        evaluate(text, {"a": {0: -2.0, 60: 1e308}, "b": {0: 0.0}}, range(0, 120, 60))


@pytest.mark.parametrize(
    "text", ["(" * 2000 + "1" + ")" * 2000, "-" * 2000 + "1", "10 ^ 400", "-8 ^ 0.5 ^ 400", "0 ^ (0 - 1)"]
)
def test_metric_math_of_great_depth_or_size_is_refused(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        assert isinstance(evaluate(text, {}, [0]), float)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["a", "$or", "exists", "numeric", "prefix", "suffix", "anything-but", "equals-ignore-case"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=300)
@given(VALUES, VALUES)
def test_an_event_pattern_matches_or_is_refused(pattern: Any, event: Any) -> None:
    with contextlib.suppress(event_pattern.PatternError):
        assert event_pattern.Pattern(pattern).matches(event) in (True, False)


def test_an_event_pattern_is_nested_no_deeper_than_it_can_be_matched() -> None:
    pattern: Any = ["x"]
    for _ in range(101):
        pattern = {"a": pattern}
    with pytest.raises(event_pattern.PatternError, match="100 levels"):
        event_pattern.Pattern(pattern)


@settings(max_examples=300)
@given(
    _pieces("cron(", "rate(", "at(", ")", "*", "?", " ", "1", "31", "2", "L", "W", "#", "/", "-", "MON", "2199", "1970")
)
def test_a_schedule_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        next_fire(text, datetime(2025, 10, 15, tzinfo=UTC))


@pytest.mark.parametrize("text", ["cron(0 0 31 2 ? *)", "cron(0 0 ? 2 MON#5 2199)", "cron(* * 30 2 ? *)"])
def test_a_schedule_that_never_fires_has_no_next_time(text: str) -> None:
    assert next_fire(text, datetime(2025, 10, 15, tzinfo=UTC)) is None
