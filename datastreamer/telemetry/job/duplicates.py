"""Which readings are copies: of another in the same turn, or of one that is curated, whatever its age or day.

Few readings are copies. So 64-bit hashes find the suspects, and only the suspects are compared: first their ids, then
what they say. A copy that says the same as the first is a duplicate; one that says something else is another reading
under a used id, as a device sends that counts from one again, and conflicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.aws.s3_location import S3Location
from datastreamer.telemetry.job.id_index import id_hash, read_index, suspected
from datastreamer.telemetry.job.raw_reader import LINE_BITS
from datastreamer.telemetry.manifest import IndexSegment
from datastreamer.telemetry.schema import READING_COLUMNS, partition_path, spark_schema

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT = tuple(column.name for column in READING_COLUMNS if column.name != "event_id")
"""What a reading says: every column but its id, and those that tell how it came."""
COPIED = spark_schema(READING_COLUMNS)
"""The columns of curated readings by which copies are told."""
_CURATED = -1
"""Stands for the row of a curated reading, which comes before every row of the turn."""


@dataclass(frozen=True)
class Copies:
    """Readings of a turn that are not the first of their id: ``rows`` (``row``, and whether it is ``conflicting``), and
    how many are ``duplicates`` or ``conflicting``, by the number of their raw object."""

    rows: DataFrame
    duplicates: Mapping[int, int]
    conflicting: Mapping[int, int]


def find_copies(
    spark: SparkSession,
    s3: S3Client,
    *,
    curated: S3Location,
    segments: Sequence[IndexSegment],
    readings: DataFrame,
    reading_rows: int,
) -> Copies:
    """The copies among ``readings`` (``reading_rows`` of them), of one another and of readings that are ``curated``."""
    known = curated_copies(spark, s3, curated=curated, segments=segments, readings=readings, reading_rows=reading_rows)
    # They are counted here, dropped from the readings, and those that conflict are put aside.
    rows = copies(readings, known).persist(StorageLevel.MEMORY_AND_DISK)
    counts = rows.groupBy(F.shiftright("row", LINE_BITS).alias("object"), "conflicting").count().collect()
    return Copies(
        rows,
        duplicates={row["object"]: row["count"] for row in counts if not row["conflicting"]},
        conflicting={row["object"]: row["count"] for row in counts if row["conflicting"]},
    )


def copies(readings: DataFrame, curated: DataFrame) -> DataFrame:
    """``row`` of each of the ``readings`` (``row`` and the columns of ``COPIED``) that is not the first copy of its id,
    and whether it is ``conflicting``: whether it says something else than the first.

    The first copy is the one in ``curated`` (the columns of ``COPIED``), else the one with the lowest ``row``.
    """
    hashed = readings.select("row", "event_id", _content(), id_hash().alias("hash"))
    twice = hashed.groupBy("hash").count().where("count > 1").select("hash")
    suspects = hashed.join(F.broadcast(twice.union(curated.select(id_hash()))), "hash", "left_semi")
    kept = curated.select(F.lit(_CURATED).cast("bigint"), "event_id", _content())
    in_order = Window.partitionBy("event_id").orderBy("row")
    return (
        suspects.select("row", "event_id", "content")
        .union(kept)
        .withColumn("copy", F.row_number().over(in_order))
        .withColumn("first", F.first("content").over(in_order))
        .where((F.col("copy") > 1) & (F.col("row") != _CURATED))
        .select("row", (~F.col("content").eqNullSafe(F.col("first"))).alias("conflicting"))
    )


def _content() -> Column:
    return F.struct(*CONTENT).alias("content")


def curated_copies(
    spark: SparkSession,
    s3: S3Client,
    *,
    curated: S3Location,
    segments: Sequence[IndexSegment],
    readings: DataFrame,
    reading_rows: int,
) -> DataFrame:
    """The curated readings (the columns of ``COPIED``) that the index makes suspect to be copied among ``readings``.

    Reads the index, and of the table only the days that the index names.
    """
    rows = sum(segment.rows for segment in segments)
    if not rows or not reading_rows:
        return spark.createDataFrame([], COPIED)
    hits = suspected(read_index(spark, segments), rows, readings, reading_rows).persist()
    days = [str(row["day"]) for row in hits.select("day").distinct().collect()]
    folders = [folder for day in days if _has_objects(s3, folder := curated.folder(partition_path(day)))]
    if not folders:
        return spark.createDataFrame([], COPIED)
    kept = spark.read.schema(COPIED).parquet(*(folder.uri for folder in folders))
    return kept.join(F.broadcast(hits.select("hash")), id_hash() == F.col("hash"), "left_semi")


def _has_objects(s3: S3Client, folder: S3Location) -> bool:
    """False for a day whose readings were deleted since: they are new then."""
    return s3.list_objects_v2(Bucket=folder.bucket, Prefix=folder.prefix, MaxKeys=1)["KeyCount"] > 0
