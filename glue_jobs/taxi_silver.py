"""TLC's files as published to one typed table of trips, a month at a time.

    s3://<bronze>/year=2025/month=01/yellow_tripdata_2025-01.parquet    as TLC published it, of any year since 2019
        |
        |  each row judged by the contract of trips (datastreamer/events/trip.py)
        v
    <state>/staged/2025-01/000003-<run>/judged/                         trips, and rejected rows whole with their reason
        |
        |  less copies of a trip; refunds paired with the trips that they take back; faults named
        v
    <state>/staged/2025-01/000003-<run>/silver/ and quarantine/
        |
        |  counted as they lie there: for each object, rows = silver + quarantine
        v
    <state>/manifests/2025-01/000003.json                               the commit
        |
        |  copied into the tables; the files of commits before are removed
        v
    s3://<silver>/year=2025/month=01/000003-<n>.zstd.parquet
    s3://<quarantine>/year=2025/month=01/000003-<n>.zstd.parquet

A month is made whole or not at all, and again when its objects, or the contract, have changed since its last manifest:
a file that TLC publishes a second time replaces what the first gave. ``make_month`` is this picture as a function.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import TYPE_CHECKING

import boto3
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import JobFailedError
from datastreamer.events.trip import DUPLICATE, FIELDS
from datastreamer.taxi import schema
from datastreamer.taxi.bronze import BronzeObject, list_bronze
from datastreamer.taxi.month import Month
from datastreamer.taxi.silver.commit import MonthLog, OvertakenError
from datastreamer.taxi.silver.config import Config
from datastreamer.taxi.silver.contract import REASON, ROW, faults, judged
from datastreamer.taxi.silver.manifest import Manifest, ObjectCounts
from datastreamer.taxi.silver.pairs import refund_pairs, without_copies
from datastreamer.taxi.silver.report import METRICS_NAMESPACE, Outcome, log_line, metric_data
from datastreamer.taxi.silver.rows import count_rows, read_rows

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger("datastreamer.taxi_silver")

FILE_ROWS = 1_000_000
"""Trips that a file holds when a month has many: about 25 MB."""
JUDGED_COLUMNS = f"{schema.spark_schema(schema.TRIP_COLUMNS)}, {REASON} string, {ROW} string"


def read(spark: SparkSession, s3: S3Client, objects: Sequence[BronzeObject], month: Month) -> DataFrame:
    """Every row of ``objects``, judged by the contract: JUDGED_COLUMNS."""
    return reduce(
        DataFrame.unionByName, (judged(read_rows(spark, s3, found, month), month, found.uri) for found in objects)
    )


def transform(rows: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Silver and quarantine of a month's judged ``rows``: each of them is in one of the two."""
    found = without_copies(rows.where(F.col(REASON).isNull()).drop(REASON, ROW))
    pairs = refund_pairs(found.trips)
    silver = (
        found.trips.join(F.broadcast(pairs), "trip_id", "left")
        .withColumn("faults", faults(F.col("pair_fault")))
        .select(*(column.name for column in schema.SILVER_COLUMNS))
    )
    whole = F.to_json(F.struct(*(F.col(field.column).alias(field.tlc) for field in FIELDS), "other"))
    columns = [column.name for column in schema.QUARANTINE_COLUMNS]
    copies = found.copies.select(F.lit(DUPLICATE).alias(REASON), whole.alias(ROW), "source_object")
    return silver, rows.where(F.col(REASON).isNotNull()).select(*columns).unionByName(copies)


def make_month(
    spark: SparkSession,
    config: Config,
    s3: S3Client,
    log: MonthLog,
    month: Month,
    *,
    objects: Sequence[BronzeObject],
    sequence: int,
    now: Callable[[], datetime],
) -> Manifest:
    """Write what becomes of every row of ``objects``, bronze to published; the manifest.

    Raises JobFailedError when a row that was read is not found again, ConfigurationError for an object that is not a
    file of the month, OvertakenError when another run was faster; the tables are then as they were.
    """
    started = now().isoformat()
    staged = log.staged(month, sequence, config.run_id)
    try:
        _write(read(spark, s3, objects, month), staged.folder("judged"))
        log.reached("judged")
        rows = spark.read.schema(JUDGED_COLUMNS).parquet(staged.folder("judged").uri)
        silver, quarantine = transform(rows)
        count = {found.uri: count_rows(spark, found) for found in objects}
        _write(silver.coalesce(math.ceil(sum(count.values()) / FILE_ROWS) or 1), staged.folder("silver"))
        _write(quarantine.coalesce(1), staged.folder("quarantine"))
        log.reached("staged")
        manifest = Manifest(
            month=str(month),
            sequence=sequence,
            run_id=config.run_id,
            contract=schema.CONTRACT,
            started_at=started,
            ended_at=now().isoformat(),
            objects=_balance(spark, staged, objects, count),
            files=log.staged_files(staged, month, sequence),
            faults=_faults(spark, staged),
        )
    except Exception as error:
        log.discard(staged)
        if log.is_committed(month, sequence):
            raise OvertakenError(month, sequence) from error
        raise
    finally:
        spark.catalog.clearCache()
    # From here on nothing is discarded: a put whose answer was lost may have committed.
    log.commit(month, manifest)
    log.publish(month, manifest)
    return manifest


def run(
    spark: SparkSession,
    config: Config,
    s3: S3Client,
    now: Callable[[], datetime],
    reached: Callable[[str], None] = lambda _step: None,
) -> Outcome:
    """Make every month whose bronze is not what its tables were made of.

    A month that fails does not hold up the others. ``now`` is the clock; ``reached`` is called with each step's name.
    """
    log = MonthLog(s3, config.state, {"silver": config.silver, "quarantine": config.quarantine}, reached)
    newest = log.newest()
    for month, manifest in newest.items():
        log.publish(month, manifest)  # where a run died between its commit and the end of its publication
    listing = list_bronze(s3, config.bronze)
    outcome = Outcome(strays=listing.strays, gone=sorted(newest.keys() - listing.months.keys()))
    for month, objects in listing.months.items():
        last = newest.get(month)
        if last and last.is_of(objects, schema.CONTRACT):
            outcome.unchanged.append(month)
            continue
        sequence = last.sequence + 1 if last else 1
        try:
            made = make_month(spark, config, s3, log, month, objects=objects, sequence=sequence, now=now)
        except Exception as error:
            logger.exception("%s was not made", month)
            outcome.failed[month] = f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
        else:
            outcome.made.append(made)
    return outcome


def _write(rows: DataFrame, folder: S3Location) -> None:
    (
        rows.write.option("compression", "zstd")
        # No two rows share an id: a dictionary of them is built in vain.
        .option("parquet.enable.dictionary#trip_id", "false")
        .option("mapreduce.fileoutputcommitter.algorithm.version", "2")
        .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        .parquet(folder.uri)
    )


def _balance(
    spark: SparkSession, staged: S3Location, objects: Sequence[BronzeObject], count: Mapping[str, int]
) -> list[ObjectCounts]:
    """The accounts of each object, from the files as written; raises JobFailedError when they do not balance."""
    silver = {
        row["source_object"]: row["count"]
        for row in _staged(spark, staged, "silver", "source_object string").groupBy("source_object").count().collect()
    }
    quarantined: dict[str, dict[str, int]] = {}
    rejected = _staged(spark, staged, "quarantine", "source_object string, reason string")
    for row in rejected.groupBy("source_object", "reason").count().orderBy("reason").collect():
        quarantined.setdefault(row["source_object"], {})[row["reason"]] = row["count"]
    accounts = [
        ObjectCounts(
            source_object=found.uri,
            etag=found.etag,
            rows=count[found.uri],
            silver=silver.get(found.uri, 0),
            quarantined=quarantined.get(found.uri, {}),
        )
        for found in objects
    ]
    for item in accounts:
        written = item.silver + sum(item.quarantined.values())
        if item.rows != written:
            raise JobFailedError(
                f"{item.source_object} does not balance: it has {item.rows} rows, and {item.silver} trips and "
                f"{dict(item.quarantined)} were written. Nothing was committed."
            )
    return accounts


def _faults(spark: SparkSession, staged: S3Location) -> dict[str, int]:
    rows = _staged(spark, staged, "silver", "faults array<string>").select(F.explode("faults").alias("fault"))
    return {row["fault"]: row["count"] for row in rows.groupBy("fault").count().orderBy("fault").collect()}


def _staged(spark: SparkSession, staged: S3Location, table: str, columns: str) -> DataFrame:
    return spark.read.schema(columns).parquet(staged.folder(table).uri)


def configure(spark: SparkSession) -> None:
    """The settings of the session that the job's results and speed rest on."""
    for name, value in {
        # Wall-clock times pass through types with a zone here and there: in UTC they stay what they are.
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        # A line of CSV is compared with its header in full, not only where a query looks.
        "spark.sql.csv.parser.columnPruning.enabled": "false",
    }.items():
        spark.conf.set(name, value)


def main(argv: Sequence[str]) -> None:
    """What Glue starts. Raises JobFailedError, so that the run FAILED, when a month was not made."""
    from awsglue.context import GlueContext
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    required = ["JOB_NAME", "bronze_path", "silver_path", "quarantine_path", "state_path", "stage"]
    arguments = getResolvedOptions(list(argv), required)
    config = Config.from_arguments(arguments)
    context = GlueContext(SparkContext.getOrCreate())
    job = Job(context)
    job.init(arguments["JOB_NAME"], arguments)
    configure(context.spark_session)
    outcome = run(context.spark_session, config, boto3.client("s3"), lambda: datetime.now(UTC))
    print(json.dumps(log_line(config.stage, config.run_id, outcome)), flush=True)
    boto3.client("cloudwatch").put_metric_data(
        Namespace=METRICS_NAMESPACE, MetricData=metric_data(config.stage, outcome)
    )
    if outcome.failed:
        raise JobFailedError("; ".join(f"{month}: {why}" for month, why in outcome.failed.items()))
    job.commit()


if __name__ == "__main__":
    main(sys.argv)
