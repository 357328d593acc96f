"""A turn's files between writing and publication, and how rows lie in them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.aws.s3_location import S3Location, bucket_and_key
from datastreamer.telemetry.job.worker_client import s3_of_worker
from datastreamer.telemetry.manifest import DataFile
from datastreamer.telemetry.schema import partition_path

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DATE = "date="


def write_by_date(rows: DataFrame, folder: S3Location, files: int) -> None:
    """Write ``rows`` as zstd Parquet below ``folder``, a folder a ``date`` with at most ``files`` files each."""
    (
        rows.coalesce(files)
        .write.option("compression", "zstd")
        # Hardly two rows share these: a dictionary of them is built in vain.
        .option("parquet.enable.dictionary#event_id", "false")
        .option("parquet.enable.dictionary#event_time", "false")
        .option("mapreduce.fileoutputcommitter.algorithm.version", "2")
        .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        .partitionBy("date")
        .parquet(folder.uri)
    )


def by_device(rows: DataFrame, files: int) -> DataFrame:
    """``rows`` in ``files`` parts, in each a device's readings together and in the order of time.

    One number to sort by (22 bits of the device's hash, 42 of milliseconds, enough until 2109) needs no comparisons.
    """
    milliseconds = F.unix_millis(F.col("event_time").cast("timestamp"))
    key = F.shiftleft(F.xxhash64("device_id"), 42).bitwiseOR(milliseconds)
    return rows.coalesce(files).sortWithinPartitions(key)


@dataclass(frozen=True)
class WrittenRows:
    """Rows in a turn's files: ``curated`` by source object, ``quarantined`` by source object and reason, ``days``:
    curated by event date."""

    curated: Mapping[str, int]
    quarantined: Mapping[tuple[str, str], int]
    days: Mapping[str, int]


def staged_readings(spark: SparkSession, staged: S3Location) -> DataFrame:
    """``event_id``, ``source_object`` and ``date`` of the curated readings that wait in ``staged``."""
    columns = "event_id string, source_object string, date date"
    return spark.read.schema(columns).parquet(staged.folder("curated").uri)


def written_rows(spark: SparkSession, staged: S3Location, files: Sequence[DataFile]) -> WrittenRows:
    """Count what was written by reading it."""
    curated: dict[str, int] = {}
    quarantined: dict[tuple[str, str], int] = {}
    days: dict[str, int] = {}
    if _any_in(staged.folder("curated"), files):
        for row in staged_readings(spark, staged).groupBy("source_object", "date").count().collect():
            source, date = row["source_object"], str(row["date"])
            curated[source] = curated.get(source, 0) + row["count"]
            days[date] = days.get(date, 0) + row["count"]
    if _any_in(staged.folder("quarantine"), files):
        rows = spark.read.schema("source_object string, reason string").parquet(staged.folder("quarantine").uri)
        for row in rows.groupBy("source_object", "reason").count().collect():
            quarantined[row["source_object"], row["reason"]] = row["count"]
    return WrittenRows(curated, quarantined, dict(sorted(days.items())))


def _any_in(folder: S3Location, files: Sequence[DataFile]) -> bool:
    return any(file.staged.startswith(folder.uri) for file in files)


def staged_files(s3: S3Client, staged: S3Location, tables: Mapping[str, S3Location], sequence: int) -> list[DataFile]:
    """The files below ``staged``/<name of the table>/, with the place in its table that each is meant for.

    No two get one name, whatever else lies there and however S3 pages its listing: the second would replace the first.
    """
    files: list[DataFile] = []
    for name, table in tables.items():
        folder = staged.folder(name)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=folder.bucket, Prefix=folder.prefix)
        for page in pages:
            for item in page.get("Contents", []):
                date, _, file = item["Key"].removeprefix(folder.prefix).partition("/")
                if date.startswith(_DATE) and file.endswith(".parquet"):
                    target = table.folder(partition_path(date.removeprefix(_DATE)))
                    published = f"{target.uri}{sequence:012d}-{len(files):05d}.zstd.parquet"
                    files.append(DataFile(f"s3://{folder.bucket}/{item['Key']}", published, item["Size"]))
    return files


def with_checksums(spark: SparkSession, files: Sequence[DataFile]) -> list[DataFile]:
    """``files`` with checksum and rows, as each lies in S3 now. The workers read them."""
    if not files:
        return []
    tasks = min(len(files), 4 * spark.sparkContext.defaultParallelism)
    return spark.sparkContext.parallelize(files, tasks).map(_examined).collect()


def _examined(file: DataFile) -> DataFile:
    bucket, key = bucket_and_key(file.staged)
    body = s3_of_worker().get_object(Bucket=bucket, Key=key)["Body"].read()
    rows = pq.read_metadata(io.BytesIO(body)).num_rows
    return replace(file, sha256=hashlib.sha256(body).hexdigest(), rows=rows)
