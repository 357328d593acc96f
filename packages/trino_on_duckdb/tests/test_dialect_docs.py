"""The README lists the functions that the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dialect_answers import Athena
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions import aggregates, windows
from trino_on_duckdb.functions.calls import SCALARS, SPECIAL, SYNONYMS
from trino_on_duckdb.functions.refused import REFUSED

PAGE = (Path(__file__).resolve().parents[1] / "README.md").read_text()
DONE, _, BY_NAME = PAGE.partition("## Functions")[2].partition("Refused by name, ")


def names(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_0-9]+)`", text))


def test_the_page_lists_every_function_that_is_done() -> None:
    assert names(DONE) == {*SCALARS, *aggregates.AGGREGATES, *windows.WINDOWS, *SPECIAL, *SYNONYMS}


def test_the_page_lists_every_function_that_is_refused_by_name() -> None:
    assert names(BY_NAME) == REFUSED


def test_what_the_page_says_of_trino_is_so() -> None:
    athena = Athena()
    for expression, expected in {
        "7 / 2": "3",
        "100.0 * 1 / 3": "33.3",
        "CAST(1e0 AS varchar)": "1.0E0",
        "nan() = nan()": "false",
        "contains(array[1, null], 2)": None,
        "greatest(1, null)": None,
        "substr('abc', 0)": "",
        "split_part('a', ',', 2)": None,
        "sqrt(-1)": "NaN",
    }.items():
        assert athena.value(expression) == expected
    for expression in (
        "1 / 0",
        "1 = '1'",
        "CAST('1.5' AS integer)",
        "CAST('2020-01-01T00:00:00' AS timestamp)",
        "array[1][3]",
    ):
        with pytest.raises(QueryError):
            athena.value(expression)


def test_the_readmes_example_answers_as_it_says() -> None:
    code = PAGE.split("```python\n")[1].split("```")[0]
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102  it is the README's own
    assert repr(names["answer"]) == code.strip().rpartition("# ")[2]
