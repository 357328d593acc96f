"""Queries over projected Parquet through StartQueryExecution and GetQueryResults."""

from __future__ import annotations

import io
import time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import REGION, RunningStage

BUCKET = "athena-first"


def parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer, compression="zstd")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def telemetry(stage: RunningStage) -> RunningStage:
    s3, glue = stage.client("s3"), stage.client("glue")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for day, temperature in ((15, 20.0), (16, 99.0)):
        rows = [{"device_id": f"d{i % 2}", "temperature": temperature + i % 2} for i in range(10)]
        s3.put_object(Bucket=BUCKET, Key=f"t/year=2025/month=10/day={day}/a.parquet", Body=parquet(rows))
    glue.create_database(DatabaseInput={"Name": "first"})
    keys = {"year": "2000,2050", "month": "1,12", "day": "1,31"}
    properties = {"projection.enabled": "true", "EXTERNAL": "TRUE"}
    for key, values in keys.items():
        properties |= {f"projection.{key}.type": "integer", f"projection.{key}.range": values}
        if key != "year":
            properties[f"projection.{key}.digits"] = "2"
    glue.create_table(
        DatabaseName="first",
        TableInput={
            "Name": "t",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": properties,
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
            "StorageDescriptor": {
                "Columns": [{"Name": "device_id", "Type": "string"}, {"Name": "temperature", "Type": "double"}],
                "Location": f"s3://{BUCKET}/t/",
                "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
            },
        },
    )
    return stage


def test_average_temperature_per_device(telemetry: RunningStage) -> None:
    athena = telemetry.client("athena")
    query = """SELECT device_id, AVG(temperature) AS avg_temp FROM t
        WHERE year='2025' AND month='10' AND day='15' GROUP BY device_id ORDER BY avg_temp DESC"""
    started = athena.start_query_execution(
        QueryString=query,
        QueryExecutionContext={"Database": "first"},
        ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
    )["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.02)
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    rows = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
    assert [[datum["VarCharValue"] for datum in row["Data"]] for row in rows] == [
        ["device_id", "avg_temp"],
        ["d1", "21.0"],
        ["d0", "20.0"],
    ]
