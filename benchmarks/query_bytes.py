"""What the average query reads: one day of 30 in the lake, two columns, against the raw objects and that day's files.

    .venv/bin/python -m benchmarks.query_bytes [--days 30] [--lines 100000] [--json]

Fills a lake day by day (several objects a day) and lets the job curate it, then runs the README's query in Athena on
the local stage. ``read`` is Athena's DataScannedInBytes, which the stage takes from what was really read, and beside
it the sizes of the column chunks that the query needs, from the files' own footers. Starts its own stage.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from datetime import timedelta
from typing import Any

import boto3
import pyarrow.parquet as pq

from benchmarks.etl_lake import BUCKET, DAY, day_of_objects, fill, make_bucket, measured
from benchmarks.writer import local_stage
from datastreamer.telemetry.schema import CURATED_COLUMNS, PARTITION_COLUMNS, partition_path

DATABASE = "benchmark"
COLUMNS = ("device_id", "temperature")


def run(days: int, lines: int) -> dict[str, Any]:
    """Bytes of the raw objects, of one day's files, and read by the query."""
    with local_stage():
        make_bucket()
        raw = [
            fill("raw/", day_of_objects(lines, 4, DAY + timedelta(days=number), seed=number)) for number in range(days)
        ]
        print(f"curating {days} days", file=sys.stderr)
        measured("ours", raw=f"s3://{BUCKET}/raw/", target=f"s3://{BUCKET}/")
        date = f"{DAY + timedelta(days=days // 2):%Y-%m-%d}"
        size, needed = _day(date)
        scanned = _athena(date)
    return {
        "raw_bytes": sum(raw),
        "raw_bytes_of_the_day": raw[days // 2],
        "curated_bytes_of_the_day": size,
        "column_chunk_bytes": needed,
        "data_scanned_bytes": scanned,
        "percent_of_all_raw": round(scanned / sum(raw) * 100, 3),
        "percent_of_the_days_raw": round(scanned / raw[days // 2] * 100, 2),
        "percent_of_the_days_curated": round(scanned / size * 100, 2),
    }


def _day(date: str) -> tuple[int, int]:
    """Bytes of the day's files, and of the chunks of ``COLUMNS`` in them."""
    s3 = boto3.client("s3")
    size = needed = 0
    for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"curated/{partition_path(date)}")["Contents"]:
        size += item["Size"]
        metadata = pq.read_metadata(io.BytesIO(s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()))
        for group in range(metadata.num_row_groups):
            chunks = (metadata.row_group(group).column(column) for column in range(metadata.num_columns))
            needed += sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema in COLUMNS)
    return size, needed


def _athena(date: str) -> int:
    """DataScannedInBytes of the average query for ``date``."""
    glue, athena = boto3.client("glue"), boto3.client("athena")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    storage: Any = {
        "Columns": [{"Name": column.name, "Type": column.type} for column in CURATED_COLUMNS],
        "Location": f"s3://{BUCKET}/curated/",
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    }
    projection = {"projection.enabled": "true", "EXTERNAL": "TRUE"}
    for column, (low, high, digits) in zip(PARTITION_COLUMNS, ((2000, 2050, 4), (1, 12, 2), (1, 31, 2)), strict=True):
        projection |= {
            f"projection.{column.name}.type": "integer",
            f"projection.{column.name}.range": f"{low},{high}",
            f"projection.{column.name}.digits": str(digits),
        }
    glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": "device_telemetry",
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": storage,
            "PartitionKeys": [{"Name": column.name, "Type": column.type} for column in PARTITION_COLUMNS],
            "Parameters": projection,
        },
    )
    execution = athena.start_query_execution(
        QueryString="SELECT device_id, AVG(temperature) AS avg_temp FROM device_telemetry "
        "WHERE year=? AND month=? AND day=? GROUP BY device_id ORDER BY avg_temp DESC",
        ExecutionParameters=[f"'{part}'" for part in date.split("-")],
        QueryExecutionContext={"Database": DATABASE},
        ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
    )["QueryExecutionId"]
    while True:
        found = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
        state = found["Status"]["State"]
        if state == "SUCCEEDED":
            scanned: int = found["Statistics"]["DataScannedInBytes"]
            return scanned
        if state in ("FAILED", "CANCELLED"):
            raise SystemExit(f"the query {state}: {found['Status'].get('StateChangeReason')}")
        time.sleep(0.1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(options.days, options.lines)
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name.replace('_', ' ')}: {value:,}")


if __name__ == "__main__":
    main()
