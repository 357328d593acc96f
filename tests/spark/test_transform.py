"""The job's transforms, on small frames."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.telemetry.job.duplicates import COPIED, copies
from datastreamer.telemetry.job.id_index import SEALED_ROWS, id_hash, segments_to_merge, suspected
from datastreamer.telemetry.job.staging import by_device
from datastreamer.telemetry.manifest import IndexSegment
from glue_jobs.temperature_etl import READINGS_COLUMNS, REJECTED_COLUMNS, quarantine, transform

pytestmark = [pytest.mark.spark, pytest.mark.slow]

MOMENT = datetime(2025, 10, 15, 23, 59, 59, 999000)  # noqa: DTZ001  the tables hold UTC without a zone


def readings(spark: SparkSession, *rows: tuple[str, int]) -> DataFrame:
    ingested = datetime(2025, 10, 16, 0, 5)  # noqa: DTZ001
    return spark.createDataFrame(
        [(i, "d", MOMENT, 1.5, None, 99.0, "s", None, '{"co2":4}', ingested, "s3://raw/1", row) for i, row in rows],
        READINGS_COLUMNS,
    )


def rows(spark: SparkSession, *numbers: int) -> DataFrame:
    return spark.createDataFrame([(number,) for number in numbers], "row bigint")


def ids(spark: SparkSession, *names: str) -> DataFrame:
    return spark.createDataFrame([(name,) for name in names], "event_id string")


def curated(spark: SparkSession, *names: str) -> DataFrame:
    columns = [column.split()[0] for column in COPIED.split(", ")]
    return readings(spark, *((name, 0) for name in names)).select(*columns)


def test_of_each_id_the_curated_copy_stays_else_the_first_to_arrive(spark: SparkSession) -> None:
    given = readings(
        spark,
        *(("alone", 1), ("also alone", 2)),
        *(("copied", 13), ("copied", 11), ("copied", 12)),
        *(("curated", 20), ("curated and copied", 21), ("curated and copied", 22), ("curated twice", 23)),
        *(("case", 30), ("Case", 31), ("case ", 32)),
    )
    names = ("curated", "curated and copied", "curated twice", "curated twice", "elsewhere")
    found = copies(given, curated(spark, *names))
    expected = rows(spark, 12, 13, 20, 21, 22, 23).withColumn("conflicting", F.lit(False))
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("device_id", "'e'"),
        ("event_time", "event_time + INTERVAL 1 MILLISECOND"),
        ("temperature", "1.25D"),
        ("humidity", "0D"),
        ("battery", "NULL"),
        ("site", "'S'"),
        ("firmware", "''"),
        ("extra", "NULL"),
    ],
)
def test_a_copy_that_says_something_else_conflicts_with_the_first(spark: SparkSession, column: str, value: str) -> None:
    same = readings(spark, ("early", 1), ("early", 2), ("curated", 4))
    other = readings(spark, ("early", 3), ("curated", 5)).withColumn(
        column, F.expr(value).cast(same.schema[column].dataType)
    )
    found = copies(same.union(other), curated(spark, "curated"))
    expected = rows(spark, 2, 3, 4, 5).withColumn("conflicting", F.col("row").isin(3, 5))
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


def test_how_a_reading_came_makes_no_conflict(spark: SparkSession) -> None:
    later = readings(spark, ("a", 2)).withColumn("source_object", F.lit("s3://raw/2"))
    found = copies(
        readings(spark, ("a", 1)).union(later.withColumn("ingest_time", F.col("event_time"))), curated(spark)
    )
    assert_df_equality(found, rows(spark, 2).withColumn("conflicting", F.lit(False)), ignore_nullable=True)


def test_transform_drops_rows_and_dates_the_rest_by_their_event(spark: SparkSession) -> None:
    curated = transform(readings(spark, ("a", 1), ("b", 2), ("c", 1 << 40)), rows(spark, 2))
    expected = readings(spark, ("a", 1), ("c", 1)).drop("row").withColumn("date", F.lit("2025-10-15").cast("date"))
    assert_df_equality(curated, expected, ignore_row_order=True, ignore_nullable=True)


def test_quarantine_keeps_the_line_and_names_the_run(spark: SparkSession) -> None:
    rejected = spark.createDataFrame(
        [("invalid_json", "{", None, "s3://raw/1", 7, MOMENT), ("invalid_utf8", None, "/w==", "s3://raw/1", 8, MOMENT)],
        REJECTED_COLUMNS,
    )
    expected = rejected.withColumn("run_id", F.lit("jr_1")).withColumn("date", F.lit("2025-10-15").cast("date"))
    assert_df_equality(quarantine(rejected, "jr_1"), expected, ignore_row_order=True, ignore_nullable=True)


def test_a_devices_readings_lie_together_in_the_order_of_time(spark: SparkSession) -> None:
    frame = spark.range(2000).selectExpr(
        "concat('d-', id % 7) AS device_id", "timestamp_millis((id * 7919 % 2000) * 1000 + 1760486400000) AS event_time"
    )
    found = [(row["device_id"], row["event_time"]) for row in by_device(frame, 1).collect()]
    devices = [device for device, _ in found]
    assert sum(one != other for one, other in pairwise(devices)) == 6
    assert all(one[1] < other[1] for one, other in pairwise(found) if one[0] == other[0])


@pytest.mark.parametrize("index_is_smaller", [True, False])
def test_the_index_suspects_ids_that_it_has_and_tells_their_day(spark: SparkSession, index_is_smaller: bool) -> None:
    index = ids(spark, "a", "b", "c").select(id_hash().alias("hash"), F.lit("2025-10-15").cast("date").alias("day"))
    sizes = (3, 10) if index_is_smaller else (10, 3)
    found = suspected(index, sizes[0], readings(spark, ("b", 1), ("x", 2), ("b", 3)), sizes[1])
    expected = index.join(ids(spark, "b").select(id_hash().alias("hash")), "hash")
    assert_df_equality(found.distinct(), expected, ignore_row_order=True, ignore_nullable=True)


def test_the_hash_is_the_one_that_existing_indexes_hold(spark: SparkSession) -> None:
    assert ids(spark, "sensor-1").select(id_hash()).first() == (-5844758081329385171,)


def test_segments_merge_so_that_there_are_few_and_large_ones_are_left_alone() -> None:
    segments: list[IndexSegment] = []
    written = 0
    for number in range(2000):
        merged = segments_to_merge(segments, 100_000)
        total = 100_000 + sum(segment.rows for segment in merged)
        segments = [*(segment for segment in segments if segment not in merged), IndexSegment(str(number), total)]
        written += total
        assert all(segment.rows <= SEALED_ROWS for segment in segments)
    assert sum(segment.rows for segment in segments) == 200_000_000
    assert len(segments) < 200_000_000 / SEALED_ROWS * 2 + 10
    assert written < 200_000_000 * 8
