"""Queries over small tables, with the rows that Trino gives."""

from __future__ import annotations

import pytest
from dialect_answers import Athena, Row, table
from trino_on_duckdb import Column, QueryError, Relation, parse
from trino_on_duckdb.syntax.tree import Query

READINGS = """(SELECT * FROM (VALUES
    (1, 'a', TIMESTAMP '2025-10-15 00:10:00', CAST(20.0 AS DOUBLE), CAST(50.0 AS DOUBLE), '2025', '10', '15', 's3://b/1'),
    (2, 'a', TIMESTAMP '2025-10-15 01:20:00', 22.0, NULL, '2025', '10', '15', 's3://b/1'),
    (3, 'b', TIMESTAMP '2025-10-15 01:30:00', 30.0, 40.0, '2025', '10', '15', 's3://b/2'),
    (4, 'b', TIMESTAMP '2025-10-16 02:40:00', 10.0, 45.0, '2025', '10', '16', 's3://b/3'),
    (5, 'c', TIMESTAMP '2025-09-30 03:50:00', NULL, 60.0, '2025', '09', '30', 's3://b/4')
) AS v(id, device_id, event_time, temperature, humidity, year, month, day, "$path"))"""
ORDERS = """(SELECT * FROM (VALUES
    (1, [{'sku': 'x', 'n': 2}, {'sku': 'y', 'n': 1}], MAP {'k': 'v'}, {'city': 'Kyoto', 'zip': '600'}, ['p', 'q']),
    (2, [], MAP {}, NULL, NULL),
    (3, NULL, NULL, {'city': 'Oslo', 'zip': NULL}, ['r'])
) AS v(id, items, tags, address, labels))"""


@pytest.fixture(scope="module")
def athena() -> Athena:
    readings = Relation(
        READINGS,
        (
            Column("id", "integer"),
            Column("device_id", "varchar"),
            Column("event_time", "timestamp(3)"),
            Column("temperature", "double"),
            Column("humidity", "double"),
            Column("year", "varchar"),
            Column("month", "varchar"),
            Column("day", "varchar"),
        ),
        (Column("$path", "varchar"),),
    )
    orders = Relation(
        ORDERS,
        (
            Column("id", "integer"),
            Column("items", "array(row(sku varchar, n integer))"),
            Column("tags", "map(varchar, varchar)"),
            Column("address", "row(city varchar, zip varchar)"),
            Column("labels", "array(varchar)"),
        ),
    )
    return Athena({table("readings"): readings, table("orders"): orders})


# Each query with its rows; rows of a query without ORDER BY are compared in any order.
QUERIES: dict[str, list[Row]] = {
    # the saved query of the telemetry workgroup
    """SELECT device_id, AVG(temperature) AS avg_temp FROM readings
       WHERE year='2025' AND month='10' AND day='15' GROUP BY device_id ORDER BY avg_temp DESC""": [
        ("b", "30.0"),
        ("a", "21.0"),
    ],
    "SELECT count(*), count(temperature), sum(temperature), min(temperature), max(device_id) FROM readings": [
        ("5", "4", "82.0", "10.0", "c")
    ],
    "SELECT count(*) FROM readings WHERE temperature > 100": [("0",)],
    "SELECT sum(temperature), array_agg(id) FROM readings WHERE false": [(None, None)],
    "SELECT device_id FROM readings WHERE false GROUP BY device_id": [],
    "SELECT id FROM readings WHERE temperature <> 20.0": [("2",), ("3",), ("4",)],
    "SELECT id FROM readings ORDER BY temperature DESC, id": [("3",), ("2",), ("1",), ("4",), ("5",)],
    "SELECT id FROM readings ORDER BY temperature ASC": [("4",), ("1",), ("2",), ("3",), ("5",)],
    "SELECT id FROM readings ORDER BY temperature DESC NULLS FIRST LIMIT 2": [("5",), ("3",)],
    "SELECT id FROM readings ORDER BY id OFFSET 1 LIMIT 2": [("2",), ("3",)],
    "SELECT id FROM readings ORDER BY id OFFSET 3 ROWS FETCH NEXT 1 ROW ONLY": [("4",)],
    "SELECT DISTINCT device_id FROM readings ORDER BY device_id DESC": [("c",), ("b",), ("a",)],
    "SELECT DISTINCT month || day AS d FROM readings ORDER BY month || day LIMIT 1": [("0930",)],
    "SELECT r.a, count(*) FROM (VALUES CAST(ROW(1) AS ROW(a integer)), CAST(ROW(1) AS ROW(a integer))) t(r) "
    "GROUP BY r.a": [("1", "2")],
    "SELECT t.r.a AS a FROM (VALUES CAST(ROW(2) AS ROW(a integer)), CAST(ROW(1) AS ROW(a integer))) t(r) "
    "GROUP BY t.r.a HAVING t.r.a > 0 ORDER BY t.r.a": [("1",), ("2",)],
    "SELECT device_id d, count(*) FROM readings GROUP BY 1 ORDER BY 2 DESC, 1": [("a", "2"), ("b", "2"), ("c", "1")],
    "SELECT device_id FROM readings GROUP BY device_id HAVING count(*) > 1 AND min(temperature) < 15": [("b",)],
    "SELECT date_trunc('hour', event_time) AS h, count(*) FROM readings GROUP BY date_trunc('hour', event_time) "
    "ORDER BY h LIMIT 2": [("2025-09-30 03:00:00.000", "1"), ("2025-10-15 00:00:00.000", "1")],
    "SELECT device_id || '!' FROM readings GROUP BY device_id ORDER BY max(id) DESC": [("c!",), ("b!",), ("a!",)],
    "SELECT id % 2 = 0 AS even, count(*) FROM readings GROUP BY id % 2 = 0": [("false", "3"), ("true", "2")],
    "SELECT count(DISTINCT device_id), count(DISTINCT temperature) FROM readings": [("3", "4")],
    "SELECT device_id, count(*) FILTER (WHERE temperature >= 20) FROM readings GROUP BY device_id": [
        ("a", "2"),
        ("b", "1"),
        ("c", "0"),
    ],
    "SELECT array_agg(id ORDER BY temperature DESC) FROM readings WHERE day = '15'": [("[3, 2, 1]",)],
    "SELECT array_agg(DISTINCT device_id ORDER BY device_id) FROM readings": [("[a, b, c]",)],
    "SELECT max_by(device_id, temperature), min_by(humidity, temperature), max_by(id, temperature, 2) FROM readings": [
        ("b", "45.0", "[3, 2]")
    ],
    "SELECT min_by(humidity, id), max_by(temperature, id) FROM readings": [("50.0", None)],
    "SELECT bool_and(temperature > 5), bool_or(temperature > 25), count_if(humidity > 45) FROM readings": [
        ("true", "true", "2")
    ],
    "SELECT approx_distinct(device_id), approx_percentile(id, 0.5), approx_percentile(id, ARRAY[0.0, 1.0]) "
    "FROM readings": [("3", "3", "[1, 5]")],
    "SELECT listagg(device_id, '+') WITHIN GROUP (ORDER BY id DESC), listagg(DISTINCT day) WITHIN GROUP (ORDER BY day) "
    "FROM readings WHERE id < 5": [("b+b+a+a", "1516")],
    "SELECT map_agg(id, device_id), histogram(device_id) FROM readings WHERE id < 3": [("{1=a, 2=a}", "{a=2}")],
    "SELECT stddev(x), variance(x), var_pop(x), stddev_pop(x) FROM (VALUES 1, 3) t(x)": [
        ("1.4142135623730951", "2.0", "1.0", "1.0")
    ],
    "SELECT stddev(x), corr(x, x), covar_samp(x, x) FROM (VALUES 1) t(x)": [(None, None, None)],
    "SELECT geometric_mean(x), arbitrary(x), checked FROM (VALUES (2, 'y'), (8, 'y')) t(x, checked) GROUP BY checked": [
        ("4.0", "2", "y")
    ],
    "SELECT avg(x), sum(x) FROM (VALUES 1.25, 2.50) t(x)": [("1.88", "3.75")],
    "SELECT avg(x), sum(x), max(x) FROM (VALUES nan(), 1e0) t(x)": [("NaN", "NaN", "1.0")],
    "SELECT hour(t AT TIME ZONE 'Asia/Tokyo'), count(*) FROM (VALUES timestamp '2020-01-01 20:00:00') v(t) "
    "GROUP BY t AT TIME ZONE 'Asia/Tokyo', t": [("5", "1")],
    # grouping sets
    "SELECT year, month, count(*), grouping(year, month) FROM readings GROUP BY ROLLUP (year, month) ORDER BY 4, 2": [
        ("2025", "09", "1", "0"),
        ("2025", "10", "4", "0"),
        ("2025", None, "5", "1"),
        (None, None, "5", "3"),
    ],
    "SELECT device_id, day, count(*) FROM readings WHERE id < 4 GROUP BY CUBE (device_id, day)": [
        ("a", "15", "2"),
        ("b", "15", "1"),
        ("a", None, "2"),
        ("b", None, "1"),
        (None, "15", "3"),
        (None, None, "3"),
    ],
    "SELECT device_id, month, count(*) FROM readings GROUP BY GROUPING SETS ((device_id), (month), ())": [
        ("a", None, "2"),
        ("b", None, "2"),
        ("c", None, "1"),
        (None, "10", "4"),
        (None, "09", "1"),
        (None, None, "5"),
    ],
    "SELECT count(*) FROM readings WHERE false GROUP BY GROUPING SETS ((device_id), ())": [("0",)],
    # windows
    "SELECT id, row_number() OVER (PARTITION BY device_id ORDER BY id DESC) FROM readings WHERE id < 4": [
        ("1", "2"),
        ("2", "1"),
        ("3", "1"),
    ],
    "SELECT id, lag(temperature) OVER w, lead(id, 2, 0) OVER w FROM readings WHERE id < 4 WINDOW w AS (ORDER BY id)": [
        ("1", None, "3"),
        ("2", "20.0", "0"),
        ("3", "22.0", "0"),
    ],
    "SELECT id, sum(temperature) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM readings": [
        ("1", "20.0"),
        ("2", "42.0"),
        ("3", "52.0"),
        ("4", "40.0"),
        ("5", "10.0"),
    ],
    "SELECT x, sum(x) OVER (ORDER BY x RANGE 1 PRECEDING) FROM (VALUES 1, 1, 2, 4) t(x)": [
        ("1", "2"),
        ("1", "2"),
        ("2", "4"),
        ("4", "4"),
    ],
    "SELECT id, count(*) OVER (ORDER BY event_time RANGE BETWEEN INTERVAL '90' MINUTE PRECEDING AND CURRENT ROW) "
    "FROM readings WHERE day = '15'": [("1", "1"), ("2", "2"), ("3", "3")],
    "SELECT a, array_agg(a) OVER (ORDER BY a NULLS FIRST GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) "
    "FROM (VALUES 3, 2, 1, null) t(a) ORDER BY 1": [
        ("1", "[null, 1]"),
        ("2", "[1, 2]"),
        ("3", "[2, 3]"),
        (None, "[null]"),
    ],
    "SELECT id, rank() OVER (ORDER BY device_id), dense_rank() OVER (ORDER BY device_id), ntile(2) OVER (ORDER BY id) "
    "FROM readings WHERE id < 5": [
        ("1", "1", "1", "1"),
        ("2", "1", "1", "1"),
        ("3", "3", "2", "2"),
        ("4", "3", "2", "2"),
    ],
    "SELECT percent_rank() OVER (ORDER BY x), cume_dist() OVER (ORDER BY x) FROM (VALUES 1, 2) t(x)": [
        ("0.0", "0.5"),
        ("1.0", "1.0"),
    ],
    "SELECT first_value(x) IGNORE NULLS OVER (ORDER BY y), last_value(x) OVER (ORDER BY y), nth_value(x, 2) OVER "
    "(ORDER BY y ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM (VALUES (null, 1), (7, 2)) t(x, y)": [
        (None, None, "7"),
        ("7", "7", "7"),
    ],
    "SELECT device_id, sum(count(*)) OVER (ORDER BY device_id) FROM readings GROUP BY device_id": [
        ("a", "2"),
        ("b", "4"),
        ("c", "5"),
    ],
    "SELECT id FROM (SELECT id, rank() OVER (PARTITION BY device_id ORDER BY id DESC) r FROM readings) WHERE r = 1": [
        ("2",),
        ("4",),
        ("5",),
    ],
    # joins
    "SELECT r.id, o.address.city FROM readings r JOIN orders o ON r.id = o.id": [
        ("1", "Kyoto"),
        ("2", None),
        ("3", "Oslo"),
    ],
    "SELECT r.id, o.id FROM readings r LEFT JOIN orders o ON r.id = o.id AND o.id > 1 WHERE r.id < 3": [
        ("1", None),
        ("2", "2"),
    ],
    "SELECT r.id, o.id FROM orders o RIGHT JOIN readings r ON r.id = o.id WHERE r.id > 2": [
        ("3", "3"),
        ("4", None),
        ("5", None),
    ],
    "SELECT a.x, b.x FROM (VALUES 1, 2) a(x) FULL JOIN (VALUES 2, 3) b(x) ON a.x = b.x": [
        ("1", None),
        ("2", "2"),
        (None, "3"),
    ],
    "SELECT * FROM (VALUES (1, 'p')) a(k, v) FULL JOIN (VALUES (1, 'q'), (2, 'r')) b(k, w) USING (k)": [
        ("1", "p", "q"),
        ("2", None, "r"),
    ],
    "SELECT a.x, b.y FROM (VALUES 1, 2) a(x), (VALUES 3) b(y)": [("1", "3"), ("2", "3")],
    "SELECT x, y FROM (VALUES 1, 5) a(x) JOIN (VALUES 3, 4) b(y) ON x < y": [("1", "3"), ("1", "4")],
    "SELECT a.x FROM (VALUES 1, nan()) a(x) JOIN (VALUES 1, nan()) b(x) ON a.x = b.x": [("1.0",)],
    "SELECT a.id, z FROM orders a CROSS JOIN LATERAL (SELECT a.id * 10 AS z) WHERE a.id < 3": [
        ("1", "10"),
        ("2", "20"),
    ],
    "SELECT a.x, z.y FROM (VALUES 1) a(x) LEFT JOIN ((VALUES 1, 2) b(y) JOIN (VALUES 2) c(w) ON b.y = c.w) AS z "
    "ON a.x = z.y": [("1", None)],
    # UNNEST
    "SELECT id, sku, n FROM orders CROSS JOIN UNNEST(items) AS t(sku, n)": [("1", "x", "2"), ("1", "y", "1")],
    "SELECT id, sku FROM orders LEFT JOIN UNNEST(items) AS t(sku, n) ON TRUE": [
        ("1", "x"),
        ("1", "y"),
        ("2", None),
        ("3", None),
    ],
    "SELECT id, l, i FROM orders CROSS JOIN UNNEST(labels) WITH ORDINALITY AS t(l, i)": [
        ("1", "p", "1"),
        ("1", "q", "2"),
        ("3", "r", "1"),
    ],
    "SELECT * FROM UNNEST(ARRAY[1, 2, 3], ARRAY['a']) AS t(x, y)": [("1", "a"), ("2", None), ("3", None)],
    "SELECT k, v FROM orders CROSS JOIN UNNEST(tags) AS t(k, v)": [("k", "v")],
    "SELECT sum(n) FROM orders, UNNEST(items) t(sku, n)": [("3",)],
    # rows and maps
    "SELECT address.zip, tags['k'], items[1].sku FROM orders WHERE id = 1": [("600", "v", "x")],
    "SELECT o.address.city FROM orders o WHERE o.address.city LIKE 'K%'": [("Kyoto",)],
    "SELECT id, cardinality(items), element_at(tags, 'z') FROM orders": [
        ("1", "2", None),
        ("2", "0", None),
        ("3", None, None),
    ],
    "SELECT transform(items, i -> i.sku) FROM orders WHERE id = 1": [("[x, y]",)],
    "SELECT address, items FROM orders WHERE id <> 2": [
        ("{city=Kyoto, zip=600}", "[{sku=x, n=2}, {sku=y, n=1}]"),
        ("{city=Oslo, zip=null}", None),
    ],
    "SELECT address.* FROM orders WHERE id = 3": [("Oslo", None)],
    # subqueries
    "SELECT id FROM readings WHERE temperature = (SELECT max(temperature) FROM readings)": [("3",)],
    "SELECT id FROM readings WHERE id IN (SELECT id FROM orders WHERE id > 1)": [("2",), ("3",)],
    "SELECT id FROM readings WHERE id NOT IN (SELECT id FROM orders)": [("4",), ("5",)],
    "SELECT id FROM readings WHERE temperature NOT IN (SELECT humidity FROM readings)": [],
    "SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM readings r WHERE r.id = o.id AND r.device_id = 'b')": [("3",)],
    "SELECT id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM readings r WHERE r.id = o.id + 3)": [("3",)],
    "SELECT id FROM readings r WHERE temperature > (SELECT avg(temperature) FROM readings s "
    "WHERE s.device_id = r.device_id)": [
        ("2",),
        ("3",),
    ],
    "SELECT id FROM readings WHERE id > ALL (SELECT id FROM orders)": [("4",), ("5",)],
    "SELECT id FROM readings WHERE id = ANY (SELECT id FROM orders) AND id < SOME (VALUES 2, 3)": [("1",), ("2",)],
    "SELECT (SELECT count(*) FROM orders), (SELECT id FROM orders WHERE false)": [("3", None)],
    "SELECT device_id, (SELECT count(*) FROM readings s WHERE s.device_id > r.device_id) FROM readings r "
    "GROUP BY device_id": [("a", "3"), ("b", "1"), ("c", "0")],
    # WITH
    "WITH hot AS (SELECT * FROM readings WHERE temperature > 20), n(c) AS (SELECT count(*) FROM hot) "
    "SELECT hot.id, c FROM hot, n ORDER BY 1": [("2", "2"), ("3", "2")],
    "WITH readings AS (SELECT 1 AS one) SELECT * FROM readings": [("1",)],
    "WITH a AS (SELECT 1 x), b AS (SELECT x + 1 AS x FROM a) "
    "SELECT * FROM (WITH a AS (SELECT 9 x) SELECT x FROM a), b": [("9", "2")],
    # set operations
    "SELECT 1 UNION SELECT 1 UNION ALL SELECT 1": [("1",), ("1",)],
    "SELECT 1 AS n UNION ALL SELECT 2.5 UNION ALL SELECT null ORDER BY n DESC": [("2.5",), ("1.0",), (None,)],
    "SELECT 1 INTERSECT SELECT 2 UNION SELECT 3": [("3",)],
    "SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 2": [("1",), ("2",)],
    "(VALUES 1, 1, 2) EXCEPT ALL (VALUES 1)": [("1",), ("2",)],
    "(VALUES 1, 1, 2) INTERSECT ALL (VALUES 1, 1, 3)": [("1",), ("1",)],
    "VALUES (1, 'a'), (null, 'b')": [("1", "a"), (None, "b")],
    "TABLE orders LIMIT 0": [],
    "(SELECT 2 AS x ORDER BY x LIMIT 1) UNION ALL (SELECT 1 LIMIT 1) ORDER BY x": [("1",), ("2",)],
    # names
    'SELECT "DEVICE_ID", READINGS."Id" FROM Readings WHERE ID = 1': [("a", "1")],
    "SELECT default.readings.id FROM default.readings WHERE id = 1": [("1",)],
    'SELECT awsdatacatalog."default".readings.id FROM "awsdatacatalog"."default"."readings" WHERE id = 1': [("1",)],
    'SELECT count(*), "$path" FROM readings GROUP BY "$path" HAVING count(*) > 1': [("2", "s3://b/1")],
    "SELECT id AS device_id FROM readings WHERE device_id = 'c'": [("5",)],
    "SELECT -id AS id FROM readings ORDER BY id LIMIT 1": [("-5",)],
    "SELECT -id AS n FROM readings ORDER BY n + 0, id LIMIT 1": [("-5",)],
    "SELECT x FROM (SELECT id AS x, id AS x2 FROM readings) AS t(x, y) WHERE y = 2": [("2",)],
    "SELECT limit, offset FROM (VALUES (1, 2)) t(limit, offset)": [("1", "2")],
    # odd but legal
    "SELECT 1": [("1",)],
    "SELECT 1 WHERE 1 = 0": [],
    "SELECT count(*) FROM (SELECT 1) HAVING count(*) > 5": [],
    "SELECT 1 FROM readings HAVING true": [("1",)],
    "SELECT 'x' FROM readings GROUP BY () ": [("x",)],
    "SELECT max(temperature) + 1, 'k' FROM readings": [("31.0", "k")],
    "SELECT try(1 / (id - 1)) FROM readings WHERE id < 3": [(None,), ("1",)],
    "SELECT try(10 / min(id - 1)) FROM readings": [(None,)],
    "SELECT try(id / 0), count(*) FROM readings GROUP BY try(id / 0)": [(None, "5")],
    "SELECT device_id, CASE device_id WHEN 'a' THEN 1 ELSE 0 END FROM readings WHERE id IN (1, 3)": [
        ("a", "1"),
        ("b", "0"),
    ],
    "SELECT ((1))": [("1",)],
    # a term that may fail is not evaluated where an earlier one decides
    "SELECT id FROM readings WHERE id <> 1 AND 10 / (id - 1) > 4": [("2",), ("3",)],
    "SELECT id FROM readings WHERE id = 1 OR 10 / (id - 1) > 4": [("1",), ("2",), ("3",)],
    "SELECT count_if(id <> 1 AND 10 / (id - 1) > 4) FROM readings": [("2",)],
    "SELECT v FROM (VALUES 'a', '7', '12') t(v) WHERE regexp_like(v, '^\\d+$') AND CAST(v AS integer) > 8": [("12",)],
    "SELECT a.id FROM readings a JOIN readings b ON a.id = b.id AND a.id > 1 AND 10 / (a.id - 1) > 4": [("2",), ("3",)],
    "SELECT '{t}{d}', sum(1) OVER (), '_argument0_' FROM (VALUES '{o}') t(x) GROUP BY x, '{w}'": [
        ("{t}{d}", "1", "_argument0_")
    ],
}


@pytest.mark.parametrize(("sql", "expected"), QUERIES.items(), ids=range(len(QUERIES)))
def test_a_query_has_trinos_rows(athena: Athena, sql: str, expected: list[Row]) -> None:
    found = athena.rows(sql)
    [query] = parse(sql)
    if isinstance(query, Query) and query.order:
        assert found == expected
    else:
        assert sorted(found, key=str) == sorted(expected, key=str)


COLUMNS = {
    "SELECT id, 1, temperature + 1, count(*) c FROM readings GROUP BY 1, 3": ["id", "_col1", "_col2", "c"],
    "SELECT Id, o.Address.City FROM orders o": ["Id", "City"],
    "SELECT * FROM orders": ["id", "items", "tags", "address", "labels"],
    "SELECT a.*, 2 FROM (SELECT 1 AS Foo) a": ["Foo", "_col1"],
    "VALUES (1, 2)": ["_col0", "_col1"],
    "SELECT 1 AS a UNION SELECT 2 AS b": ["a"],
    "WITH t(X) AS (SELECT 1) SELECT * FROM t": ["X"],
    "SELECT * FROM (VALUES 1) a(k) JOIN (VALUES (1, 2)) b(k, v) USING (k)": ["k", "v"],
}


@pytest.mark.parametrize(("sql", "names"), COLUMNS.items(), ids=range(len(COLUMNS)))
def test_a_results_columns_are_named_as_athena_does(athena: Athena, sql: str, names: list[str]) -> None:
    assert [column.name for column in athena.translate(sql).columns] == names


def test_a_results_columns_are_typed_as_athena_does(athena: Athena) -> None:
    sql = """SELECT id, temperature, event_time, items, tags, address, count(*) c, sum(id) s, avg(id) a,
             max(event_time) AT TIME ZONE 'UTC' z FROM readings JOIN orders USING (id)
             GROUP BY id, temperature, event_time, items, tags, address"""
    assert [column.type for column in athena.translate(sql).columns] == [
        "integer",
        "double",
        "timestamp(3)",
        "array(row(sku varchar, n integer))",
        "map(varchar, varchar)",
        "row(city varchar, zip varchar)",
        "bigint",
        "bigint",
        "double",
        "timestamp(3) with time zone",
    ]


def test_the_outermost_order_holds_for_many_rows() -> None:
    relation = Relation(
        "(SELECT CAST(range * 7919 % 200003 AS INTEGER) AS n FROM range(200003))", (Column("n", "integer"),)
    )
    many = Athena({table("many"): relation})
    found = many.rows("SELECT n AS x FROM (SELECT n, n % 10 AS m FROM many) ORDER BY n DESC")
    assert [int(row[0] or 0) for row in found] == list(range(200002, -1, -1))


def test_a_scalar_subquery_of_several_rows_fails(athena: Athena) -> None:
    with pytest.raises(QueryError) as raised:
        athena.rows("SELECT (SELECT id FROM readings)")
    assert raised.value.code == "SUBQUERY_MULTIPLE_ROWS"
