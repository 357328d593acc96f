"""Partition keys, hidden columns and unread columns of Parquet files: what a file's own columns do not say."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    lake = AthenaLake(stage, "athena_hidden")
    lake.rows(
        "CREATE TABLE days WITH (partitioned_by = ARRAY['dt']) AS SELECT * FROM (VALUES (1, '2020-01-01'), "
        "(2, '2020-01-02'), (3, CAST(NULL AS varchar))) AS t(id, dt)"
    )
    lake.rows("CREATE TABLE one WITH (partitioned_by = ARRAY['dt']) AS SELECT 1 AS id, '2020-01-01' AS dt")
    return lake


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT max(dt) FROM one", [["2020-01-01"]]),
        ("SELECT min(dt), max(dt), count(*) FROM one", [["2020-01-01", "2020-01-01", "1"]]),
        ("SELECT * FROM one WHERE dt = (SELECT max(dt) FROM one)", [["1", "2020-01-01"]]),
        ("SELECT max(dt) FROM days WHERE dt < '2020-01-02'", [["2020-01-01"]]),
        ("SELECT max(dt) FROM days", [["2020-01-02"]]),
    ],
)
def test_the_latest_partition_is_found_in_one_file_as_in_many(
    lake: AthenaLake, sql: str, rows: list[list[str]]
) -> None:
    assert lake.rows(sql) == rows


def test_hidden_columns_tell_of_the_file(lake: AthenaLake) -> None:
    [[path, size, modified]] = lake.rows('SELECT max("$path"), max("$file_size"), max("$file_modified_time") FROM one')
    key = str(path).removeprefix(f"s3://{lake.bucket}/")
    head = lake.s3.head_object(Bucket=lake.bucket, Key=key)
    assert size == str(head["ContentLength"])
    moment = datetime.strptime(str(modified), "%Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=UTC)
    assert abs(moment - head["LastModified"]) <= timedelta(seconds=1)
    assert lake.rows("SELECT * FROM one") == [["1", "2020-01-01"]]


def test_partitions_are_a_table(lake: AthenaLake) -> None:
    assert lake.rows('SELECT * FROM "days$partitions" ORDER BY dt') == [["2020-01-01"], ["2020-01-02"], [None]]
    assert lake.rows('SELECT max(dt) FROM "days$partitions"') == [["2020-01-02"]]
    assert lake.failure('SELECT * FROM "nowhere$partitions"').startswith("TABLE_NOT_FOUND")


def test_a_column_that_is_not_read_does_not_fail_the_query(lake: AthenaLake) -> None:
    lake.put_parquet("unread/a.parquet", pa.table({"id": [1, 2], "note": pa.nulls(2)}))
    lake.rows(
        "CREATE EXTERNAL TABLE unread (id bigint, note string) STORED AS PARQUET LOCATION 's3://athena-hidden/unread/'"
    )
    assert lake.rows("SELECT id FROM unread ORDER BY id") == [["1"], ["2"]]
    assert lake.rows("SELECT count(*) FROM unread") == [["2"]]
    for sql in ("SELECT note FROM unread", "SELECT * FROM unread", "SELECT id FROM unread WHERE note IS NULL"):
        assert lake.failure(sql).startswith("HIVE_BAD_DATA: Field note's type ")


def test_folders_with_upper_case_are_not_partitions_to_repair(lake: AthenaLake) -> None:
    for folder in ("dt=1", "Dt=2"):
        lake.put_parquet(f"repaired/{folder}/a.parquet", [{"id": 1}])
    lake.rows(
        "CREATE EXTERNAL TABLE repaired (id bigint) PARTITIONED BY (dt string) STORED AS PARQUET "
        "LOCATION 's3://athena-hidden/repaired/'"
    )
    lake.rows("MSCK REPAIR TABLE repaired")
    assert lake.rows("SHOW PARTITIONS repaired") == [["dt=1"]]


def test_what_a_crawler_says_of_a_parquet_file_is_readable(lake: AthenaLake) -> None:
    seconds = [3661, None]
    lake.put_parquet(
        "crawled/a.parquet",
        pa.table(
            {
                "id": [1, 2],
                "nothing": pa.nulls(2),
                "millis": pa.array([None if s is None else s * 1000 for s in seconds], pa.time32("ms")),
                "micros": pa.array([None if s is None else s * 1_000_000 for s in seconds], pa.time64("us")),
            }
        ),
    )
    lake.glue.create_crawler(
        Name="athena-hidden",
        Role="arn:aws:iam::000000000000:role/crawler",
        DatabaseName=lake.name,
        Targets={"S3Targets": [{"Path": f"s3://{lake.bucket}/crawled/"}]},
    )
    lake.glue.start_crawler(Name="athena-hidden")
    while lake.glue.get_crawler(Name="athena-hidden")["Crawler"]["State"] != "READY":
        time.sleep(0.05)
    answer = lake.run("SELECT * FROM crawled ORDER BY id")
    assert answer.types == ["bigint", "integer", "integer", "bigint"]
    assert answer.rows == [["1", None, "3661000", "3661000000"], ["2", None, None, None]]
