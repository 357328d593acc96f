"""Readings under a used event id, put aside whole: their lines are read once more, for nobody has kept them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812  the name that Spark's own documentation uses

from datastreamer.events.reading import CONFLICTING_EVENT_ID
from datastreamer.telemetry.job.raw_reader import LINE_BITS, line_text
from datastreamer.telemetry.job.worker_client import s3_of_worker
from datastreamer.telemetry.manifest import RawObject
from datastreamer.telemetry.raw_lines import RawLines

_CHUNK_BYTES = 256 * 1024


def conflicting_lines(
    spark: SparkSession, bucket: str, objects: Sequence[RawObject], rows: DataFrame, columns: str
) -> DataFrame:
    """The lines of ``rows`` (``row``, see raw_reader) as the quarantine has them: ``columns`` are its names and types,
    but for the run.

    Reads each object that has such a line. Raises botocore's ClientError when one was replaced since it was listed.
    """
    number, line = F.shiftright("row", LINE_BITS), F.col("row").bitwiseAND((1 << LINE_BITS) - 1)
    by_object = rows.select(number.alias("object"), line.alias("line")).groupBy("object").agg(F.collect_list("line"))
    names = [column.split()[0] for column in columns.split(", ")]

    def read(row: Any) -> Iterator[tuple[Any, ...]]:
        for found in _lines(bucket, objects[row[0]], set(row[1])):
            yield tuple(found[name] for name in names)

    return spark.createDataFrame(by_object.rdd.flatMap(read), columns)


def _lines(bucket: str, found: RawObject, wanted: set[int]) -> Iterator[dict[str, Any]]:
    arrived = datetime.fromisoformat(found.last_modified).astimezone(UTC).replace(tzinfo=None)
    body = s3_of_worker().get_object(Bucket=bucket, Key=found.key, IfMatch=found.etag)["Body"]
    before = 0
    for lines in RawLines(body.iter_chunks(_CHUNK_BYTES)):
        for number, line in enumerate(lines, start=before + 1):
            if number in wanted:
                yield {
                    "reason": CONFLICTING_EVENT_ID,
                    **line_text(line),
                    "source_object": f"s3://{bucket}/{found.key}",
                    "line_number": number,
                    "ingest_time": arrived,
                }
        before += len(lines)
