"""Raw readings to the curated table: config -> read -> transform -> write, each run exactly once.

``main`` is the thin shell that Glue starts. ``run`` takes turns (datastreamer/telemetry/run_log.py), reads the raw
objects that no committed run has read, and writes what becomes of each of their lines.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.telemetry.manifest import COMMITTED, DataFile, Manifest, ObjectCounts, RawObject
from datastreamer.telemetry.new_objects import find_new, watermark_after
from datastreamer.telemetry.raw_reader import judged_object, pack
from datastreamer.telemetry.run_log import LEASE, RunLog, Turn
from datastreamer.telemetry.s3_location import S3Location
from datastreamer.telemetry.schema import CURATED_COLUMNS, QUARANTINE_COLUMNS, partition_path

METRICS_NAMESPACE = "Datastreamer/Telemetry"
FILE_ROWS = 1_000_000
"""Readings a curated file holds when a run has many."""
JUDGED_SCHEMA = (
    "event_id string, device_id string, event_time timestamp, temperature double, humidity double, battery double, "
    "site string, firmware string, extra string, reason string, line binary, line_number bigint, "
    "object int, fault string"
)
"""``object`` numbers the run's objects by arrival. Line number 0 stands for the object itself and has its ``fault``."""


@dataclass(frozen=True)
class Config:
    """The job's arguments. ``lookback_hours``: see new_objects; ``full_listing``: ``daily``, ``always``, ``never``."""

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

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, str]) -> Config:
        """From Glue's resolved options."""
        return cls(
            raw=S3Location.parse(arguments["raw_path"]),
            curated=S3Location.parse(arguments["curated_path"]),
            quarantine=S3Location.parse(arguments["quarantine_path"]),
            state=S3Location.parse(arguments["state_path"]),
            stage=arguments["stage"],
            run_id=arguments["JOB_RUN_ID"],
        )


def read(spark: SparkSession, raw: S3Location, objects: Sequence[RawObject]) -> DataFrame:
    """Every line of ``objects``, judged: schema ``JUDGED_SCHEMA``."""
    tasks = pack(objects)
    bucket = raw.bucket

    def judge(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            for task in batch.column(0).to_pylist():
                for number in tasks[task]:
                    yield from judged_object(bucket, objects[number], number)

    return spark.range(0, len(tasks), 1, len(tasks)).mapInArrow(judge, JUDGED_SCHEMA)


def duplicates(readings: DataFrame, curated_ids: DataFrame) -> DataFrame:
    """Readings (``object``, ``line_number``) of which an earlier copy exists: in ``curated_ids`` or in ``readings``."""
    order = Window.partitionBy("event_id").orderBy("object", "line_number")
    known = curated_ids.select("event_id", F.lit(True).alias("known")).distinct()
    return (
        readings.select("event_id", "object", "line_number", F.row_number().over(order).alias("copy"))
        .join(known, "event_id", "left")
        .where("copy > 1 or known")
        .select("object", "line_number")
    )


def transform(judged: DataFrame, dropped: DataFrame, objects: DataFrame) -> DataFrame:
    """Curated rows and their event ``date``: valid readings but those ``dropped``, with where they came from."""
    return (
        judged.where("line_number > 0 and reason is null")
        .join(F.broadcast(dropped), ["object", "line_number"], "left_anti")
        .join(F.broadcast(objects), "object")
        .select(*(column.name for column in CURATED_COLUMNS), F.to_date("event_time").alias("date"))
    )


def quarantine(judged: DataFrame, objects: DataFrame, run_id: str) -> DataFrame:
    """Quarantine rows and their ingest ``date``."""
    text = F.decode("line", "UTF-8")
    is_text = F.encode(text, "UTF-8") == F.col("line")
    return (
        judged.where("reason is not null")
        .join(F.broadcast(objects), "object")
        .withColumn("line_base64", F.when(~is_text, F.base64("line")))
        .withColumn("line", F.when(is_text, text))
        .withColumn("run_id", F.lit(run_id))
        .select(*(column.name for column in QUARANTINE_COLUMNS), F.to_date("ingest_time").alias("date"))
    )


def stage_files(rows: DataFrame, folder: S3Location, files: int) -> None:
    """Write ``rows`` as zstd Parquet below ``folder``, a folder a date."""
    (
        rows.coalesce(files)
        .write.option("compression", "zstd")
        .option("parquet.enable.dictionary#event_id", "false")
        .option("mapreduce.fileoutputcommitter.algorithm.version", "2")
        .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
        .partitionBy("date")
        .parquet(folder.uri)
    )


def run(
    spark: SparkSession,
    config: Config,
    s3: Any,
    now: Callable[[], datetime],
    reached: Callable[[str], None] = lambda _step: None,
) -> Manifest | None:
    """Read what is new and commit it; None when there is nothing new."""
    log = RunLog(s3, config.state, lease=config.lease, reached=reached)
    while True:
        newest, last = log.settle(config.patience, now)
        full = _full_listing_due(config, last, now())
        objects = find_new(s3, config.raw, config.state, last, config.lookback_hours, full=full)
        if not objects:
            return None
        turn = log.take(newest, last, config.run_id, now())
        if turn is None:
            continue
        try:
            with log.alive(turn):
                manifest = _work(
                    spark,
                    config,
                    s3=s3,
                    log=log,
                    turn=turn,
                    last=last,
                    objects=objects,
                    full=full,
                    now=now,
                    reached=reached,
                )
                log.commit(manifest)
        except Exception:
            log.abandon(turn, now())
            raise
        log.publish(manifest)
        return manifest


def _work(
    spark: SparkSession,
    config: Config,
    *,
    s3: Any,
    log: RunLog,
    turn: Turn,
    last: Manifest | None,
    objects: Sequence[RawObject],
    full: bool,
    now: Callable[[], datetime],
    reached: Callable[[str], None],
) -> Manifest:
    staged = log.staged(turn)
    judged = read(spark, config.raw, objects).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        counts = (
            judged.groupBy("object", "reason", "fault")
            .agg(F.count(F.when(F.col("line_number") > 0, 1)).alias("lines"))
            .collect()
        )
        reached("judged")
        readings = judged.where("line_number > 0 and reason is null").select("event_id", "object", "line_number")
        curated_ids = _curated_ids(spark, config, last)
        dropped = duplicates(readings, curated_ids).persist(StorageLevel.MEMORY_AND_DISK)
        dropped_by_object = {row["object"]: row["count"] for row in dropped.groupBy("object").count().collect()}
        sources = _sources(spark, config.raw, objects)
        valid = sum(row["lines"] for row in counts if row["reason"] is None)
        stage_files(transform(judged, dropped, sources), staged.folder("curated"), math.ceil(valid / FILE_ROWS) or 1)
        reached("staged curated")
        stage_files(quarantine(judged, sources, config.run_id), staged.folder("quarantine"), 1)
        reached("staged quarantine")
    finally:
        judged.unpersist()
    curated_by_object: dict[str, int] = {}
    by_day: dict[str, int] = {}
    files = _staged_files(s3, config, staged, turn)
    if any("/curated/" in item.staged for item in files):
        written = spark.read.parquet(staged.folder("curated").uri)
        for row in written.groupBy("source_object", "date").count().collect():
            curated_by_object[row["source_object"]] = curated_by_object.get(row["source_object"], 0) + row["count"]
            by_day[str(row["date"])] = by_day.get(str(row["date"]), 0) + row["count"]
    outcome = []
    for number, item in enumerate(objects):
        mine = [row for row in counts if row["object"] == number]
        outcome.append(
            ObjectCounts(
                source_object=f"s3://{config.raw.bucket}/{item.key}",
                etag=item.etag,
                size=item.size,
                last_modified=item.last_modified,
                lines=sum(row["lines"] for row in mine),
                curated=curated_by_object.get(f"s3://{config.raw.bucket}/{item.key}", 0),
                duplicates=dropped_by_object.get(number, 0),
                quarantined={row["reason"]: row["lines"] for row in mine if row["reason"]},
                fault=next((row["fault"] for row in mine if row["fault"]), None),
            )
        )
    return Manifest(
        sequence=turn.sequence,
        run_id=turn.run_id,
        outcome=COMMITTED,
        parent=turn.parent,
        started_at=turn.started_at,
        ended_at=now().isoformat(),
        watermark=watermark_after(config.raw, last, objects),
        full_listing_at=now().isoformat() if full else last.full_listing_at if last else "",
        objects=outcome,
        files=files,
        curated_by_day=by_day,
    )


def _curated_ids(spark: SparkSession, config: Config, last: Manifest | None) -> DataFrame:
    if last is None:
        return spark.createDataFrame([], "event_id string")
    return spark.read.parquet(config.curated.uri).select("event_id")


def _sources(spark: SparkSession, raw: S3Location, objects: Sequence[RawObject]) -> DataFrame:
    rows = [
        (number, f"s3://{raw.bucket}/{item.key}", datetime.fromisoformat(item.last_modified))
        for number, item in enumerate(objects)
    ]
    return spark.createDataFrame(rows, "object int, source_object string, ingest_time timestamp")


def _staged_files(s3: Any, config: Config, staged: S3Location, turn: Turn) -> list[DataFile]:
    files = []
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=staged.bucket, Prefix=staged.prefix)
    for page in pages:
        for item in page.get("Contents", []):
            table, _, rest = item["Key"].removeprefix(staged.prefix).partition("/")
            date, _, name = rest.partition("/")
            if not name.endswith(".parquet") or not date.startswith("date="):
                continue
            target = config.curated if table == "curated" else config.quarantine
            folder = partition_path(date.removeprefix("date="))
            files.append(
                DataFile(
                    staged=f"s3://{staged.bucket}/{item['Key']}",
                    published=f"{target.uri}{folder}{turn.sequence:012d}-{name.split('-')[1]}.zstd.parquet",
                    rows=0,
                    size=item["Size"],
                )
            )
    return files


def _full_listing_due(config: Config, last: Manifest | None, now: datetime) -> bool:
    if config.full_listing != "daily" or last is None or not last.full_listing_at:
        return config.full_listing != "never"
    return now - datetime.fromisoformat(last.full_listing_at) >= timedelta(days=1)


def summary(config: Config, manifest: Manifest | None) -> dict[str, Any]:
    """The run in one line of the log."""
    line: dict[str, Any] = {"event": "temperature_etl", "stage": config.stage, "run_id": config.run_id}
    if manifest is None:
        return {**line, "objects": 0, "lines": 0, "curated": 0, "duplicates": 0, "quarantined": {}}
    return {
        **line,
        "sequence": manifest.sequence,
        "objects": len(manifest.objects),
        "bytes": sum(item.size for item in manifest.objects),
        "lines": manifest.lines,
        "curated": manifest.curated,
        "duplicates": manifest.duplicates,
        "quarantined": dict(manifest.quarantined),
        "corrupt_objects": {item.source_object: item.fault for item in manifest.objects if item.fault},
    }


def metrics(config: Config, manifest: Manifest | None) -> list[dict[str, Any]]:
    """CloudWatch metric data of the run."""
    stage = {"Name": "Stage", "Value": config.stage}
    quarantined = manifest.quarantined if manifest else {}
    totals = {
        "RecordsRead": manifest.lines if manifest else 0,
        "RecordsCurated": manifest.curated if manifest else 0,
        "RecordsQuarantined": sum(quarantined.values()),
        "DuplicatesDropped": manifest.duplicates if manifest else 0,
        "ObjectsRead": len(manifest.objects) if manifest else 0,
        "CorruptObjects": sum(1 for item in manifest.objects if item.fault) if manifest else 0,
    }
    data = [
        {"MetricName": name, "Dimensions": [stage], "Value": value, "Unit": "Count"} for name, value in totals.items()
    ]
    for reason, lines in quarantined.items():
        dimensions = [stage, {"Name": "Reason", "Value": reason}]
        data.append({"MetricName": "RecordsQuarantined", "Dimensions": dimensions, "Value": lines, "Unit": "Count"})
    return data


def configure(spark: SparkSession) -> None:
    """Settings that the job's speed and results rest on."""
    for name, value in {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.sql.maxConcurrentOutputFileWriters": "64",
    }.items():
        spark.conf.set(name, value)


def main(argv: Sequence[str]) -> None:
    """Started by Glue."""
    from awsglue.context import GlueContext
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    names = ["JOB_NAME", "raw_path", "curated_path", "quarantine_path", "state_path", "stage"]
    arguments = getResolvedOptions(list(argv), names)
    context = GlueContext(SparkContext.getOrCreate())
    job = Job(context)
    job.init(arguments["JOB_NAME"], arguments)
    config = Config.from_arguments(arguments)
    configure(context.spark_session)
    manifest = run(context.spark_session, config, boto3.client("s3"), lambda: datetime.now(UTC))
    print(json.dumps(summary(config, manifest)), flush=True)
    data = metrics(config, manifest)
    boto3.client("cloudwatch").put_metric_data(Namespace=METRICS_NAMESPACE, MetricData=data)
    job.commit()


if __name__ == "__main__":
    main(sys.argv)
