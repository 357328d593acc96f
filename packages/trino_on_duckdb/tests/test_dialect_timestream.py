"""Timestream's SQL: durations, bins, time series, and what Athena must not take of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import trino_on_duckdb as dialect
from dialect_answers import SESSION, Athena
from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.functions import timestream as done
from trino_on_duckdb.functions.aggregates import AGGREGATES
from trino_on_duckdb.functions.calls import SCALARS, SPECIAL, SYNONYMS
from trino_on_duckdb.functions.windows import WINDOWS
from trino_on_duckdb.syntax import timestream_functions as names

PAGE = (Path(__file__).resolve().parents[1] / "README.md").read_text()
POINTS = "(VALUES (TIMESTAMP '2025-01-01 00:01:00', 4), (TIMESTAMP '2025-01-01 00:00:00', 1)) AS points(time, value)"
SERIES = f"(SELECT create_time_series(time, value) AS series FROM {POINTS})"
HALF_MINUTES = "sequence(timestamp '2025-01-01 00:00:00', timestamp '2025-01-01 00:01:30', 30s)"


class Timestream:
    """A connection that answers queries over no table."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        dialect.prepare(self.connection)

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        [query] = dialect.parse(sql, timestream=True)
        translation = dialect.translate(query, {}, SESSION)  # type: ignore[arg-type]
        try:
            found = self.connection.execute(translation.sql).fetchall()
        except duckdb.Error as error:
            raise dialect.query_error(error) from error
        types = [column.type for column in translation.columns]
        return [tuple(dialect.render(v, t) for v, t in zip(row, types, strict=True)) for row in found]

    def value(self, expression: str) -> str | None:
        [[value]] = self.rows(f"SELECT {expression}")
        return value

    def raw(self, expression: str) -> Any:
        """A value over the series of two points a minute apart, 1 and 4, as DuckDB gives it."""
        [query] = dialect.parse(f"SELECT {expression} FROM {SERIES}", timestream=True)
        translation = dialect.translate(query, {}, SESSION)  # type: ignore[arg-type]
        [[value]] = self.connection.execute(translation.sql).fetchall()
        return [(f"{each['time']:%H:%M:%S}", each["value"]) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def engine() -> Timestream:
    return Timestream()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("now()", "2025-10-15 12:34:56.789"),
        ("current_timestamp - 1h", "2025-10-15 11:34:56.789"),
        ("ago(5m)", "2025-10-15 12:29:56.789"),
        ("ago(interval '1' day)", "2025-10-14 12:34:56.789"),
        ("500ms", "0 00:00:00.500"),
        ("12second + 2h", "0 02:00:12.000"),
        ("3DAY", "3 00:00:00.000"),
        ("date '2022-05-21' + 2d", "2022-05-23"),
        ("bin(TIMESTAMP '2025-10-15 12:34:56.789000000', 5m)", "2025-10-15 12:30:00.000000"),
        ("bin(TIMESTAMP '2025-10-15 12:34:56', 1d)", "2025-10-15 00:00:00.000000"),
        ("bin(17, 5)", "15"),
        ("bin(-3, 5)", "-5"),
        ("bin(now(), 2 * 30m)", "2025-10-15 12:00:00.000000"),
        ("1.5 * 2", "3.0"),
        ("typeof(0.5)", "double"),
        ("from_iso8601_timestamp('2025-10-15T12:00:00.123456+09:00')", "2025-10-15 03:00:00.123456"),
        ("from_iso8601_timestamp('2025-10-15')", "2025-10-15 00:00:00.000000"),
        ("from_milliseconds(1760000000123)", "2025-10-09 08:53:20.123000"),
        ("from_nanoseconds(1760000000123456000)", "2025-10-09 08:53:20.123456"),
        ("to_milliseconds(TIMESTAMP '2025-10-09 08:53:20.123')", "1760000000123"),
        ("to_nanoseconds(5m)", "300000000000"),
        ("to_iso8601(TIMESTAMP '2025-10-15 12:34:56.789')", "2025-10-15T12:34:56.789000000Z"),
        ("date_diff('minute', ago(1h), now())", "60"),
        ("CAST('2025-01-01 00:00:00.123456' AS timestamp)", "2025-01-01 00:00:00.123456"),
    ],
)
def test_an_expression_has_timestreams_value(engine: Timestream, expression: str, expected: str) -> None:
    assert engine.value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("series", [("00:00:00", 1), ("00:01:00", 4)]),
        (
            f"interpolate_linear(series, {HALF_MINUTES})",
            [("00:00:00", 1.0), ("00:00:30", 2.5), ("00:01:00", 4.0), ("00:01:30", None)],
        ),
        (
            "interpolate_locf(series, array[timestamp '2024-12-31 23:00:00', timestamp '2025-01-01 00:00:59'])",
            [("23:00:00", None), ("00:00:59", 1.0)],
        ),
        (
            "interpolate_fill(series, array[timestamp '2025-01-01 00:01:00', timestamp '2025-01-01 00:02:00'], 9e0)",
            [("00:01:00", 4.0), ("00:02:00", 9.0)],
        ),
        ("interpolate_linear(series, timestamp '2025-01-01 00:00:20')", 2.0),
        ("derivative_linear(series, 1s)", [("00:01:00", 0.05)]),
        ("non_negative_derivative_linear(series, 1m)", [("00:01:00", 3.0)]),
        ("integral_trapezoidal(series)", 150.0),
        ("integral_trapezoidal(series, 1m)", 2.5),
    ],
)
def test_a_function_of_a_series_has_its_value(engine: Timestream, expression: str, expected: object) -> None:
    assert engine.raw(expression) == expected


def test_a_series_is_unnested_into_its_times_and_values(engine: Timestream) -> None:
    sql = f"SELECT t.value FROM {SERIES} CROSS JOIN UNNEST(series) AS t (time, value) ORDER BY t.time DESC"
    assert engine.rows(sql) == [("4",), ("1",)]


def test_a_series_takes_no_time_twice_and_no_null(engine: Timestream) -> None:
    null = f"SELECT cardinality(array[create_time_series(time, nullif(value, 4))]) FROM {POINTS}"
    assert engine.rows(null) == [("1",)]
    twice = f"SELECT create_time_series(TIMESTAMP '2025-01-01 00:00:00', value) FROM {POINTS}"
    with pytest.raises(QueryError, match="Duplicate timestamps"):
        engine.rows(twice)


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("SELECT 5us", "NOT_SUPPORTED: line 1:8: The duration 5us"),
        ("SELECT regexp_like('a', 'b')", "NOT_SUPPORTED: line 1:8: Function regexp_like"),
        ("SELECT TRY_CAST('a' AS double)", "NOT_SUPPORTED: line 1:8: TRY_CAST"),
        ("SELECT try(1 / 0)", "NOT_SUPPORTED: line 1:8: Function try"),
        ("SELECT nothing(1)", "FUNCTION_NOT_FOUND: line 1:8"),
        ("SELECT url_encode('a')", "FUNCTION_NOT_FOUND: line 1:8"),
        ("SELECT ago()", "FUNCTION_NOT_FOUND: line 1:8"),
        ("SELECT bin(now(), 0s)", "INVALID_FUNCTION_ARGUMENT"),
        ("SELECT from_iso8601_timestamp('gestern')", "INVALID_FUNCTION_ARGUMENT"),
        ("SELECT CAST(now() AS timestamp with time zone)", "NOT_SUPPORTED"),
        ("SELECT 5x", "SYNTAX_ERROR: line 1:8"),
    ],
)
def test_what_timestream_or_this_dialect_does_not_do_fails_by_name(engine: Timestream, sql: str, problem: str) -> None:
    with pytest.raises(QueryError) as error:
        engine.rows(sql)
    assert str(error.value).startswith(problem)


@pytest.mark.parametrize(
    "expression",
    ["5m", "bin(1, 2)", "ago(interval '1' day)", "create_time_series(1, 2)", "CAST(NULL AS timeseries(double))"],
)
def test_athena_takes_nothing_of_timestreams(expression: str) -> None:
    with pytest.raises(QueryError):
        Athena().translate(f"SELECT {expression}")


def test_the_page_lists_timestreams_functions() -> None:
    section = PAGE.partition("## Timestream")[2].partition("Of the functions below")[2].partition("A NULL")[0]
    assert set(re.findall(r"`([a-z_0-9]+)`", section)) == {*names.OWN, *names.REWRITTEN}


def test_the_grammars_names_are_those_of_the_functions() -> None:
    assert {*done.SCALARS, *done.AGGREGATES} == names.OWN
    assert {*SCALARS, *SPECIAL, *SYNONYMS, *WINDOWS, *AGGREGATES} >= names.SHARED
    assert not names.REFUSED & (names.SHARED | names.OWN)
