"""A Glue job runs real Spark on the stage's S3."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from aws_stage.engines.glue_jobs import spark
from aws_stage.kernel.settings import Settings
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


@pytest.mark.spark
def test_spark_starts_with_the_classes_that_set_up_kept(tmp_path: Path) -> None:
    jars = spark.find_jars(Settings.from_env(os.environ).jars_dir)
    settings = spark.defaults("http://127.0.0.1:9", "G.025X", 2, jars, tmp_path)
    loaded = tmp_path / "loaded"
    settings["spark.driver.extraJavaOptions"] += f" -Xlog:class+load:file={loaded}"
    environment = {**os.environ, **spark.environment(tmp_path / "conf", settings, REGION)}
    script = "from pyspark.sql import SparkSession; print(SparkSession.builder.getOrCreate().range(3).count())"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3"]
    [line] = [line for line in loaded.read_text().splitlines() if " org.apache.spark.SparkContext source: " in line]
    assert line.endswith("source: shared objects file (top)")


def test_an_archive_is_named_only_where_one_was_made(tmp_path: Path) -> None:
    jars = [tmp_path / "hadoop-aws.jar"]
    assert "SharedArchiveFile" not in " ".join(spark.defaults("http://s", "G.1X", 2, jars, tmp_path).values())
    (tmp_path / spark.CLASS_ARCHIVE).touch()
    assert (
        f"-XX:SharedArchiveFile={tmp_path}/spark.jsa "
        in (spark.defaults("http://s", "G.1X", 2, jars, tmp_path)["spark.driver.extraJavaOptions"])
    )


def test_where_no_archive_can_be_made_the_set_up_says_so_and_goes_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aws_stage.engines.glue_jobs.class_archive"],
        env={**os.environ, "AWS_STAGE_JARS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Spark will start more slowly than it could. the jar hadoop-aws is not in" in done.stderr
