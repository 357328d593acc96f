"""OpenX's JSON SerDe where DuckDB's reading of JSON is another."""

from __future__ import annotations

import pytest
from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    return AthenaLake(stage, "athena_openx")


def table(lake: AthenaLake, name: str, columns: str, body: str, properties: str = "") -> str:
    """Create a table over one object."""
    lake.put(f"{name}/a.json", body)
    lake.rows(
        f"CREATE EXTERNAL TABLE {name} ({columns}) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' {properties} "
        f"LOCATION 's3://{lake.bucket}/{name}/'"
    )
    return name


def test_a_mapping_finds_its_name_in_any_case(lake: AthenaLake) -> None:
    lines = '{"time":"x"}\n{"TIME":"y"}\n{"Time":"z"}\n'
    table(lake, "mapped", "t1 string", lines, "WITH SERDEPROPERTIES ('mapping.t1'='Time')")
    assert lake.rows("SELECT t1 FROM mapped ORDER BY t1") == [["x"], ["y"], ["z"]]


@pytest.mark.parametrize(
    ("name", "columns", "line"),
    [
        ("twice", "a int", '{"a":1,"a":2}'),
        ("twice_in_case", "a string", '{"a":"y","A":"x"}'),
        ("twice_inside", "p struct<a:int>", '{"p":{"a":1,"a":2}}'),
    ],
)
def test_a_key_that_stands_twice_is_an_error_and_not_a_choice(
    lake: AthenaLake, name: str, columns: str, line: str
) -> None:
    table(lake, name, columns, f"{line}\n")
    assert "duplicate key" in lake.failure(f"SELECT * FROM {name}")


def test_a_line_with_a_key_twice_is_null_where_malformed_lines_are(lake: AthenaLake) -> None:
    properties = "WITH SERDEPROPERTIES ('ignore.malformed.json'='true')"
    table(lake, "ignored", "a int", '{"a":1,"a":2}\n{"a":3}\n', properties)
    assert lake.rows("SELECT a FROM ignored ORDER BY a") == [["3"], [None]]


def test_numbers_are_moments_in_seconds_or_milliseconds(lake: AthenaLake) -> None:
    lines = '{"ts":1704067200000}\n{"ts":1704067200}\n{"ts":"1704067200123"}\n{"ts":1704067200.5}\n'
    table(lake, "epoch", "ts timestamp", lines)
    assert lake.rows("SELECT ts FROM epoch ORDER BY ts") == [
        ["2024-01-01 00:00:00.000"],
        ["2024-01-01 00:00:00.000"],
        ["2024-01-01 00:00:00.123"],
        ["2024-01-01 00:00:00.500"],
    ]


def test_what_follows_an_object_on_its_line_is_ignored(lake: AthenaLake) -> None:
    table(lake, "joined", "a int", '{"a":1}{"a":2}\n{"a":3}\n{"a":4} x\n')
    assert lake.rows("SELECT a FROM joined ORDER BY a") == [["1"], ["3"], ["4"]]
    table(lake, "no_object", "a int", "x\n")
    assert "not a valid JSON Object" in lake.failure("SELECT a FROM no_object")
