"""Raw readings to the curated table, each line exactly once.

Where a reading is written, in turn 7 (``<state>`` is the job's state path):

    s3://<data bucket>/raw_data/device_sensor/yyyy/MM/dd/HH/*.gz        raw objects that no committed turn has read
        |
        |  read and validated, object by object
        v
    <state>/staged/000000000007/validated/<n>/readings/ and rejected/   Parquet, each line with its object and number
        |
        |  less the copies: of readings in the turn, and of curated ones, which <state>/index/ names
        v
    <state>/staged/000000000007/curated/date=.../ and quarantine/date=.../
        |
        |  counted as they lie there: for each object, lines = curated + quarantined + duplicates
        v
    <state>/index/000000000007/                                         the ids of the new curated readings
        |
        v
    <state>/manifests/000000000007.json                                 the commit: the counts, the files, the index
        |
        |  published: copied into the tables; then <state>/staged/000000000007/ is removed
        v
    s3://<analytics bucket>/device_telemetry/year=/month=/day=/000000000007-<n>.zstd.parquet
    s3://<analytics bucket>/device_telemetry_quarantine/year=/month=/day=/000000000007-<n>.zstd.parquet

No bookmark says what was read: the manifests do. ``process_turn`` is this picture as a function. ``run`` calls it as
long as there is something new, in turn with other runs (datastreamer/telemetry/job/run_log.py); ``main`` is the thin
shell that Glue starts.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.aws.s3_location import S3Location
from datastreamer.telemetry import schema
from datastreamer.telemetry.job.accounts import LineCount, balance
from datastreamer.telemetry.job.config import Config
from datastreamer.telemetry.job.conflicts import conflicting_lines
from datastreamer.telemetry.job.crash_isolation import validate_all
from datastreamer.telemetry.job.duplicates import find_copies
from datastreamer.telemetry.job.id_index import extend_index
from datastreamer.telemetry.job.report import METRICS_NAMESPACE, log_line, metric_data
from datastreamer.telemetry.job.run_log import RunLog, Turn
from datastreamer.telemetry.job.staging import (
    by_device,
    staged_files,
    staged_readings,
    with_checksums,
    write_by_date,
    written_rows,
)
from datastreamer.telemetry.manifest import COMMITTED, Manifest, RawObject
from datastreamer.telemetry.new_objects import find_new, first_objects, watermark_after

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILE_ROWS = 1_000_000
"""Readings that a curated file holds when a turn has many: about 30 MB."""

READINGS_COLUMNS = schema.spark_schema(schema.CURATED_COLUMNS) + ", row bigint"
REJECTED_COLUMNS = schema.spark_schema(schema.QUARANTINE_COLUMNS[:-1])


@dataclass(frozen=True)
class ValidatedLines:
    """What was read: valid ``readings`` (the curated columns and ``row``, which grows with arrival), ``rejected`` lines
    (the quarantine's columns but ``run_id``), and the ``counts`` of both."""

    readings: DataFrame
    rejected: DataFrame
    counts: Sequence[LineCount]

    @property
    def valid(self) -> int:
        """How many ``readings`` there are."""
        return sum(count.lines for count in self.counts if count.reason is None)


def read(spark: SparkSession, raw: S3Location, objects: Sequence[RawObject], scratch: S3Location) -> ValidatedLines:
    """Every line of ``objects``, validated by the reading contract; ``scratch`` is an empty folder to work in."""
    validated = validate_all(spark, raw.bucket, objects, scratch)
    return ValidatedLines(
        readings=_read_parquet(spark, READINGS_COLUMNS, validated.readings),
        rejected=_read_parquet(spark, REJECTED_COLUMNS, validated.rejected),
        counts=validated.counts,
    )


def transform(readings: DataFrame, dropped: DataFrame) -> DataFrame:
    """Curated rows with their event ``date``: the ``readings`` but those whose ``row`` was ``dropped``."""
    return readings.join(F.broadcast(dropped), "row", "left_anti").select(
        *(column.name for column in schema.CURATED_COLUMNS), F.to_date("event_time").alias("date")
    )


def quarantine(rejected: DataFrame, run_id: str) -> DataFrame:
    """Quarantine rows with their ingest ``date``."""
    return rejected.withColumn("run_id", F.lit(run_id)).select(
        *(column.name for column in schema.QUARANTINE_COLUMNS), F.to_date("ingest_time").alias("date")
    )


def process_turn(
    spark: SparkSession,
    config: Config,
    s3: S3Client,
    log: RunLog,
    turn: Turn,
    *,
    last: Manifest | None,
    objects: Sequence[RawObject],
    full_listing_at: str,
    now: Callable[[], datetime],
) -> Manifest:
    """Write what becomes of every line of ``objects``, raw to published; the manifest of the turn.

    ``last`` is the manifest that was committed before, ``full_listing_at`` the time of the last listing after which no
    raw object is left unread (ISO-8601, UTC). Raises JobFailedError when a line that was read is not found again,
    LostTurnError when another run took this one for dead; the tables are then as they were.
    """
    staged, segments = log.staged(turn), last.index if last else ()
    with log.working(turn, now):
        lines = read(spark, config.raw, objects, staged.folder("validated"))
        log.reached("validated")

        copies = find_copies(
            spark,
            s3,
            curated=config.curated,
            segments=segments,
            readings=lines.readings,
            reading_rows=lines.valid,
        )
        curated, rejected = transform(lines.readings, copies.rows.select("row")), lines.rejected
        if copies.conflicting:
            rows = copies.rows.where("conflicting").select("row")
            rejected = rejected.union(conflicting_lines(spark, config.raw.bucket, objects, rows, REJECTED_COLUMNS))

        files = _file_count(lines.valid, spark.sparkContext.defaultParallelism)
        write_by_date(by_device(curated, files), staged.folder("curated"), files)
        log.reached("staged curated")
        write_by_date(quarantine(rejected, turn.run_id), staged.folder("quarantine"), 1)
        log.reached("staged quarantine")

        tables = {"curated": config.curated, "quarantine": config.quarantine}
        data_files = with_checksums(spark, staged_files(s3, staged, tables, turn.sequence))
        written = written_rows(spark, staged, data_files)
        accounts = balance(
            config.raw.bucket,
            objects,
            validated=lines.counts,
            dropped=copies.duplicates,
            conflicting=copies.conflicting,
            curated=written.curated,
            quarantined=written.quarantined,
        )

        index = list(segments)
        if written.days:
            new = staged_readings(spark, staged)
            index = extend_index(spark, segments, new, sum(written.days.values()), log.index(turn))
        log.reached("indexed")

        manifest = Manifest(
            sequence=turn.sequence,
            run_id=turn.run_id,
            outcome=COMMITTED,
            parent=turn.parent,
            started_at=turn.started_at,
            ended_at=now().isoformat(),
            watermark=watermark_after(config.raw, last, objects),
            full_listing_at=full_listing_at,
            objects=accounts,
            files=data_files,
            index=index,
            curated_by_day=written.days,
        )
        log.commit(manifest)
    log.publish(manifest)
    log.discard_index([segment.uri for segment in segments], [segment.uri for segment in index])
    return manifest


def run(
    spark: SparkSession,
    config: Config,
    s3: S3Client,
    now: Callable[[], datetime],
    reached: Callable[[str], None] = lambda _step: None,
) -> list[Manifest]:
    """Read everything that is new, a turn at a time; the manifests of the turns, none when nothing was new.

    ``now`` is the clock; ``reached`` is called with the name of each step of the commit protocol.
    """
    log = RunLog(s3, config.state, lease=config.lease, reached=reached)
    done: list[Manifest] = []
    while True:
        newest, last = log.settle(config.patience, now)
        full = config.lists_all(last, now())
        objects = find_new(s3, config.raw, config.state, last, config.lookback_hours, full=full)
        if not objects:
            return done
        turn = log.take(newest, last, config.run_id, now())
        if turn is None:
            continue
        some = first_objects(objects, config.turn_bytes)
        # What is left over need not be in the next listing's window.
        listed_at = (now().isoformat() if full else last.full_listing_at if last else "") if some == objects else ""
        done.append(
            process_turn(spark, config, s3, log, turn, last=last, objects=some, full_listing_at=listed_at, now=now)
        )
        if some == objects:
            return done


def _read_parquet(spark: SparkSession, columns: str, folders: Sequence[S3Location]) -> DataFrame:
    paths = [folder.uri for folder in folders]
    return spark.read.schema(columns).parquet(*paths) if paths else spark.createDataFrame([], columns)


def _file_count(rows: int, cores: int) -> int:
    """One file while there are few rows, else as many as keep every core busy to the end."""
    files = math.ceil(rows / FILE_ROWS) or 1
    return files if files == 1 else math.ceil(files / cores) * cores


def configure(spark: SparkSession) -> None:
    """The settings of the session that the job's results and speed rest on."""
    for name, value in {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.maxConcurrentOutputFileWriters": "64",
    }.items():
        spark.conf.set(name, value)


def main(argv: Sequence[str]) -> None:
    """What Glue starts."""
    from awsglue.context import GlueContext
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    optional = [name for name in ("lookback_hours", "full_listing") if f"--{name}" in argv]
    required = ["JOB_NAME", "raw_path", "curated_path", "quarantine_path", "state_path", "stage"]
    arguments = getResolvedOptions(list(argv), required + optional)
    config = Config.from_arguments(arguments)
    context = GlueContext(SparkContext.getOrCreate())
    job = Job(context)
    job.init(arguments["JOB_NAME"], arguments)
    configure(context.spark_session)
    turns = run(context.spark_session, config, boto3.client("s3"), lambda: datetime.now(UTC))
    print(json.dumps(log_line(config.stage, config.run_id, turns)), flush=True)
    boto3.client("cloudwatch").put_metric_data(Namespace=METRICS_NAMESPACE, MetricData=metric_data(config.stage, turns))
    job.commit()


if __name__ == "__main__":
    main(sys.argv)
