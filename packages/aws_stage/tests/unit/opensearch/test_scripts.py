"""The arithmetic of ``bucket_script``, as Java has it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from aws_stage.engines.opensearch.aggregations.scripts import compiled
from aws_stage.engines.opensearch.errors import SearchError

GIVEN = {"a": 6.0, "b": 4.0, "zero": 0.0}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("params.a / params.b", 1.5),
        ("return params.a - params.b * 2;", -2.0),
        ("(params.a - params.b) * 2", 4.0),
        ("1 / 2", 0),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("1 / 2.0", 0.5),
        ("params.a > 5 && params.b != null ? params.a : 0", 6.0),
        ("params.none == null ? 1 : 2", 1),
        ("!(params.a <= 5) || params.none > 1", True),
        ("params.a >= 6 ? params.b < 4 ? 1 : 2 : 3", 2),
        ("params.a / params.zero", math.inf),
        ("-params.a + .5", -5.5),
    ],
)
def test_a_script_computes(source: str, value: Any) -> None:
    assert compiled(source)(GIVEN) == value


@pytest.mark.parametrize(
    "source",
    [
        "",
        "params.a +",
        "params.a; params.b",
        "Math.max(1, 2)",
        "doc['a'].value",
        "x = 1",
        "(1",
        "1 ? 2",
        "'a'",
        "(" * 99,
    ],
)
def test_anything_else_is_refused(source: str) -> None:
    with pytest.raises(SearchError, match="not arithmetic"):
        compiled(source)


@pytest.mark.parametrize("source", ["params.none + 1", "1 / 0", "params.none > 1"])
def test_what_java_would_throw_is_an_error(source: str) -> None:
    with pytest.raises(SearchError, match="runtime error"):
        compiled(source)(GIVEN)
