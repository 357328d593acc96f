"""The Expression of GetPartitions."""

from __future__ import annotations

import pytest
from aws_stage.kernel.engine import AwsError
from aws_stage.patches.glue.partition_filter import NULL_VALUE, selected

KEYS = [
    {"Name": "Day", "Type": "date"},
    {"Name": "site", "Type": "string"},
    {"Name": "n", "Type": "int"},
    {"Name": "share", "Type": "double"},
]
ROWS = [
    ("2024-01-01", "a", "9", "0.5"),
    ("2024-01-02", "b's", "10", "0.5"),
    ("2024-02-01", "a_b", "-1", "0.5"),
    ("2024-02-01", NULL_VALUE, NULL_VALUE, "0.5"),
]


def kept(expression: str) -> list[int]:
    wanted = selected(expression, KEYS)
    return [index for index, row in enumerate(ROWS) if wanted(row)]


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("site = 'a'", [0]),
        ("SITE='b''s'", [1]),
        ("`site` = 'a' or \"site\" = 'a_b'", [0, 2]),
        ("n > 9", [1]),
        ("n <> 9", [1, 2]),
        ("n != 9 and n >= -1", [1, 2]),
        ("n between 9 and 10", [0, 1]),
        ("n not between 9 and 10", [2]),
        ("n in (9, -1)", [0, 2]),
        ("n NOT IN (9, 10)", [2]),
        ("day < '2024-01-02'", [0]),
        ("day=DATE'2024-02-01' and site is not null", [2]),
        ("day <= DATE '2024-01-02'", [0, 1]),
        ("site like 'a%'", [0, 2]),
        ("site like 'a_b' and not (n = 9)", [2]),
        ("site is null", [3]),
        (f"site = '{NULL_VALUE}'", [3]),
        ("site = 'a' or site = 'a_b' and n = 9", [0]),
        ("(site = 'a' or site = 'a_b') and n = -1", [2]),
        ("not n = 9 or site is null", [1, 2, 3]),
    ],
)
def test_an_expression_keeps_the_partitions_that_sql_would(expression: str, rows: list[int]) -> None:
    assert kept(expression) == rows


@pytest.mark.parametrize(
    "expression",
    [
        "site",
        "site =",
        "site = 'a",
        "site = 'a' and",
        "site = 'a' site = 'b'",
        "(site = 'a'",
        "day(site) = 1",
        "missing = 1",
        "n = 'ten'",
        "n in ()",
        "day = '2024-13-01'",
        "share = 0.5",
        "site = 'a'; drop",
        "(" * 200 + "site = 'a'" + ")" * 200,
    ],
)
def test_what_is_not_an_expression_over_the_keys_is_refused(expression: str) -> None:
    with pytest.raises(AwsError) as refused:
        selected(expression, KEYS)
    assert refused.value.code == "InvalidInputException"
