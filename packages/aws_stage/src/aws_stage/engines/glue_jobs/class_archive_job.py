"""The job whose classes are kept: it reads, shuffles and writes as jobs do, and meets S3 without an answer."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark import SparkContext
from pyspark.sql import SparkSession, Window, functions


def main(folder: Path) -> None:
    """Work in ``folder``, then end Spark and wait for Java, which writes its archive as it ends."""
    spark = SparkSession.builder.getOrCreate()
    lines = [f'{{"name": "{number % 7}", "at": "2025-01-01T00:00:00Z", "value": {number}.5}}' for number in range(100)]
    (folder / "lines.json").write_text("\n".join(lines), encoding="utf-8")
    newest = functions.row_number().over(Window.partitionBy("name").orderBy(functions.desc("value")))
    spark.read.text(str(folder / "lines.json")).rdd.map(len).collect()
    read = spark.read.schema("name string, at timestamp, value double, other string").json(str(folder / "lines.json"))
    rows = read.withColumn("place", newest).filter("place < 9").repartition("name")
    rows.write.partitionBy("name").parquet(str(folder / "table"))
    counts = spark.read.parquet(str(folder / "table")).groupBy("name").agg(functions.avg("value"), functions.max("at"))
    counts.join(rows, "name", "left").orderBy("name").collect()
    with contextlib.suppress(Py4JJavaError):  # nobody listens there
        spark.read.text("s3://nobody/lines.json").count()
    gateway: Any = SparkContext._gateway
    spark.stop()
    # Spark leaves Java to end by itself, some time after Python.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
