"""Bronze rows as Spark reads them: whatever the file's format and year, with TLC's names."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses
from pyspark.sql.types import StringType, StructField, StructType

from datastreamer.aws.s3_location import bucket_and_key
from datastreamer.errors import ConfigurationError
from datastreamer.taxi.bronze import CSV, PARQUET, BronzeObject
from datastreamer.taxi.month import Month
from datastreamer.taxi.tlc_columns import missing_columns

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UNREADABLE: Final = "unreadable_line"
"""Column of a CSV file's rows: the line, where it has not as many columns as the header; else null."""
_HEADER_BYTES: Final = 65_536


def read_rows(spark: SparkSession, s3: S3Client, found: BronzeObject, month: Month) -> DataFrame:
    """The rows of a bronze object with its own columns; ``UNREADABLE`` beside them.

    Raises ConfigurationError for an object that is neither Parquet nor CSV, lacks columns that its month must have, or
    has one twice.
    """
    if found.suffix == PARQUET:
        rows = spark.read.parquet(found.uri).withColumn(UNREADABLE, F.lit(None).cast("string"))
        _check(found, rows.columns[:-1], month)
        return rows
    header = _header(s3, found)
    _check(found, header, month)
    schema = StructType([StructField(name, StringType()) for name in [*header, UNREADABLE]])
    return (
        spark.read.schema(schema)
        .option("header", "true")
        .option("mode", "PERMISSIVE")
        .option("columnNameOfCorruptRecord", UNREADABLE)
        .csv(found.uri)
    )


def count_rows(spark: SparkSession, found: BronzeObject) -> int:
    """How many rows an object has, without reading them as trips: by Parquet's footers, or by lines that are not blank
    but for the header."""
    if found.suffix == PARQUET:
        return spark.read.parquet(found.uri).count()
    return max(spark.read.text(found.uri).where(F.trim("value") != "").count() - 1, 0)


def _header(s3: S3Client, found: BronzeObject) -> list[str]:
    if found.suffix != CSV:
        raise ConfigurationError(f"{found.uri} is neither Parquet nor CSV by its name; TLC publishes nothing else")
    bucket, key = bucket_and_key(found.uri)
    if not found.size:
        raise ConfigurationError(f"{found.uri} is empty: not even a header")
    body = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{_HEADER_BYTES - 1}")["Body"].read()
    first = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").split("\n", 1)[0].rstrip("\r")
    return [name.strip() for name in next(csv.reader([first]), [])]


def _check(found: BronzeObject, names: list[str], month: Month) -> None:
    lowered = [name.lower() for name in names]
    twice = sorted({name for name in lowered if lowered.count(name) > 1})
    if twice:
        raise ConfigurationError(f"{found.uri} has more than one column {', '.join(twice)}")
    missing = missing_columns(names, month)
    if missing:
        raise ConfigurationError(f"{found.uri} is not a file of yellow taxis of {month}: it lacks {', '.join(missing)}")
