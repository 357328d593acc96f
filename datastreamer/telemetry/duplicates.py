"""Which readings are copies: of another in the same turn, or of one that is curated, whatever its age or day.

Few readings are copies. So 64-bit hashes find the suspects, and only the suspects' ids are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.telemetry.id_index import id_hash, read_index, suspected
from datastreamer.telemetry.manifest import IndexSegment
from datastreamer.telemetry.s3_location import S3Location
from datastreamer.telemetry.schema import partition_path

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ID = "event_id string"
_CURATED = -1
"""Stands for the row of a curated reading, which comes before every row of the turn."""


def duplicates(readings: DataFrame, curated_ids: DataFrame) -> DataFrame:
    """``row`` of each of the ``readings`` (``row``, ``event_id``) that is not the first copy of its id.

    The first copy is the one in ``curated_ids`` (``event_id``), else the one with the lowest ``row``.
    """
    hashed = readings.select("row", "event_id", id_hash().alias("hash"))
    twice = hashed.groupBy("hash").count().where("count > 1").select("hash")
    suspects = hashed.join(F.broadcast(twice.union(curated_ids.select(id_hash()))), "hash", "left_semi")
    copies = suspects.select("row", "event_id").union(curated_ids.select(F.lit(_CURATED).cast("bigint"), "event_id"))
    in_order = Window.partitionBy("event_id").orderBy("row")
    return (
        copies.withColumn("copy", F.row_number().over(in_order))
        .where((F.col("copy") > 1) & (F.col("row") != _CURATED))
        .select("row")
    )


def curated_copies(
    spark: SparkSession,
    s3: S3Client,
    *,
    curated: S3Location,
    segments: Sequence[IndexSegment],
    readings: DataFrame,
    reading_rows: int,
) -> DataFrame:
    """``event_id`` of the curated readings that the index makes suspect to be copied among ``readings``.

    Reads the index, and of the table only the ids of days that the index names.
    """
    rows = sum(segment.rows for segment in segments)
    if not rows or not reading_rows:
        return spark.createDataFrame([], _ID)
    hits = suspected(read_index(spark, segments), rows, readings, reading_rows).persist()
    days = [str(row["day"]) for row in hits.select("day").distinct().collect()]
    folders = [folder for day in days if _has_objects(s3, folder := curated.folder(partition_path(day)))]
    if not folders:
        return spark.createDataFrame([], _ID)
    ids = spark.read.schema(_ID).parquet(*(folder.uri for folder in folders))
    return ids.join(F.broadcast(hits.select("hash")), id_hash() == F.col("hash"), "left_semi")


def _has_objects(s3: S3Client, folder: S3Location) -> bool:
    """False for a day whose readings were deleted since: they are new then."""
    return s3.list_objects_v2(Bucket=folder.bucket, Prefix=folder.prefix, MaxKeys=1)["KeyCount"] > 0
