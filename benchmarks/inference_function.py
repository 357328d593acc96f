"""Scoring throughput: our function against one that makes one endpoint call and one put a record, side by side.

    .venv/bin/python -m benchmarks.inference_function [--records 10000] [--naive 400] [--batch 500] [--rounds 5]
        [--json]

Starts its own stage on a free port with one endpoint (XGBoost), one table for each function and a stream. Both are real
functions behind real event source mappings of the same stream, with the same batch size; the clock runs from enabling a
mapping until the table has every item. Rounds alternate between the two, and the ratio is the median of the rounds'
ratios, since the machine may be busy. The naive function gets fewer of the same records, from a stream of its own.
"""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.side_by_side import function_package, in_turn
from benchmarks.writer import REGION, local_stage
from datastreamer.provisioning.packages.lambda_package import build_lambda_package

REPOSITORY = Path(__file__).resolve().parent.parent
ROLE = "arn:aws:iam::000000000000:role/benchmark"
IMAGE = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5"
BUCKET = "inference-benchmark"
ENDPOINT = "inference-benchmark"

NAIVE = """
import base64, json, os
from decimal import Decimal

import boto3

runtime = boto3.client("sagemaker-runtime")
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, context):
    for record in event["Records"]:
        document = json.loads(base64.b64decode(record["kinesis"]["data"]), parse_float=Decimal)
        answer = runtime.invoke_endpoint(
            EndpointName=os.environ["ENDPOINT_NAME"],
            ContentType="text/csv",
            Body=",".join(map(str, document["data"])),
        )
        table.put_item(
            Item={
                "pk": document["id"],
                "sk": record["eventID"],
                "input": document,
                "prediction": {"score": Decimal(answer["Body"].read().decode().strip())},
            }
        )
"""


def model_archive() -> bytes:
    """A model.tar.gz with a booster of 100 trees over three features."""
    import xgboost

    chance = np.random.default_rng(7)
    rows = chance.normal(size=(2_000, 3))
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 5}, xgboost.DMatrix(rows, rows.sum(axis=1) > 0), 100
    )
    content = bytes(booster.save_raw("ubj"))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("xgboost-model")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def create_endpoint() -> None:
    """The endpoint that both functions call, InService."""
    region: Any = REGION
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    boto3.client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=model_archive())
    sagemaker: Any = boto3.client("sagemaker")
    sagemaker.create_model(
        ModelName=ENDPOINT,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"},
        ExecutionRoleArn=ROLE,
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=ENDPOINT,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": ENDPOINT,
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT, WaiterConfig={"Delay": 1})


def create_function(name: str, package: bytes) -> None:
    """A function and its table, warm."""
    boto3.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    )
    functions: Any = boto3.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="handler.handler",
        Role=ROLE,
        Code={"ZipFile": package},
        Timeout=600,
        Environment={
            "Variables": {
                "ENDPOINT_NAME": ENDPOINT,
                "TABLE_NAME": name,
                "DLQ_BUCKET": BUCKET,
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Inference",
            }
        },
    )
    functions.invoke(FunctionName=name, Payload=b'{"Records": []}')


def fill(stream: str, records: int) -> None:
    """A stream of one shard with ``records`` readings, each of a device of its own."""
    kinesis: Any = boto3.client("kinesis")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    chance = np.random.default_rng(11)
    left = [
        {
            "Data": json.dumps(
                {"id": f"sensor-{number:06d}", "data": chance.normal(size=3).round(4).tolist()}
            ).encode(),
            "PartitionKey": f"sensor-{number:06d}",
        }
        for number in range(records)
    ]
    while left:
        some, left = left[:500], left[500:]
        answer = kinesis.put_records(StreamName=stream, Records=some)
        refused = [record for record, entry in zip(some, answer["Records"], strict=True) if "ErrorCode" in entry]
        left = refused + left
        if refused:
            time.sleep(0.2)


def empty(table: str) -> None:
    """Delete every item."""
    resource: Any = boto3.resource("dynamodb").Table(table)
    with resource.batch_writer() as batch:
        for page in boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                batch.delete_item(Key={"pk": item["pk"]["S"], "sk": item["sk"]["S"]})


def has_item(table: str, identifier: str) -> bool:
    """Whether the table has an item of the record with that id."""
    answer: Any = boto3.client("dynamodb").query(
        TableName=table,
        KeyConditionExpression="pk = :id",
        ExpressionAttributeValues={":id": {"S": identifier}},
        Limit=1,
    )
    return bool(answer["Items"])


def count(table: str) -> int:
    """How many items the table has."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table, Select="COUNT")
    return sum(page["Count"] for page in pages)


def records_per_second(name: str, stream: str, records: int, batch: int) -> float:
    """Enable a new mapping of everything in ``stream`` to the function ``name``, and wait for its items."""
    empty(name)
    functions: Any = boto3.client("lambda")
    arn = boto3.client("kinesis").describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    started = time.perf_counter()
    uuid = functions.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=batch,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )["UUID"]
    # One shard is read in order, so the last record's item is the last; looking often takes the stage's time.
    while not has_item(name, f"sensor-{records - 1:06d}"):
        time.sleep(0.1)
    elapsed = time.perf_counter() - started
    while count(name) < records:
        time.sleep(0.02)
    while functions.get_event_source_mapping(UUID=uuid)["State"] != "Enabled":
        time.sleep(0.02)
    functions.delete_event_source_mapping(UUID=uuid)
    return records / elapsed


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Both contestants in turn, ``rounds`` times; medians and the ratio of each round."""
    with local_stage(), tempfile.TemporaryDirectory(prefix="datastreamer-inference-") as folder:
        package = build_lambda_package(REPOSITORY / "lambdas" / "inference_score", REPOSITORY, Path(folder))
        create_endpoint()
        create_function("batches", package.read_bytes())
        create_function("one-by-one", function_package(NAIVE))
        fill("many", options.records)
        fill("few", options.naive)
        naive, ours, ratios = in_turn(
            options.rounds,
            lambda: records_per_second("one-by-one", "few", options.naive, options.batch),
            lambda: records_per_second("batches", "many", options.records, options.batch),
        )
    return {
        "one_by_one_records_per_s": naive,
        "batches_records_per_s": ours,
        **ratios,
        "batch": options.batch,
        "rounds": options.rounds,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000, help="records for our function (default: 10000)")
    parser.add_argument("--naive", type=int, default=400, help="records for the naive function (default: 400)")
    parser.add_argument("--batch", type=int, default=500, help="records a batch at most (default: 500)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures = run(options)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    table = Table("", "records/s", "ratio", "wanted")
    table.add_row("one call and one put a record", f"{figures['one_by_one_records_per_s']:,.0f}", "", "")
    table.add_row(
        "our function", f"{figures['batches_records_per_s']:,.0f}", f"{figures['ratio']:,.1f}x", "at least 20x"
    )
    Console().print(table)


if __name__ == "__main__":
    main()
