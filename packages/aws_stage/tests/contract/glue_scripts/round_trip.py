"""A job as on Glue: reads JSON lines from S3, writes Parquet partitions, and says what it was given."""

import json
import os
import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from greeting import hello
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "source", "target"])
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
job = Job(glue)
job.init(args["JOB_NAME"], args)
frame = spark.read.json(args["source"])
DynamicFrame.fromDF(frame, glue, "readings").toDF().write.mode("append").partitionBy("day").parquet(args["target"])
settings = {key: spark.conf.get(key) for key in ("spark.master", "spark.ui.enabled", "spark.sql.shuffle.partitions")}


def look(_number):
    """What a worker has: its Python, what it says, and the archives on its path."""
    archives = [entry.rpartition("/")[2] for entry in sys.path if entry.endswith((".jar", ".zip"))]
    return sys.executable, hello(), [name for name in archives if not name.startswith("python3")]


[worker] = spark.sparkContext.parallelize([1], 1).map(look).collect()
print(
    json.dumps(
        {
            "hello": hello(),
            "args": args,
            "conf": settings,
            "worker": worker,
            "endpoint": os.environ["AWS_ENDPOINT_URL"],
        }
    )
)
try:
    glue.create_dynamic_frame.from_catalog(database="d", table_name="t")
except NotImplementedError as error:
    print(error)
job.commit()
