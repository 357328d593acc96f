"""The same work three ways, each run in a process of its own: our job, Spark as it comes, DuckDB.

    python -m benchmarks.etl_contestants NAME '{"argument": …}'

Each reads raw objects, validates every line, keeps the first copy of each id, and writes curated Parquet by day and a
quarantine. Prints one line of JSON: what it counted, and the ``seconds`` of the work itself, its session's start
not included.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from aws_stage.engines.glue_jobs import spark as glue_spark
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.aws.s3_location import S3Location
from datastreamer.events.reading import TIMESTAMP_PATTERN
from datastreamer.telemetry.job.config import Config
from glue_jobs import temperature_etl


def session(scratch: Path) -> SparkSession:
    """Spark as the local stage starts it for a Glue job."""
    region = os.environ["AWS_DEFAULT_REGION"]
    (scratch / "awssdk_config_override.json").write_text(glue_spark.sdk_override(region))
    jars = glue_spark.find_jars(Path(".local/jars").resolve())
    settings = glue_spark.defaults(os.environ["AWS_ENDPOINT_URL"], "G.1X", 2, jars, scratch)
    settings["spark.driver.extraClassPath"] += os.pathsep + str(scratch)
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made


def ours(scratch: Path, raw: str, target: str) -> dict[str, Any]:
    """The job, from listing to publication."""
    spark = session(scratch)
    temperature_etl.configure(spark)
    place = S3Location.parse(target)
    config = Config(
        raw=S3Location.parse(raw),
        curated=place.folder("curated"),
        quarantine=place.folder("quarantine"),
        state=place.folder("state"),
        stage="local",
        run_id="benchmark",
    )
    begun = time.perf_counter()
    turns = temperature_etl.run(spark, config, boto3.client("s3"), lambda: datetime.now(UTC))
    seconds = time.perf_counter() - begun
    return {
        "seconds": seconds,
        "lines": sum(turn.lines for turn in turns),
        "curated": sum(turn.curated for turn in turns),
        "quarantined": sum(sum(turn.quarantined.values()) for turn in turns),
    }


def spark_defaults(scratch: Path, raw: str, target: str) -> dict[str, Any]:
    """As a tutorial does it: text, ``from_json``, conditions, ``row_number``, two writes; Spark's own settings."""
    spark = session(scratch)
    begun = time.perf_counter()
    columns = "event_id string, device_id string, timestamp string, temperature double, humidity double, battery double"
    lines = (
        spark.read.option("recursiveFileLookup", "true")
        .text(raw)
        .withColumn("source_object", F.input_file_name())
        .withColumn("reading", F.from_json("value", f"{columns}, site string, firmware string"))
    )
    flat = lines.select("value", "source_object", "reading.*").withColumn("event_time", F.to_timestamp("timestamp"))
    valid = F.coalesce(_valid(), F.lit(False))
    first = Window.partitionBy("event_id").orderBy("source_object")
    curated = flat.where(valid).withColumn("copy", F.row_number().over(first)).where("copy = 1")
    _write(curated.drop("value", "copy", "timestamp"), "event_time", f"{target}curated/")
    _write(flat.where(~valid).select("value", "source_object", F.current_timestamp().alias("t")), "t", f"{target}bad/")
    answer = {
        "curated": spark.read.parquet(f"{target}curated/").count(),
        "quarantined": spark.read.parquet(f"{target}bad/").count(),
    }
    return {"seconds": time.perf_counter() - begun, **answer}


def _valid() -> Any:
    return (
        F.length(F.trim("event_id")).between(1, 128)
        & F.length(F.trim("device_id")).between(1, 128)
        & F.col("timestamp").rlike(TIMESTAMP_PATTERN)
        & F.col("event_time").isNotNull()
        & F.col("event_time").between(F.lit("2000-01-01").cast("timestamp"), F.current_timestamp())
        & F.col("temperature").between(-100, 200)
        & F.coalesce(F.col("humidity").between(0, 100), F.lit(True))
        & F.coalesce(F.col("battery").between(0, 100), F.lit(True))
    )


def _write(rows: DataFrame, moment: str, folder: str) -> None:
    parts = {"year": "yyyy", "month": "MM", "day": "dd"}
    dated = rows.withColumns({name: F.date_format(moment, pattern) for name, pattern in parts.items()})
    dated.write.option("compression", "zstd").partitionBy(*parts).parquet(folder)


def duckdb(scratch: Path, files: str) -> dict[str, Any]:
    """DuckDB on local files: there is no S3 to talk to."""
    import duckdb as engine

    (scratch / "raw").symlink_to(files)
    statements = Path(__file__).with_name("etl_duckdb.sql").read_text()
    os.chdir(scratch)
    begun = time.perf_counter()
    base = engine.connect("work.duckdb")
    base.execute("SET VARIABLE timestamp_pattern = ?", [TIMESTAMP_PATTERN])
    counted = base.execute(statements).fetchone()
    assert counted is not None
    return {"seconds": time.perf_counter() - begun, "curated": counted[0], "quarantined": counted[1]}


CONTESTANTS: dict[str, Callable[..., dict[str, Any]]] = {"ours": ours, "spark": spark_defaults, "duckdb": duckdb}


def main() -> None:
    """Run the contestant that the command line names."""
    with tempfile.TemporaryDirectory(prefix="datastreamer-etl-") as scratch:
        print(json.dumps(CONTESTANTS[sys.argv[1]](Path(scratch), **json.loads(sys.argv[2]))), flush=True)


if __name__ == "__main__":
    main()
