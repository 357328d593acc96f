"""The index of curated event ids: 64-bit hashes with the event day, so that a copy of any age is found by reading
12 bytes an id and not the table.

A segment is a folder of Parquet files with the columns ``hash`` and ``day``. Each run adds one. It takes in the
segments before it that are not much larger, so that there are few, and each id is rewritten a few times at most; from
``SEALED_ROWS`` on a segment stays as it is.

Equal hashes are a suspicion only. The ids themselves are compared, with those of the days that the index names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.aws.s3_location import S3Location
from datastreamer.telemetry.manifest import IndexSegment

SCHEMA = "hash bigint, day date"
SEALED_ROWS = 16_000_000
_GROWTH = 4
_FILE_ROWS = 4_000_000
_BROADCAST_ROWS = 20_000_000


def id_hash() -> Column:
    """The hash of column ``event_id``: xxHash64 with Spark's seed 42, the same in every version of Spark."""
    return F.xxhash64("event_id")


def read_index(spark: SparkSession, segments: Sequence[IndexSegment]) -> DataFrame:
    """All of ``segments``."""
    if not segments:
        return spark.createDataFrame([], SCHEMA)
    return spark.read.schema(SCHEMA).parquet(*(segment.uri for segment in segments))


def suspected(index: DataFrame, index_rows: int, readings: DataFrame, reading_rows: int) -> DataFrame:
    """Index rows whose hash a reading has. The smaller side is sent to all workers, the larger one stays in place."""
    hashes = readings.select(id_hash().alias("hash"))
    if index_rows < reading_rows:
        hashes = hashes.join(_sent(index.select("hash"), index_rows), "hash", "left_semi")
    return index.join(_sent(hashes, reading_rows), "hash", "left_semi")


def extend_index(
    spark: SparkSession, segments: Sequence[IndexSegment], new: DataFrame, new_rows: int, folder: S3Location
) -> list[IndexSegment]:
    """Write the ids of ``new`` (``event_id``, ``date``), and those of the segments merged with them, to ``folder``.

    Returns the index after that.
    """
    merged = segments_to_merge(segments, new_rows)
    rows = new_rows + sum(segment.rows for segment in merged)
    (
        new.select(id_hash().alias("hash"), F.col("date").alias("day"))
        .union(read_index(spark, merged))
        .coalesce(math.ceil(rows / _FILE_ROWS))
        .write.option("mapreduce.fileoutputcommitter.algorithm.version", "2")
        .option("parquet.enable.dictionary#hash", "false")
        .parquet(folder.uri)
    )
    return [*(segment for segment in segments if segment not in merged), IndexSegment(folder.uri, rows)]


def segments_to_merge(segments: Sequence[IndexSegment], new_rows: int) -> list[IndexSegment]:
    """The newest segments that a run with ``new_rows`` ids takes into its own."""
    merged: list[IndexSegment] = []
    rows = new_rows
    for segment in reversed(segments):
        if segment.rows > _GROWTH * rows or rows + segment.rows > SEALED_ROWS:
            break
        merged.append(segment)
        rows += segment.rows
    return merged


def _sent(rows: DataFrame, count: int) -> DataFrame:
    return F.broadcast(rows) if count <= _BROADCAST_ROWS else rows
