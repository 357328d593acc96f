"""Scoring throughput of live trips: our function against one that makes one call and one put a trip, side by side.

    .venv/bin/python -m benchmarks.taxi_function [--trips 10000] [--naive 300] [--batch 500] [--rounds 5] [--json]

Starts its own stage on a free port with one endpoint (XGBoost, learned on simulated fares), a delivery stream for each
function and streams of simulated trips. Both are real functions behind real event source mappings, with the same batch
size; the clock runs from enabling a mapping until Firehose has delivered every prediction (at once, without buffering)
to S3, where they are counted. Rounds alternate between the two,
and the ratio is the median of the rounds' ratios, since the machine may be busy. The naive function gets fewer trips,
from a stream of its own; it asks for one score, as it knows no fingerprint.
"""

from __future__ import annotations

import argparse
import gzip
import io
import itertools
import json
import tarfile
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.side_by_side import function_package, in_turn
from benchmarks.writer import REGION, local_stage
from datastreamer.events.trip import Trip
from datastreamer.provisioning.packages.lambda_package import build_lambda_package
from datastreamer.sensor.taxi.record import device_of, lines_of
from datastreamer.sensor.taxi.trips import simulated
from datastreamer.taxi.model.fingerprint import PROBES
from datastreamer.taxi.model.thresholds import Thresholds
from datastreamer.taxi.training.features import feature_hash, values_of

REPOSITORY = Path(__file__).resolve().parent.parent
ROLE = "arn:aws:iam::000000000000:role/benchmark"
IMAGE = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5"
BUCKET = "taxi-benchmark"
TABLE = "taxi-thresholds"
ENDPOINT = "taxi-fare"
LEARNED = 5_000

NAIVE = """
import base64, json, os
from datetime import datetime
import boto3

runtime = boto3.client("sagemaker-runtime")
firehose = boto3.client("firehose")


def handler(event, context):
    for record in event["Records"]:
        trip = json.loads(base64.b64decode(record["kinesis"]["data"]))
        begun = datetime.fromisoformat(trip["tpep_pickup_datetime"])
        lasted = (datetime.fromisoformat(trip["tpep_dropoff_datetime"]) - begun).total_seconds() / 60
        row = [
            trip["trip_distance"], lasted, begun.hour, begun.isoweekday(),
            trip["PULocationID"], trip["DOLocationID"], trip.get("passenger_count", ""),
        ]
        answer = runtime.invoke_endpoint(
            EndpointName=os.environ["ENDPOINT_NAME"], ContentType="text/csv", Body=",".join(map(str, row))
        )
        predicted = float(answer["Body"].read())
        result = {**trip, "predicted_fare": predicted, "is_outlier": abs(trip["fare_amount"] - predicted) > 10}
        firehose.put_record(
            DeliveryStreamName=os.environ["DELIVERY_STREAM"], Record={"Data": json.dumps(result) + "\\n"}
        )
"""


def trips(count: int, day: date) -> list[Trip]:
    """Simulated trips of ``day`` and the days after."""
    return list(itertools.islice(simulated(day, 20_000, seed=7), count))


def matrix(rows: Any) -> Any:
    """Rows of features as XGBoost takes them."""
    return np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float32)


def create_endpoint() -> None:
    """The endpoint that both functions call, InService, and the rule of its version."""
    import xgboost

    learned = trips(LEARNED, date(2025, 2, 1))
    fares = np.array([trip.fare_amount for trip in learned])
    booster = xgboost.train({"max_depth": 6}, xgboost.DMatrix(matrix(map(values_of, learned)), fares), 100)
    content = bytes(booster.save_raw("ubj"))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("xgboost-model")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    region: Any = REGION
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    boto3.client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=packed.getvalue())
    sagemaker: Any = boto3.client("sagemaker")
    sagemaker.create_model(
        ModelName=ENDPOINT,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"},
        ExecutionRoleArn=ROLE,
    )
    variant = {"VariantName": "AllTraffic", "ModelName": ENDPOINT, "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName=ENDPOINT, ProductionVariants=[{**variant, "InstanceType": "ml.m5.large"}]
    )
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT, WaiterConfig={"Delay": 1})
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "model_version", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "model_version", "AttributeType": "S"}],
    )
    fingerprint = tuple(float(score) for score in booster.predict(xgboost.DMatrix(matrix(PROBES))))
    rule = Thresholds("1", 2.0, 0.1, feature_hash(), fingerprint)
    resource: Any = boto3.resource("dynamodb")
    resource.Table(TABLE).put_item(Item=rule.item())


def create_function(name: str, package: bytes) -> None:
    """A function and its delivery stream, warm."""
    boto3.client("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="DirectPut",
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{BUCKET}",
            "Prefix": f"{name}/",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
            "CompressionFormat": "GZIP",
        },
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
                "STAGE": "local",
                "ENDPOINT_NAME": ENDPOINT,
                "THRESHOLDS_TABLE": TABLE,
                "DELIVERY_STREAM": name,
                "PARKING_BUCKET": BUCKET,
                "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Taxi",
            }
        },
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    functions.invoke(FunctionName=name, Payload=b'{"Records": []}')


def fill(stream: str, count: int) -> None:
    """A stream of one shard with ``count`` trips."""
    kinesis: Any = boto3.client("kinesis")
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    left = [
        {"Data": lines_of(trip, trip.trip_id).data, "PartitionKey": device_of(trip)}
        for trip in trips(count, date(2025, 3, 1))
    ]
    while left:
        some, left = left[:500], left[500:]
        answer = kinesis.put_records(StreamName=stream, Records=some)
        refused = [record for record, entry in zip(some, answer["Records"], strict=True) if "ErrorCode" in entry]
        left = refused + left
        if refused:
            time.sleep(0.2)


class Delivered:
    """Counts the predictions below a prefix; each object is read once."""

    def __init__(self, name: str) -> None:
        self._s3: Any = boto3.client("s3")
        self._prefix = f"{name}/"
        self._seen: dict[str, int] = {}
        self._before = 0
        self._before = self.count()

    def count(self) -> int:
        """How many have come since this was made."""
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=self._prefix):
            for entry in page.get("Contents", []):
                if entry["Key"] not in self._seen:
                    body = self._s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
                    self._seen[entry["Key"]] = gzip.decompress(body).count(b"\n")
        return sum(self._seen.values()) - self._before


def trips_per_second(name: str, stream: str, count: int, batch: int) -> float:
    """Enable a new mapping of everything in ``stream`` to the function ``name``, and wait for its predictions."""
    delivered = Delivered(name)
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
    while delivered.count() < count:
        time.sleep(0.1)
    elapsed = time.perf_counter() - started
    while functions.get_event_source_mapping(UUID=uuid)["State"] != "Enabled":
        time.sleep(0.02)
    functions.delete_event_source_mapping(UUID=uuid)
    return count / elapsed


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Both contestants in turn, ``rounds`` times; medians and the ratio of each round."""
    with local_stage(), tempfile.TemporaryDirectory(prefix="datastreamer-taxi-") as folder:
        package = build_lambda_package(REPOSITORY / "lambdas" / "taxi_score", REPOSITORY, Path(folder))
        create_endpoint()
        create_function("batches", package.read_bytes())
        create_function("one-by-one", function_package(NAIVE))
        fill("many", options.trips)
        fill("few", options.naive)
        naive, ours, ratios = in_turn(
            options.rounds,
            lambda: trips_per_second("one-by-one", "few", options.naive, options.batch),
            lambda: trips_per_second("batches", "many", options.trips, options.batch),
        )
    return {
        "one_by_one_trips_per_s": naive,
        "batches_trips_per_s": ours,
        **ratios,
        "batch": options.batch,
        "rounds": options.rounds,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trips", type=int, default=10_000, help="trips for our function (default: 10000)")
    parser.add_argument("--naive", type=int, default=300, help="trips for the naive function (default: 300)")
    parser.add_argument("--batch", type=int, default=500, help="trips a batch at most (default: 500)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures = run(options)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    table = Table("", "trips/s", "ratio", "wanted")
    table.add_row("one call and one put a trip", f"{figures['one_by_one_trips_per_s']:,.0f}", "", "")
    table.add_row("our function", f"{figures['batches_trips_per_s']:,.0f}", f"{figures['ratio']:,.1f}x", "at least 20x")
    Console().print(table)


if __name__ == "__main__":
    main()
