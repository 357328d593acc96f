"""Raw readings to the curated table: config -> read -> transform -> write, each line exactly once.

``main`` is the thin shell that Glue starts. ``run`` takes turns (datastreamer/telemetry/run_log.py); in each it reads
raw objects that no committed turn has read and writes what becomes of every line of theirs.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.errors import ConfigurationError
from datastreamer.telemetry import schema
from datastreamer.telemetry.accounts import Judged, balance
from datastreamer.telemetry.duplicates import curated_copies, duplicates
from datastreamer.telemetry.id_index import id_hash, read_index, segments_to_merge
from datastreamer.telemetry.job_report import METRICS_NAMESPACE, log_line, metric_data
from datastreamer.telemetry.manifest import COMMITTED, DataFile, IndexSegment, Manifest, RawObject
from datastreamer.telemetry.new_objects import find_new, watermark_after
from datastreamer.telemetry.raw_reader import judged_object, pack
from datastreamer.telemetry.run_log import LEASE, RunLog, Turn
from datastreamer.telemetry.s3_location import S3Location
from datastreamer.telemetry.staging import by_device, staged_files, write_by_date

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TURN_BYTES = 512 * 1024 * 1024
"""Raw bytes (as stored) that one turn reads, about 13 million readings; a backlog takes several turns."""
FILE_ROWS = 1_000_000
"""Readings that a curated file holds when a turn has many: about 30 MB."""
INDEX_FILE_ROWS = 4_000_000
_LINE_BITS = 40

JUDGED_SCHEMA = (
    "event_id string, device_id string, event_time timestamp, temperature double, humidity double, battery double, "
    "site string, firmware string, extra string, reason string, line string, line_base64 string, line_number bigint, "
    "object int, fault string"
)
"""``object`` numbers the turn's objects by arrival. Line number 0 stands for the object and has its ``fault``."""


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


def read(spark: SparkSession, raw: S3Location, objects: Sequence[RawObject]) -> DataFrame:
    """Every line of ``objects``, judged by the reading contract: schema ``JUDGED_SCHEMA``."""
    tasks = pack(objects)
    bucket = raw.bucket

    def judge(batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            for task in batch.column(0).to_pylist():
                for number in tasks[task]:
                    yield from judged_object(bucket, objects[number], number)

    return spark.range(0, len(tasks), 1, len(tasks)).mapInArrow(judge, JUDGED_SCHEMA)


def readings_of(judged: DataFrame) -> DataFrame:
    """The valid readings, each with its ``row``: a number that grows with arrival."""
    row = F.shiftleft(F.col("object").cast("bigint"), _LINE_BITS).bitwiseOR(F.col("line_number"))
    return judged.where("line_number > 0 and reason is null").withColumn("row", row)


def transform(readings: DataFrame, dropped: DataFrame, sources: DataFrame) -> DataFrame:
    """Curated rows with their event ``date``: the ``readings`` but those ``dropped``, and which object they came in."""
    return (
        readings.join(F.broadcast(dropped), "row", "left_anti")
        .join(F.broadcast(sources), "object")
        .select(*_table_columns(schema.CURATED_COLUMNS), F.to_date("event_time").alias("date"))
    )


def quarantine(judged: DataFrame, sources: DataFrame, run_id: str) -> DataFrame:
    """Quarantine rows with their ingest ``date``."""
    return (
        judged.where("reason is not null")
        .join(F.broadcast(sources), "object")
        .withColumn("run_id", F.lit(run_id))
        .select(*_table_columns(schema.QUARANTINE_COLUMNS), F.to_date("ingest_time").alias("date"))
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
        judged = read(self.spark, config.raw, self.objects).persist(StorageLevel.MEMORY_AND_DISK)
        counted = [
            Judged(row["object"], row["reason"], row["fault"], row["lines"])
            for row in judged.groupBy("object", "reason", "fault")
            .agg(F.count(F.when(F.col("line_number") > 0, 1)).alias("lines"))
            .collect()
        ]
        self.log.reached("judged")
        valid = sum(item.lines for item in counted if item.reason is None)
        readings, sources = readings_of(judged), self._sources()
        segments = self.last.index if self.last else ()
        known = curated_copies(
            self.spark, self.s3, curated=config.curated, segments=segments, readings=readings, reading_rows=valid
        )
        dropped = duplicates(readings, known).persist(StorageLevel.MEMORY_AND_DISK)
        drops = dropped.groupBy(F.shiftright("row", _LINE_BITS).alias("object")).count().collect()
        files = _file_count(valid, self.spark.sparkContext.defaultParallelism)
        write_by_date(by_device(transform(readings, dropped, sources), files), staged.folder("curated"), files)
        self.log.reached("staged curated")
        if valid < sum(item.lines for item in counted):
            write_by_date(quarantine(judged, sources, self.turn.run_id), staged.folder("quarantine"), 1)
        self.log.reached("staged quarantine")
        judged.unpersist()
        published = staged_files(
            self.s3, staged, {"curated": config.curated, "quarantine": config.quarantine}, self.turn.sequence
        )
        curated, quarantined, days = self._written(staged, published)
        accounts = balance(
            config.raw.bucket,
            self.objects,
            judged=counted,
            dropped={row["object"]: row["count"] for row in drops},
            curated=curated,
            quarantined=quarantined,
        )
        index = self._index(staged, segments, sum(days.values()))
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
            curated_by_day=days,
        )

    def _sources(self) -> DataFrame:
        rows = [
            (number, f"s3://{self.config.raw.bucket}/{item.key}", datetime.fromisoformat(item.last_modified))
            for number, item in enumerate(self.objects)
        ]
        return self.spark.createDataFrame(rows, "object int, source_object string, ingest_time timestamp")

    def _written(
        self, staged: S3Location, files: Sequence[DataFile]
    ) -> tuple[dict[str, int], dict[tuple[str, str], int], dict[str, int]]:
        """Rows in the staged files: curated by source, quarantined by source and reason, curated by event date."""
        curated: dict[str, int] = {}
        quarantined: dict[tuple[str, str], int] = {}
        days: dict[str, int] = {}
        for row in self._counted_rows(staged, "curated", "source_object string, date string", files):
            curated[row["source_object"]] = curated.get(row["source_object"], 0) + row["count"]
            days[row["date"]] = days.get(row["date"], 0) + row["count"]
        for row in self._counted_rows(staged, "quarantine", "source_object string, reason string", files):
            quarantined[row["source_object"], row["reason"]] = row["count"]
        return curated, quarantined, dict(sorted(days.items()))

    def _counted_rows(self, staged: S3Location, table: str, row_schema: str, files: Sequence[DataFile]) -> list[Row]:
        folder = staged.folder(table).uri
        if not any(item.staged.startswith(folder) for item in files):
            return []
        rows = self.spark.read.schema(row_schema).parquet(folder)
        return rows.groupBy(*rows.columns).count().collect()

    def _index(self, staged: S3Location, segments: Sequence[IndexSegment], new_rows: int) -> list[IndexSegment]:
        """Write the turn's ids, and those of the segments that are merged into it; the index after the turn."""
        if not new_rows:
            return list(segments)
        merged = segments_to_merge(segments, new_rows)
        new = self.spark.read.schema("event_id string, date date").parquet(staged.folder("curated").uri)
        ids = new.select(id_hash().alias("hash"), F.col("date").alias("day"))
        rows = new_rows + sum(segment.rows for segment in merged)
        folder = self.log.index(self.turn)
        (
            ids.union(read_index(self.spark, merged))
            .coalesce(math.ceil(rows / INDEX_FILE_ROWS))
            .write.option("mapreduce.fileoutputcommitter.algorithm.version", "2")
            .parquet(folder.uri)
        )
        return [*(segment for segment in segments if segment not in merged), IndexSegment(folder.uri, rows)]


def _table_columns(columns: Sequence[schema.Column]) -> list[Column]:
    """Timestamps are stored without a zone, as Athena's are; the session's zone is UTC."""
    return [
        F.col(column.name).cast("timestamp_ntz" if column.type == "timestamp" else column.type).alias(column.name)
        for column in columns
    ]


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
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
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
