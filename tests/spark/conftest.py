"""One Spark session, set up as the local stage sets up a job's, for all tests of the job."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_stage.engines.glue_jobs import spark as glue_spark
from pyspark.sql import SparkSession

from glue_jobs.temperature_etl import configure
from tests.conftest import REGION, REPOSITORY, RunningStage
from tests.spark.lake import Lake

ENVIRONMENT = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")


@pytest.fixture(scope="session")
def job_environment(stage: RunningStage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a process needs to run the job on the stage."""
    spark = glue_spark.environment(tmp_path_factory.mktemp("spark") / "conf", {}, REGION)
    return {**stage.environment, **spark, "PYTHONPATH": str(REPOSITORY)}


@pytest.fixture(scope="session")
def spark_settings(stage: RunningStage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """``spark-defaults.conf`` as a job on the stage has it, with less memory."""
    scratch: Path = tmp_path_factory.mktemp("spark")
    jars = glue_spark.find_jars(Path(os.environ["AWS_STAGE_JARS"]))
    settings = glue_spark.defaults(stage.endpoint_url, "G.1X", 2, jars, scratch)
    settings["spark.driver.memory"] = "1g"
    # All tests together are over before Java's second compiler has paid for itself.
    settings["spark.driver.extraJavaOptions"] += " -XX:TieredStopAtLevel=1"
    return settings


@pytest.fixture(scope="session")
def spark(job_environment: dict[str, str], spark_settings: dict[str, str]) -> Iterator[SparkSession]:
    before = dict(os.environ)
    os.environ.update(job_environment)
    builder = SparkSession.builder
    for name, value in spark_settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    # Java has these from now on, and so have the workers that it starts; other tests of this process must not.
    os.environ.clear()
    os.environ.update(before)
    session.sparkContext.setLogLevel("ERROR")
    configure(session)
    session.conf.set("spark.sql.shuffle.partitions", "2")
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def in_the_jobs_environment(job_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in job_environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def new_lake(stage: RunningStage) -> Callable[[], Lake]:
    """Make an empty lake of one's own."""
    client: Any = stage.client("s3")
    client.create_bucket(Bucket=Lake.BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    numbers = itertools.count()
    return lambda: Lake(client, f"lake-{next(numbers)}/")


@pytest.fixture
def lake(new_lake: Callable[[], Lake]) -> Lake:
    return new_lake()
