"""Raw readings to the curated table: config -> read -> transform -> write, each line exactly once.

``main`` is the thin shell that Glue starts. ``run`` takes turns (datastreamer/telemetry/job/run_log.py); in each it
reads raw objects that no committed turn has read and writes what becomes of every line of theirs.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import ConfigurationError
from datastreamer.telemetry import schema
from datastreamer.telemetry.job.accounts import LineCount, balance
from datastreamer.telemetry.job.conflicts import conflicting_lines
from datastreamer.telemetry.job.crash_isolation import validate_all
from datastreamer.telemetry.job.duplicates import copies, curated_copies
from datastreamer.telemetry.job.id_index import extend_index
from datastreamer.telemetry.job.raw_reader import LINE_BITS
from datastreamer.telemetry.job.report import METRICS_NAMESPACE, log_line, metric_data
from datastreamer.telemetry.job.run_log import LEASE, RunLog, Turn
from datastreamer.telemetry.job.staging import (
    by_device,
    staged_files,
    staged_readings,
    with_checksums,
    write_by_date,
    written_rows,
)
from datastreamer.telemetry.manifest import COMMITTED, Manifest, RawObject
from datastreamer.telemetry.new_objects import find_new, watermark_after

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TURN_BYTES = 512 * 1024 * 1024
"""Raw bytes (as stored) that one turn reads, about 13 million readings; a backlog takes several turns."""
FILE_ROWS = 1_000_000
"""Readings that a curated file holds when a turn has many: about 30 MB."""

READINGS_COLUMNS = schema.spark_schema(schema.CURATED_COLUMNS) + ", row bigint"
REJECTED_COLUMNS = schema.spark_schema(schema.QUARANTINE_COLUMNS[:-1])


@dataclass(frozen=True)
class Config:
    """The job's settings.

    ``full_listing``: ``daily``, ``always`` or ``never`` list every raw object; ``lookback_hours``: how far other
    listings go back (see new_objects). ``patience``: how long to wait for a run that is at it; ``lease``: see run_log.
    """

    raw: S3Location
    curated: S3Location
    quarantine: S3Location
    state: S3Location
    stage: str
    run_id: str
    lookback_hours: int = 48
    full_listing: str = "daily"
    patience: timedelta = timedelta(minutes=10)
    lease: timedelta = LEASE
    turn_bytes: int = TURN_BYTES

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, str]) -> Config:
        """From the job's arguments, by name; raises ConfigurationError for a value that does not fit."""
        full_listing = arguments.get("full_listing", "daily")
        if full_listing not in ("daily", "always", "never"):
            raise ConfigurationError(f"--full_listing must be daily, always or never, not {full_listing!r}")
        lookback = arguments.get("lookback_hours", "48")
        if not lookback.isdecimal():
            raise ConfigurationError(f"--lookback_hours must be a number of hours, not {lookback!r}")
        return cls(
            raw=S3Location.parse(arguments["raw_path"]),
            curated=S3Location.parse(arguments["curated_path"]),
            quarantine=S3Location.parse(arguments["quarantine_path"]),
            state=S3Location.parse(arguments["state_path"]),
            stage=arguments["stage"],
            run_id=arguments["JOB_RUN_ID"],
            lookback_hours=int(lookback),
            full_listing=full_listing,
        )


@dataclass(frozen=True)
class ValidatedLines:
    """What was read: valid ``readings`` (the curated columns and ``row``, which grows with arrival), ``rejected`` lines
    (the quarantine's columns but ``run_id``), and the ``counts`` of both."""

    readings: DataFrame
    rejected: DataFrame
    counts: Sequence[LineCount]


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


def run(
    spark: SparkSession,
    config: Config,
    s3: S3Client,
    now: Callable[[], datetime],
    reached: Callable[[str], None] = lambda _step: None,
) -> list[Manifest]:
    """Read everything that is new, a turn at a time; the manifests of the turns, none when nothing was new.

    ``now`` is the clock; ``reached`` is told each step of the commit protocol.
    """
    log = RunLog(s3, config.state, lease=config.lease, reached=reached)
    done: list[Manifest] = []
    while True:
        newest, last = log.settle(config.patience, now)
        full = _lists_all(config, last, now())
        objects = find_new(s3, config.raw, config.state, last, config.lookback_hours, full=full)
        if not objects:
            return done
        turn = log.take(newest, last, config.run_id, now())
        if turn is None:
            continue
        some = _first(objects, config.turn_bytes)
        # What is left over need not be in the next listing's window.
        listed_at = (now().isoformat() if full else last.full_listing_at if last else "") if some == objects else ""
        try:
            with log.alive(turn):
                manifest = _Work(spark, config, s3, log, turn, last, some).manifest(listed_at, now)
                log.commit(manifest)
        except Exception:
            log.abandon(turn, now())
            raise
        log.publish(manifest)
        before = [segment.uri for segment in last.index] if last else []
        log.discard_index(before, [segment.uri for segment in manifest.index])
        done.append(manifest)
        if some == objects:
            return done


@dataclass(frozen=True)
class _Work:
    """One turn's work, from raw objects to a manifest that is ready to commit."""

    spark: SparkSession
    config: Config
    s3: S3Client
    log: RunLog
    turn: Turn
    last: Manifest | None
    objects: Sequence[RawObject]

    def manifest(self, full_listing_at: str, now: Callable[[], datetime]) -> Manifest:
        """Read, transform, write, count."""
        config, staged = self.config, self.log.staged(self.turn)
        validated = read(self.spark, config.raw, self.objects, staged.folder("validated"))
        self.log.reached("validated")
        valid = sum(count.lines for count in validated.counts if count.reason is None)
        segments = self.last.index if self.last else ()
        known = curated_copies(
            self.spark,
            self.s3,
            curated=config.curated,
            segments=segments,
            readings=validated.readings,
            reading_rows=valid,
        )
        copied = copies(validated.readings, known).persist(StorageLevel.MEMORY_AND_DISK)
        drops = copied.groupBy(F.shiftright("row", LINE_BITS).alias("object"), "conflicting").count().collect()
        rejected, conflicts = validated.rejected, copied.where("conflicting").select("row")
        if any(row["conflicting"] for row in drops):
            again = conflicting_lines(self.spark, config.raw.bucket, self.objects, conflicts, REJECTED_COLUMNS)
            rejected = rejected.union(again)
        files = _file_count(valid, self.spark.sparkContext.defaultParallelism)
        write_by_date(
            by_device(transform(validated.readings, copied.select("row")), files), staged.folder("curated"), files
        )
        self.log.reached("staged curated")
        write_by_date(quarantine(rejected, self.turn.run_id), staged.folder("quarantine"), 1)
        self.log.reached("staged quarantine")
        tables = {"curated": config.curated, "quarantine": config.quarantine}
        published = with_checksums(self.spark, staged_files(self.s3, staged, tables, self.turn.sequence))
        written = written_rows(self.spark, staged, published)
        accounts = balance(
            config.raw.bucket,
            self.objects,
            validated=validated.counts,
            dropped={row["object"]: row["count"] for row in drops if not row["conflicting"]},
            conflicting={row["object"]: row["count"] for row in drops if row["conflicting"]},
            curated=written.curated,
            quarantined=written.quarantined,
        )
        index = list(segments)
        if written.days:
            new, folder = staged_readings(self.spark, staged), self.log.index(self.turn)
            index = extend_index(self.spark, segments, new, sum(written.days.values()), folder)
        self.log.reached("indexed")
        return Manifest(
            sequence=self.turn.sequence,
            run_id=self.turn.run_id,
            outcome=COMMITTED,
            parent=self.turn.parent,
            started_at=self.turn.started_at,
            ended_at=now().isoformat(),
            watermark=watermark_after(config.raw, self.last, self.objects),
            full_listing_at=full_listing_at,
            objects=accounts,
            files=published,
            index=index,
            curated_by_day=written.days,
        )


def _read_parquet(spark: SparkSession, columns: str, folders: Sequence[S3Location]) -> DataFrame:
    paths = [folder.uri for folder in folders]
    return spark.read.schema(columns).parquet(*paths) if paths else spark.createDataFrame([], columns)


def _file_count(rows: int, cores: int) -> int:
    """One file while there are few rows, else as many as keep every core busy to the end."""
    files = math.ceil(rows / FILE_ROWS) or 1
    return files if files == 1 else math.ceil(files / cores) * cores


def _first(objects: Sequence[RawObject], most_bytes: int) -> Sequence[RawObject]:
    """The objects that came first, up to ``most_bytes`` together, but at least one."""
    total = 0
    for number, item in enumerate(objects):
        total += item.size
        if number and total > most_bytes:
            return objects[:number]
    return objects


def _lists_all(config: Config, last: Manifest | None, now: datetime) -> bool:
    if last is None or not last.full_listing_at or config.full_listing == "always":
        return True
    return config.full_listing == "daily" and now - datetime.fromisoformat(last.full_listing_at) >= timedelta(days=1)


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
