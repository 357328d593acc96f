"""Query as boto3 sees it: values, types, pages, refusals."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from aws_stage.testing import RunningStage
from botocore.exceptions import ClientError

from contract.timestream.tables import new_table, now_ms, reading, single

MINUTE = 60_000


class Devices:
    """A table of two devices: four minutes of temperatures each, and one single measure."""

    def __init__(self, stage: RunningStage) -> None:
        self.where = new_table(stage)
        self.name = f'"{self.where["DatabaseName"]}"."{self.where["TableName"]}"'
        self.begin = now_ms() // (5 * MINUTE) * 5 * MINUTE - 10 * MINUTE
        self._query = stage.client("timestream-query")
        self.write = stage.client("timestream-write")
        records = [
            reading(device, self.begin + minute * MINUTE, 20 + minute * step)
            for device, step in (("d1", 1), ("d2", 2))
            for minute in range(4)
        ]
        self.write.write_records(
            **self.where, Records=[*records, single("d1", self.begin, 7, MeasureValueType="BIGINT")]
        )

    def answer(self, sql: str, **options: Any) -> Any:
        """The answer to a query in which ``{}`` is the table."""
        return self._query.query(QueryString=sql.format(self.name), **options)

    def rows(self, sql: str) -> list[list[Any]]:
        """The rows; a scalar is its text, NULL None, and a series a list of times and values."""
        return [[_plain(datum) for datum in row["Data"]] for row in self.answer(sql)["Rows"]]


def _plain(datum: Any) -> Any:
    if datum.get("NullValue"):
        return None
    if "ArrayValue" in datum:
        return [_plain(item) for item in datum["ArrayValue"]]
    if "RowValue" in datum:
        return tuple(_plain(item) for item in datum["RowValue"]["Data"])
    if "TimeSeriesValue" in datum:
        return [(point["Time"][11:], _plain(point["Value"])) for point in datum["TimeSeriesValue"]]
    return datum["ScalarValue"]


@pytest.fixture(scope="module")
def devices(stage: RunningStage) -> Devices:
    return Devices(stage)


def test_every_column_of_a_table_is_there_in_awss_order_and_types(devices: Devices) -> None:
    answer = devices.answer("SELECT * FROM {} WHERE measure_name = 'temperature'")
    assert [(each["Name"], each["Type"]["ScalarType"]) for each in answer["ColumnInfo"]] == [
        ("device_id", "VARCHAR"),
        ("site_id", "VARCHAR"),
        ("measure_name", "VARCHAR"),
        ("time", "TIMESTAMP"),
        ("measure_value::bigint", "BIGINT"),
        ("temperature", "DOUBLE"),
    ]
    [[device, site, measure, time, value, temperature]] = devices.rows(
        "SELECT * FROM {} WHERE measure_name = 'temperature'"
    )
    assert (device, site, measure, value, temperature) == ("d1", None, "temperature", "7", None)
    assert len(time) == len("2025-01-01 00:00:00.000000000")
    assert answer["QueryStatus"]["ProgressPercentage"] == 100
    assert answer["QueryStatus"]["CumulativeBytesMetered"] == 10_000_000
    assert answer["QueryStatus"]["CumulativeBytesScanned"] > 100


QUESTIONS: dict[str, list[list[Any]]] = {
    """SELECT device_id, avg(temperature), max_by(temperature, time), approx_percentile(temperature, 0.5) FROM {}
       WHERE measure_name = 'metrics' AND time > ago(1h) GROUP BY device_id ORDER BY 1""": [
        ["d1", "21.5", "23.0", "21.0"],
        ["d2", "23.0", "26.0", "22.0"],
    ],
    "SELECT count(DISTINCT bin(time, 5m)), count(*) FROM {} WHERE measure_name = 'metrics'": [["1", "8"]],
    """SELECT device_id, date_diff('second', max(time), now()) > 60 AS silent FROM {}
       GROUP BY device_id ORDER BY 1""": [["d1", "true"], ["d2", "true"]],
    """SELECT round(corr(a.temperature, b.temperature), 6) FROM {0} a JOIN {0} b ON a.time = b.time
       WHERE a.device_id = 'd1' AND b.device_id = 'd2' AND a.measure_name = 'metrics'""": [["1.0"]],
    """SELECT temperature - lag(temperature) OVER (PARTITION BY device_id ORDER BY time) AS step FROM {}
       WHERE device_id = 'd2' AND measure_name = 'metrics' ORDER BY time LIMIT 2""": [[None], ["2.0"]],
    "SELECT sum(measure_value::bigint) FROM {}": [["7"]],
    "SELECT array[1, 2], 5m, date '2025-01-01', ROW('a', true)": [
        [["1", "2"], "0 00:05:00.000000000", "2025-01-01", ("a", "true")]
    ],
}


@pytest.mark.parametrize(("sql", "expected"), QUESTIONS.items())
def test_a_pipelines_question_has_its_answer(devices: Devices, sql: str, expected: list[list[Any]]) -> None:
    assert devices.rows(sql) == expected


def test_a_series_is_made_interpolated_and_unnested(devices: Devices) -> None:
    begin = f"from_milliseconds({devices.begin})"
    series = "SELECT create_time_series(time, temperature) AS s FROM {} WHERE device_id = 'd1' AND temperature > 0e0"
    answer = devices.answer(series)
    [column] = answer["ColumnInfo"]
    assert column["Type"] == {"TimeSeriesMeasureValueColumnInfo": {"Type": {"ScalarType": "DOUBLE"}}}
    [[points]] = devices.rows(series)
    assert [value for _, value in points] == ["20.0", "21.0", "22.0", "23.0"]
    assert points[0][0].endswith(":00.000000000")
    halves = f"sequence({begin}, {begin} + 1m, 30s)"
    unnested = (
        f"WITH made AS ({series}) SELECT t.value FROM made "
        f"CROSS JOIN UNNEST(interpolate_linear(s, {halves})) AS t (time, value) ORDER BY t.time"
    )
    assert devices.rows(unnested) == [["20.0"], ["20.5"], ["21.0"]]


def test_pages_follow_one_another_and_their_token_belongs_to_the_query(devices: Devices) -> None:
    sql = "SELECT time, device_id FROM {} ORDER BY time, device_id"
    first = devices.answer(sql, MaxRows=5)
    assert len(first["Rows"]) == 5
    with pytest.raises(ClientError, match=r"ValidationException.*another query"):
        devices.answer(f"{sql} LIMIT 3", NextToken=first["NextToken"])
    with pytest.raises(ClientError, match="ValidationException"):
        devices.answer(sql, NextToken="made-up")
    rest = devices.answer(sql, MaxRows=1000, NextToken=first["NextToken"])
    assert len(rest["Rows"]) == 4
    assert rest["QueryId"] == first["QueryId"]
    assert "NextToken" not in rest
    assert first["Rows"] + rest["Rows"] == devices.answer(sql)["Rows"]


def test_a_client_token_runs_a_query_once(devices: Devices) -> None:
    token = uuid.uuid4().hex
    first = devices.answer("SELECT count(*) FROM {}", ClientToken=token)
    devices.write.write_records(**devices.where, Records=[reading("d3", now_ms(), 0)])
    again = devices.answer("SELECT count(*) FROM {}", ClientToken=token)
    assert (again["QueryId"], again["Rows"]) == (first["QueryId"], first["Rows"])
    with pytest.raises(ClientError, match=r"ValidationException.*another query"):
        devices.answer("SELECT 1", ClientToken=token)


def test_what_there_is_is_shown(devices: Devices) -> None:
    database = devices.where["DatabaseName"]
    assert [database] in devices.rows("SHOW DATABASES")
    assert devices.rows(f"SHOW TABLES FROM \"{database}\" LIKE 'met%'") == [["metrics"]]
    assert devices.rows("SHOW MEASURES FROM {} LIKE 'temp_rature'") == [
        ["temperature", "bigint", [("device_id", "varchar")]]
    ]
    assert devices.rows("DESCRIBE {}") == [
        ["device_id", "varchar", "DIMENSION"],
        ["site_id", "varchar", "DIMENSION"],
        ["measure_name", "varchar", "MEASURE_NAME"],
        ["time", "timestamp", "TIMESTAMP"],
        ["measure_value::bigint", "bigint", "MEASURE_VALUE"],
        ["temperature", "double", "MULTI"],
    ]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("SELECT nothing FROM {}", r"ValidationException\).*line 1:8: Column 'nothing' does not exist"),
        ("SELECT FROM {}", r"ValidationException\).*The query syntax is invalid at line 1:8"),
        ("DROP TABLE {}", r"ValidationException\).*The query syntax is invalid at line 1:1"),
        ("SELECT 1 FROM \"none\".t", r"Requested database 'none' not found for identifier 'none.t' at line 1:15"),
        ("SELECT 1 FROM t", r"ValidationException\).*line 1:15: Schema must be specified"),
        ("SELECT regexp_like(device_id, 'a') FROM {}", r"ValidationException\).*Function regexp_like is not supported"),
        ("SELECT now() AT TIME ZONE 'UTC'", r"ValidationException\).*timestamp\(3\) with time zone is not supported"),
        ("UNLOAD (SELECT 1) TO 's3://a/b'", r"ValidationException\).*UNLOAD in Timestream's SQL is not supported"),
        ("SELECT 1; SELECT 2", r"ValidationException\).*more than one statement"),
        ("SELECT 1 / count(site_id) FROM {} WHERE site_id = 'x'", r"QueryExecutionException\).*[Dd]ivision by zero"),
        ("SELECT * FROM read_csv('/etc/passwd')", r"ValidationException"),
        ("SELECT * FROM \"records\".\"schemas\"", r"ValidationException\).*Requested database 'records' not found"),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_answered_is_refused_as_timestream_words_it(
    devices: Devices, sql: str, problem: str
) -> None:
    with pytest.raises(ClientError, match=problem):
        devices.answer(sql)
