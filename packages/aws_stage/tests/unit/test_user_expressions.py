"""Patterns that users give to services: none takes longer than its text is long."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from aws_stage.engines.glue_crawler.glob import excluded
from aws_stage.patches.user_expressions import Expressions, wildcard_matches
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.text(alphabet="ab/*", max_size=8)


def test_an_expression_that_python_would_try_for_ever_is_answered() -> None:
    assert Expressions().compile("(a+)+$").search("a" * 100_000 + "b") is None


def test_case_is_ignored_where_it_is_asked() -> None:
    assert Expressions().compile("error", re.IGNORECASE).search("an ERROR") is not None
    assert Expressions().compile("error").search("an ERROR") is None


def test_what_re2_does_not_have_is_refused() -> None:
    expressions = Expressions()
    with pytest.raises(expressions.error):
        expressions.compile("(?<=a)b")


@given(TEXTS.map(lambda text: text.replace("*", "")), TEXTS)
def test_wildcards_match_what_a_glob_matches(value: str, pattern: str) -> None:
    assert wildcard_matches(value, pattern) is fnmatchcase(value, pattern)


@pytest.mark.parametrize("glob", ["*a" * 30 + "b", "**a" * 30 + "b", "{*a,**a}" * 20 + "b"])
def test_an_exclude_pattern_of_many_stars_is_answered(glob: str) -> None:
    assert excluded("a" * 1024, [glob]) is False
