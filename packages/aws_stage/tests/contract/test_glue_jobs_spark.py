"""A Glue job runs real Spark on the stage's S3."""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from aws_stage.testing import REGION, RunningStage

SCRIPTS = Path(__file__).parent / "glue_scripts"
BUCKET = "glue-jobs-spark"


def wait_for_end(glue: Any, job: str, run_id: str) -> dict[str, Any]:
    while True:
        run: dict[str, Any] = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        if run["JobRunState"] in {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"}:
            return run
        time.sleep(0.1)


@pytest.mark.spark
@pytest.mark.stage
def test_a_spark_job_reads_and_writes_s3(stage: RunningStage) -> None:
    s3, glue = stage.client("s3"), stage.client("glue")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.upload_file(str(SCRIPTS / "round_trip.py"), BUCKET, "glue/round_trip.py")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("greeting/__init__.py", "def hello() -> str:\n    return 'from the zip'\n")
    s3.put_object(Bucket=BUCKET, Key="glue/greeting.zip", Body=package.getvalue())
    lines = [json.dumps({"device": f"d{n}", "day": f"{n % 2 + 1:02}"}) for n in range(10)]
    s3.put_object(Bucket=BUCKET, Key="raw/one.json", Body="\n".join(lines).encode())
    glue.create_job(
        Name="round-trip",
        Role="arn:aws:iam::000000000000:role/glue",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/glue/round_trip.py", "PythonVersion": "3"},
        GlueVersion="5.1",
        WorkerType="G.1X",
        NumberOfWorkers=2,
        DefaultArguments={
            "--source": f"s3://{BUCKET}/nowhere/",
            "--target": f"s3://{BUCKET}/curated/",
            "--extra-py-files": f"s3://{BUCKET}/glue/greeting.zip",
            "--conf": "spark.sql.shuffle.partitions=3 --conf spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1",
        },
    )
    run_id = glue.start_job_run(JobName="round-trip", Arguments={"--source": f"s3://{BUCKET}/raw/"})["JobRunId"]
    run = wait_for_end(glue, "round-trip", run_id)
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")

    written = s3.list_objects_v2(Bucket=BUCKET, Prefix="curated/")["Contents"]
    files = [item["Key"] for item in written if item["Key"].endswith(".parquet")]
    assert {key.split("/")[1] for key in files} == {"day=01", "day=02"}
    rows = 0
    for key in files:
        rows += pyarrow.parquet.read_table(io.BytesIO(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())).num_rows
    assert rows == 10

    events = stage.client("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run_id)["events"]
    said = json.loads(events[-2]["message"])
    assert "the local stage has no GlueContext.create_dynamic_frame" in events[-1]["message"]
    assert said["hello"] == "from the zip"
    assert said["args"]["JOB_NAME"] == "round-trip"
    assert said["args"]["JOB_RUN_ID"] == run_id
    assert said["conf"]["spark.sql.shuffle.partitions"] == "3"
    assert said["conf"]["spark.ui.enabled"] == "false"
    # Without Spark's own archives, which are slow to search.
    assert said["worker"] == [sys.executable, "from the zip", ["greeting.zip"]]
    assert said["endpoint"] == stage.endpoint_url
