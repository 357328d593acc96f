"""The function's settings: what they default to, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from datastreamer.errors import ConfigurationError
from datastreamer.inference.processing.settings import Settings

NEEDED = {"AWS_LAMBDA_FUNCTION_NAME": "f", "ENDPOINT_NAME": "e", "TABLE_NAME": "t", "DLQ_BUCKET": "b"}


def test_defaults() -> None:
    assert Settings.from_env(NEEDED) == Settings("f", "e", "t", "b", "text/csv", 1000, None, None)


def test_every_setting_is_read() -> None:
    optional = {
        "CONTENT_TYPE": "application/json",
        "MAX_ROWS_PER_CALL": "50",
        "SCORE_THRESHOLD": "0.5",
        "TTL_DAYS": "30",
    }
    assert Settings.from_env(NEEDED | optional) == Settings("f", "e", "t", "b", "application/json", 50, 0.5, 30)


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    empty = dict.fromkeys(("CONTENT_TYPE", "MAX_ROWS_PER_CALL", "SCORE_THRESHOLD", "TTL_DAYS"), "")
    assert Settings.from_env(NEEDED | empty) == Settings.from_env(NEEDED)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_env({key: value for key, value in NEEDED.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTENT_TYPE", "text/plain"),
        ("MAX_ROWS_PER_CALL", "0"),
        ("MAX_ROWS_PER_CALL", "many"),
        ("SCORE_THRESHOLD", "high"),
        ("SCORE_THRESHOLD", "nan"),
        ("TTL_DAYS", "1.5"),
        ("TTL_DAYS", "-1"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} must be .*{value}"):
        Settings.from_env(NEEDED | {name: value})
