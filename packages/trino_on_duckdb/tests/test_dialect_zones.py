"""Timestamps that carry their time zones: texts with offsets were read, or zones met in one column."""

from __future__ import annotations

import pytest
from dialect_answers import Athena, Row, table
from trino_on_duckdb import Column, QueryError, Relation

TEXTS = """(SELECT * FROM (VALUES
    (1, '2020-01-01T00:30:00.123+09:00', '2020-01-01 00:30:00 +0900'),
    (2, '2019-12-31T15:30:00.123Z', '2019-12-31 15:30:00 +0000'),
    (3, '2020-01-01T00:30:00-05:30', '2020-01-01 00:30:00 -0530'),
    (4, NULL, NULL)) AS v(id, iso, joda))"""
"""1 and 2 are one instant."""
READ = "(SELECT id, from_iso8601_timestamp(iso) AS at FROM texts) AS r"
TOKYO, UTC, HALF = "2020-01-01 00:30:00.123 +09:00", "2019-12-31 15:30:00.123 UTC", "2020-01-01 00:30:00.000 -05:30"


@pytest.fixture(scope="module")
def athena() -> Athena:
    columns = (Column("id", "integer"), Column("iso", "varchar"), Column("joda", "varchar"))
    return Athena({table("texts"): Relation(TEXTS, columns)})


def column(athena: Athena, expression: str) -> list[str | None]:
    """The expression of ``at``, in the order of the ids."""
    return [row[0] for row in athena.rows(f"SELECT {expression} FROM {READ} ORDER BY id")]


SHOWN = {
    "at": [TOKYO, UTC, HALF, None],
    "CAST(at AS varchar)": [TOKYO, UTC, HALF, None],
    "CAST(at AS timestamp(0) with time zone)": [
        "2020-01-01 00:30:00.000 +09:00",
        "2019-12-31 15:30:00.000 UTC",
        HALF,
        None,
    ],
    "ARRAY[at]": [f"[{TOKYO}]", f"[{UTC}]", f"[{HALF}]", "[null]"],
    "CAST(ROW(at) AS ROW(a timestamp with time zone)).a": [TOKYO, UTC, HALF, None],
    "CAST(at AS timestamp)": ["2020-01-01 00:30:00.123", "2019-12-31 15:30:00.123", "2020-01-01 00:30:00.000", None],
    "CAST(at AS date)": ["2020-01-01", "2019-12-31", "2020-01-01", None],
    "date(at)": ["2020-01-01", "2019-12-31", "2020-01-01", None],
    "CAST(at AS time)": ["00:30:00.123", "15:30:00.123", "00:30:00.000", None],
    "CAST(at AS json)": [f'"{TOKYO}"', f'"{UTC}"', f'"{HALF}"', None],
    "at AT TIME ZONE 'Asia/Tokyo'": [
        "2020-01-01 00:30:00.123 Asia/Tokyo",
        "2020-01-01 00:30:00.123 Asia/Tokyo",
        "2020-01-01 15:00:00.000 Asia/Tokyo",
        None,
    ],
    "at_timezone(at, '+00:00')": [UTC, UTC, "2020-01-01 06:00:00.000 UTC", None],
    "hour(at)": ["0", "15", "0", None],
    "EXTRACT(YEAR FROM at)": ["2020", "2019", "2020", None],
    "last_day_of_month(at)": ["2020-01-31", "2019-12-31", "2020-01-31", None],
    "date_trunc('day', at)": [
        "2020-01-01 00:00:00.000 +09:00",
        "2019-12-31 00:00:00.000 UTC",
        "2020-01-01 00:00:00.000 -05:30",
        None,
    ],
    "date_trunc('hour', at)": [
        "2020-01-01 00:00:00.000 +09:00",
        "2019-12-31 15:00:00.000 UTC",
        "2020-01-01 00:00:00.000 -05:30",
        None,
    ],
    "at + interval '1' hour": [
        "2020-01-01 01:30:00.123 +09:00",
        "2019-12-31 16:30:00.123 UTC",
        "2020-01-01 01:30:00.000 -05:30",
        None,
    ],
    "at - interval '1' month": [
        "2019-12-01 00:30:00.123 +09:00",
        "2019-11-30 15:30:00.123 UTC",
        "2019-12-01 00:30:00.000 -05:30",
        None,
    ],
    "date_add('minute', 1, at)": [
        "2020-01-01 00:31:00.123 +09:00",
        "2019-12-31 15:31:00.123 UTC",
        "2020-01-01 00:31:00.000 -05:30",
        None,
    ],
    "date_add('month', 1, at)": [
        "2020-02-01 00:30:00.123 +09:00",
        "2020-01-31 15:30:00.123 UTC",
        "2020-02-01 00:30:00.000 -05:30",
        None,
    ],
    "date_diff('minute', timestamp '2019-12-31 15:00:00 UTC', at)": ["30", "30", "900", None],
    "date_diff('day', at, timestamp '2020-01-02 15:30:00.123 UTC')": ["2", "2", "1", None],
    "at - timestamp '2019-12-31 15:30:00 UTC'": ["0 00:00:00.123", "0 00:00:00.123", "0 14:30:00.000", None],
    "to_unixtime(at)": ["1.577806200123E9", "1.577806200123E9", "1.5778584E9", None],
    "to_iso8601(at)": [
        "2020-01-01T00:30:00.123+09:00",
        "2019-12-31T15:30:00.123Z",
        "2020-01-01T00:30:00.000-05:30",
        None,
    ],
    "date_format(at, '%Y-%m-%d %H')": ["2020-01-01 00", "2019-12-31 15", "2020-01-01 00", None],
    "format_datetime(at, 'yyyy-MM-dd HH')": ["2020-01-01 00", "2019-12-31 15", "2020-01-01 00", None],
    "at = timestamp '2019-12-31 15:30:00.123 UTC'": ["true", "true", "false", None],
    "at > timestamp '2020-01-01 00:00:00'": ["false", "false", "true", None],
    "at BETWEEN timestamp '2019-12-31 15:00:00 UTC' AND timestamp '2020-01-01 01:00:00 Asia/Tokyo'": [
        "true",
        "true",
        "false",
        None,
    ],
    "at IN (timestamp '2020-01-01 00:30:00.123 Asia/Tokyo')": ["true", "true", "false", None],
    "at IN (SELECT from_iso8601_timestamp(iso) FROM texts WHERE id = 2)": ["true", "true", "false", None],
    "at IS DISTINCT FROM timestamp '2019-12-31 15:30:00.123 UTC'": ["false", "false", "true", "true"],
    "nullif(at, timestamp '2019-12-31 15:30:00.123 UTC')": [None, None, HALF, None],
    "coalesce(at, timestamp '2020-02-02 00:00:00 Asia/Tokyo')": [
        TOKYO,
        UTC,
        HALF,
        "2020-02-02 00:00:00.000 Asia/Tokyo",
    ],
    "hour(coalesce(at, timestamp '2020-02-02 03:00:00 Asia/Tokyo'))": ["0", "15", "0", "3"],
    "greatest(at, timestamp '2020-01-01 00:00:00 UTC')": [
        "2020-01-01 00:00:00.000 UTC",
        "2020-01-01 00:00:00.000 UTC",
        HALF,
        None,
    ],
    "if(id = 1, at AT TIME ZONE 'Asia/Tokyo', at)": ["2020-01-01 00:30:00.123 Asia/Tokyo", UTC, HALF, None],
    "try(at)": [TOKYO, UTC, HALF, None],
    "typeof(at)": ["timestamp(3) with time zone"] * 4,
    "lag(at) OVER (ORDER BY id)": [None, TOKYO, UTC, HALF],
    "rank() OVER (ORDER BY at)": ["1", "1", "3", "4"],
    "count(*) OVER (PARTITION BY at)": ["2", "2", "1", "1"],
    "count(*) OVER (ORDER BY at RANGE BETWEEN interval '1' day PRECEDING AND CURRENT ROW)": ["2", "2", "3", "1"],
}


@pytest.mark.parametrize(("expression", "answers"), SHOWN.items(), ids=SHOWN.keys())
def test_a_value_keeps_its_instant_and_its_zone(athena: Athena, expression: str, answers: list[str | None]) -> None:
    assert column(athena, expression) == answers


def test_parse_datetime_reads_the_offset_of_each_text(athena: Athena) -> None:
    rows = athena.rows("SELECT parse_datetime(joda, 'yyyy-MM-dd HH:mm:ss Z') AS t FROM texts ORDER BY id")
    assert rows == [
        ("2020-01-01 00:30:00.000 +09:00",),
        ("2019-12-31 15:30:00.000 UTC",),
        ("2020-01-01 00:30:00.000 -05:30",),
        (None,),
    ]


QUERIES: dict[str, list[Row]] = {
    "SELECT ARRAY[timestamp '2020-01-01 00:00:00 Asia/Tokyo']": [("[2020-01-01 00:00:00.000 Asia/Tokyo]",)],
    "SELECT map(ARRAY[1], ARRAY[ROW(timestamp '2020-01-01 00:00:00 +01:00')])": [
        ("{1={field0=2020-01-01 00:00:00.000 +01:00}}",)
    ],
    # equal instants are one group, which shows one of their zones
    f"SELECT at, count(*) FROM {READ} GROUP BY at ORDER BY 2 DESC, at": [(TOKYO, "2"), (HALF, "1"), (None, "1")],
    f"SELECT at, id, count(*) FROM {READ} WHERE id > 2 GROUP BY ROLLUP (at, id) ORDER BY grouping(at, id), id, at": [
        (HALF, "3", "1"),
        (None, "4", "1"),
        (HALF, None, "1"),
        (None, None, "1"),
        (None, None, "2"),
    ],
    f"SELECT date_trunc('hour', at), count(*) FROM {READ} WHERE id < 4 GROUP BY 1 ORDER BY 1": [
        ("2020-01-01 00:00:00.000 +09:00", "2"),
        ("2020-01-01 00:00:00.000 -05:30", "1"),
    ],
    f"SELECT DISTINCT at FROM {READ} ORDER BY at": [(TOKYO,), (HALF,), (None,)],
    f"SELECT count(DISTINCT at), approx_distinct(at), count(at) FROM {READ}": [("2", "2", "3")],
    f"SELECT max(at), min(at), max_by(id, at), min_by(at, id) FROM {READ}": [(HALF, TOKYO, "3", TOKYO)],
    f"SELECT array_agg(at ORDER BY id) FROM {READ}": [(f"[{TOKYO}, {UTC}, {HALF}, null]",)],
    f"SELECT at FROM {READ} WHERE id = 1 UNION SELECT at FROM {READ} WHERE id = 2": [(TOKYO,)],
    f"SELECT at FROM {READ} WHERE id = 3 UNION ALL SELECT timestamp '2020-01-01 00:00:00 Asia/Tokyo'": [
        (HALF,),
        ("2020-01-01 00:00:00.000 Asia/Tokyo",),
    ],
    "SELECT v FROM (VALUES timestamp '2020-01-01 00:00:00 Asia/Tokyo', timestamp '2020-01-01 00:00:00') w(v)": [
        ("2020-01-01 00:00:00.000 Asia/Tokyo",),
        ("2020-01-01 00:00:00.000 UTC",),
    ],
    f"SELECT a.id, b.id FROM {READ} JOIN (SELECT id, at FROM {READ}) AS b USING (at) WHERE r.id < b.id".replace(
        "a.id", "r.id"
    ): [("1", "2")],
    f"SELECT t FROM (SELECT array_agg(at ORDER BY id) AS list FROM {READ}) CROSS JOIN UNNEST(list) AS u(t)": [
        (TOKYO,),
        (UTC,),
        (HALF,),
        (None,),
    ],
}


@pytest.mark.parametrize(("sql", "rows"), QUERIES.items(), ids=QUERIES.keys())
def test_equal_instants_are_equal_whatever_their_zones(athena: Athena, sql: str, rows: list[Row]) -> None:
    assert athena.rows(sql) == rows


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2020-01-01T00:00:00+15:00", "Invalid offset minutes"),
        ("2020-01-01T00:00:00+09:00:30", "is not of whole minutes"),
        ("9999-12-31T23:00:00-09:00", "Cannot parse"),
        ("2020-01-01 00:00:00", "Invalid format"),
    ],
)
def test_a_text_that_has_no_such_time_fails(athena: Athena, text: str, problem: str) -> None:
    with pytest.raises(QueryError, match=problem):
        athena.rows(f"SELECT from_iso8601_timestamp(v) FROM (VALUES '{text}') AS t(v)")
