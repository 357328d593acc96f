"""Values against models: Java's double text, Joda's month counting, rendering."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import trino_on_duckdb as dialect
from dialect_answers import Athena
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trino_on_duckdb.runtime import json_paths, json_text, numbers

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def athena() -> Athena:
    return Athena()


RENDERED: list[tuple[Any, str, str | None]] = [
    (None, "bigint", None),
    (True, "boolean", "true"),
    (1e10, "double", "1.0E10"),
    (1.0, "double", "1.0"),
    (float("-inf"), "double", "-Infinity"),
    (0.10000000149011612, "real", "0.1"),
    (3.4028234663852886e38, "real", "3.4028235E38"),
    (Decimal("1.50"), "decimal(10,2)", "1.50"),
    (Decimal("1E+3"), "decimal(10,0)", "1000"),
    (b"\x00\xff", "varbinary", "00 ff"),
    (datetime(2020, 1, 2, 3, 4, 5, 678000), "timestamp(3)", "2020-01-02 03:04:05.678"),  # noqa: DTZ001
    (datetime(2020, 1, 2, 3, 4, 5), "timestamp(0)", "2020-01-02 03:04:05.000"),  # noqa: DTZ001
    (datetime(2020, 1, 2, 3, 4, 5, 678901), "timestamp(6)", "2020-01-02 03:04:05.678901"),  # noqa: DTZ001
    (datetime(2020, 1, 2), "timestamp(3) with time zone", "2020-01-02 00:00:00.000 UTC"),  # noqa: DTZ001
    ([1, None], "array(integer)", "[1, null]"),
    ([], "array(integer)", "[]"),
    ({"a": 1.5}, "map(varchar, double)", "{a=1.5}"),
    ({"key": [{"x": 1}], "value": ["v"]}, "map(row(x integer), varchar)", "{{x=1}=v}"),
    ({"a": 1, "b": [None]}, "row(a integer, b array(varchar))", "{a=1, b=[null]}"),
    ({"field0": 1, "field1": "x"}, "row(integer, varchar)", "{field0=1, field1=x}"),
    (90_061_001, "interval day to second", "1 01:01:01.001"),
    (-14, "interval year to month", "-1-2"),
    ('{"a":1}', "json", '{"a":1}'),
]


@pytest.mark.parametrize(("value", "type_text", "expected"), RENDERED)
def test_a_value_is_written_as_athena_writes_it(value: Any, type_text: str, expected: str | None) -> None:
    assert dialect.render(value, type_text) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_javas_text_of_a_double_reads_back_as_the_same_double(value: float) -> None:
    text = numbers.java_double(value)
    assert float(text) == value
    assert ("E" in text) == (value != 0 and not 1e-3 <= abs(value) < 1e7)
    assert "." in text
    assert float(numbers.sql_double(value)) == value
    assert "E" in numbers.sql_double(value)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_javas_text_of_a_real_reads_back_as_the_same_real(value: float) -> None:
    import struct

    assert struct.pack("f", float(numbers.java_float(value))) == struct.pack("f", value)


def joda_months(start: datetime, end: datetime) -> int:
    """BasicMonthOfYearDateTimeField.getDifferenceAsLong, from its description: whole months, the last day of a short
    month counting as any later day."""
    if end < start:
        return -joda_months(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    day = start.day
    if end.day == calendar.monthrange(end.year, end.month)[1] and start.day > end.day:
        day = end.day
    if (end.day, end.time()) < (day, start.time()):
        months -= 1
    return months


moments = st.builds(
    lambda days, seconds: datetime(2019, 12, 20) + timedelta(days=days, seconds=seconds),  # noqa: DTZ001
    st.integers(0, 1200),
    st.sampled_from([0, 1, 43200, 86399]),
)


@quick
@given(start=moments, end=moments)
def test_date_diff_counts_months_as_joda_does(athena: Athena, start: datetime, end: datetime) -> None:
    arguments = f"timestamp '{start}', timestamp '{end}'"
    months = joda_months(start, end)
    units = {"month": months, "quarter": int(months / 3), "year": int(months / 12)}
    seconds = (end - start).total_seconds()
    units |= {"day": int(seconds / 86400), "week": int(seconds / 604800), "hour": int(seconds / 3600)}
    listed = ", ".join(f"date_diff('{unit}', {arguments})" for unit in units)
    assert athena.rows(f"SELECT {listed}") == [tuple(str(count) for count in units.values())]


decimals = st.decimals(min_value=-10000, max_value=10000, places=3).map(lambda each: f"{each:f}")


@quick
@given(one=decimals, other=decimals.filter(lambda text: Decimal(text) != 0))
def test_decimals_divide_and_round_half_up(athena: Athena, one: str, other: str) -> None:
    found = athena.value(f"CAST('{one}' AS decimal(10,3)) / CAST('{other}' AS decimal(10,3))")
    expected = (Decimal(one) / Decimal(other)).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
    assert Decimal(found or "") == expected


@quick
@given(value=st.floats(-1e6, 1e6, allow_subnormal=False), digits=st.integers(0, 4))
def test_round_is_javas(athena: Athena, value: float, digits: int) -> None:
    factor = 10.0**digits
    expected = float(Decimal(abs(value) * factor).quantize(Decimal(1), rounding=ROUND_HALF_UP)) / factor
    expected = -expected if value < 0 else expected
    assert float(athena.value(f"round(CAST('{value!r}' AS double), {digits})") or "") == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_json_is_written_so_that_it_reads_back(value: Any) -> None:
    import json

    text = json.dumps(value)
    written = json_text.canonical(json_text.read(text))
    assert json.loads(written) == value
    assert json_text.Cursor(text).value() == json_text.read(text)
    assert json_text.canonical(json_text.read(written)) == written


documents = st.dictionaries(
    st.sampled_from(["a", "b", "nan"]),
    st.recursive(
        st.sampled_from([None, True, 0, -5, 2**70, 1.5, "x", "é\n", "info", "\u0000"]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    documents,
    st.integers(0, 60),
    st.sampled_from(["", "", "x", ",", "}", '"', "NaN", "1", "\\", "{", " "]),
    st.booleans(),
)
def test_the_fast_reading_of_json_gives_what_the_slow_one_does(
    athena: Athena, document: dict[str, Any], place: int, noise: str, cut: bool
) -> None:
    import json

    text = json.dumps(document, ensure_ascii=False)
    text = text[:place] + noise + ("" if cut else text[place:])
    literal = "'" + text.replace("'", "''") + "'"
    for path in ("$.a", "$.a.b", "$.b"):
        found = athena.value(f"json_extract_scalar({literal}, '{path}')")
        assert found == json_paths.extract_scalar(text, path)
