"""The live half of the taxi pipeline on a stage, made by hand: stream, the real function, endpoint, delivery, gold."""

from __future__ import annotations

import gzip
import itertools
import json
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from aws_stage.testing.lambda_functions import settle
from aws_stage.testing.models import Hosting, archive
from aws_stage.testing.waiting import PATIENCE, eventually
from boto3.dynamodb.types import TypeSerializer

from datastreamer.aws.athena import Answer, run_query
from datastreamer.aws.s3_location import S3Location
from datastreamer.events.trip import Trip
from datastreamer.sensor.taxi.record import device_of, lines_of
from datastreamer.sensor.taxi.trips import simulated
from datastreamer.taxi.model.fingerprint import PROBES
from datastreamer.taxi.model.thresholds import Thresholds
from datastreamer.taxi.names import Names
from datastreamer.taxi.prediction import INDEX, LATEST_VIEW, TABLE, latest_sql
from datastreamer.taxi.schema import ARRIVAL_DATE, PREDICTION_COLUMNS
from datastreamer.taxi.training.features import feature_hash, values_of
from tests.conftest import REGION, RunningStage

ROLE = "arn:aws:iam::000000000000:role/taxi"


@dataclass(frozen=True)
class OwnNames(Names):
    """Where a pipeline of a test has its parts, all named after ``own``."""

    own: str = ""

    @property
    def stream(self) -> str:
        return self.own

    @property
    def predictions(self) -> str:
        return self.own

    def function(self, role: str) -> str:
        assert role == "score"
        return self.own

    @property
    def raw_bucket(self) -> str:
        return self.own

    @property
    def gold(self) -> S3Location:
        return S3Location(f"{self.own}-gold", "taxi_predictions/")

    @property
    def workgroup(self) -> str:
        return self.own

    @property
    def database(self) -> str:
        return self.own.replace("-", "_")


def trips(count: int, day: date = date(2025, 3, 1)) -> list[Trip]:
    """Plain trips of ``day``."""
    return list(itertools.islice(simulated(day, 5_000, seed=3), count))


def record(trip: Trip) -> tuple[str, bytes]:
    """Partition key and payload, as the sensor sends it."""
    return device_of(trip), lines_of(trip, trip.trip_id).data


@cache
def fares(rounds: int = 30) -> tuple[bytes, tuple[float, ...]]:
    """A small XGBoost model of simulated fares, as SageMaker hosts it, and its fingerprint."""
    import xgboost

    learned = trips(3_000, date(2025, 2, 1))
    rows = _matrix([values_of(trip) for trip in learned])
    model = xgboost.train(
        {"max_depth": 5, "nthread": 1},
        xgboost.DMatrix(rows, np.array([trip.fare_amount for trip in learned])),
        rounds,
    )
    scores = model.predict(xgboost.DMatrix(_matrix(PROBES)))
    return archive({"xgboost-model": bytes(model.save_raw("ubj"))}), tuple(float(score) for score in scores)


def _matrix(rows: Sequence[Sequence[float | None]]) -> Any:
    return np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float32)


@dataclass
class Where:
    """``rows`` of gold as they lie there, and the reasons of what is parked, by sequence number."""

    rows: list[dict[str, Any]]
    parked: dict[str, str]

    @property
    def copies(self) -> Counter[str]:
        """How often each trip is in gold."""
        return Counter(row["trip_id"] for row in self.rows)


class TaxiPipeline:
    """One pipeline of its own; ``environment`` is added to the function's. With ``domain_arn`` predictions go to the
    domain as well."""

    def __init__(
        self,
        stage: RunningStage,
        package: Path,
        environment: Mapping[str, str] | None = None,
        domain_arn: str = "",
        **mapping: Any,
    ) -> None:
        self.stage = stage
        self.name = f"taxi-{uuid.uuid4().hex[:8]}"
        self.gold_bucket = f"{self.name}-gold"
        self.endpoint = f"{self.name}-fare"
        self.kinesis, self.functions, self.s3 = (stage.client(name) for name in ("kinesis", "lambda", "s3"))
        self.hosting = Hosting(stage)
        self.kinesis.create_stream(StreamName=self.name, ShardCount=1)
        self.kinesis.get_waiter("stream_exists").wait(StreamName=self.name, WaiterConfig={"Delay": 1})
        for bucket in (self.name, self.gold_bucket):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.dynamodb = stage.client("dynamodb")
        self.dynamodb.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "model_version", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "model_version", "AttributeType": "S"}],
        )
        self.delivery = stage.client("firehose")
        objects = {
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{self.gold_bucket}",
            "Prefix": "taxi_predictions/",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
            "CompressionFormat": "GZIP",
        }
        search = {
            "RoleARN": ROLE,
            "DomainARN": domain_arn,
            "IndexName": INDEX,
            "IndexRotationPeriod": "OneDay",
            "S3BackupMode": "AllDocuments",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
            "S3Configuration": objects,
        }
        destination = (
            {"AmazonopensearchserviceDestinationConfiguration": search}
            if domain_arn
            else {"ExtendedS3DestinationConfiguration": objects}
        )
        self.delivery.create_delivery_stream(
            DeliveryStreamName=self.name, DeliveryStreamType="DirectPut", **destination
        )
        self.functions.create_function(
            FunctionName=self.name,
            Runtime="python3.11",
            Handler="handler.handler",
            Role=ROLE,
            Timeout=12,
            Code={"ZipFile": package.read_bytes()},
            Environment={
                "Variables": {
                    "STAGE": "local",
                    "ENDPOINT_NAME": self.endpoint,
                    "THRESHOLDS_TABLE": self.name,
                    "DELIVERY_STREAM": self.name,
                    "PARKING_BUCKET": self.name,
                    "THRESHOLDS_SECONDS": "1",
                    "POWERTOOLS_METRICS_NAMESPACE": "Datastreamer/Taxi",
                    **(environment or {}),
                }
            },
        )
        settle(stage, self.name)
        self.sent: dict[str, str] = {}
        self.poison: set[str] = set()
        options = {
            "BatchSize": 50,
            "BisectBatchOnFunctionError": True,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "StartingPosition": "TRIM_HORIZON",
            "DestinationConfig": {"OnFailure": {"Destination": f"arn:aws:s3:::{self.name}"}},
        }
        self.mapping = self.functions.create_event_source_mapping(
            EventSourceArn=f"arn:aws:kinesis:{REGION}:000000000000:stream/{self.name}",
            FunctionName=self.name,
            **(options | mapping),
        )["UUID"]

    def host(self, artifact: bytes) -> None:
        """Have the endpoint serve ``artifact``, once this returns."""
        config = self.hosting.config({"ModelName": self.hosting.model(artifact)})
        sagemaker = self.hosting.sagemaker
        if sagemaker.list_endpoints(NameContains=self.endpoint)["Endpoints"]:
            sagemaker.update_endpoint(EndpointName=self.endpoint, EndpointConfigName=config)
        else:
            sagemaker.create_endpoint(EndpointName=self.endpoint, EndpointConfigName=config)
        assert self.hosting.settled(self.endpoint)["EndpointStatus"] == "InService"

    def drop_endpoint(self) -> None:
        """Delete the endpoint, and wait until it is gone."""
        self.hosting.sagemaker.delete_endpoint(EndpointName=self.endpoint)
        eventually(lambda: not self.hosting.sagemaker.list_endpoints(NameContains=self.endpoint)["Endpoints"])

    def register(self, version: str, fingerprint: tuple[float, ...], floor: float = 2.0, factor: float = 0.1) -> None:
        """Put the rule of a version."""
        rule = Thresholds(version, floor, factor, feature_hash(), fingerprint)
        item = {name: TypeSerializer().serialize(value) for name, value in rule.item().items()}
        self.dynamodb.put_item(TableName=self.name, Item=item)

    def put(self, records: Sequence[tuple[str, bytes]], poison: bool = False) -> list[str]:
        """Put records in order; their sequence numbers. ``poison``: they are no trips."""
        sequences = []
        for key, payload in records:
            answer = self.kinesis.put_record(StreamName=self.name, PartitionKey=key, Data=payload)
            sequences.append(answer["SequenceNumber"])
            if poison:
                self.poison.add(answer["SequenceNumber"])
            else:
                self.sent[answer["SequenceNumber"]] = json.loads(payload)["trip_id"]
        return sequences

    def where(self) -> Where:
        rows = [json.loads(line) for content in self.objects(self.gold_bucket) for line in content.splitlines()]
        parked = {}
        for content in self.objects(self.name):
            document = json.loads(content)
            assert "payload" not in document, "a batch was given up"
            parked[document["record"]["kinesis"]["sequenceNumber"]] = document["reason"]
        return Where(rows, parked)

    def settled(self) -> Where:
        """Where everything is, once each trip that was put is in gold and the poison parked."""
        deadline = time.monotonic() + PATIENCE
        while True:
            where = self.where()
            delivered = {row["sequence_number"] for row in where.rows}
            missing = self.sent.keys() - delivered
            if not missing and where.parked.keys() >= self.poison:
                break
            assert time.monotonic() < deadline, f"{len(missing)} trips are nowhere, parked: {where.parked}"
            time.sleep(0.1)
        assert where.parked.keys() == self.poison, "only what is no trip is parked"
        assert delivered == self.sent.keys()
        assert set(where.copies) == set(self.sent.values())
        return where

    @property
    def names(self) -> OwnNames:
        """What commands find it by, once there is a ``catalogue``."""
        return OwnNames("local", "000000000000", self.name)

    def catalogue(self) -> None:
        """Make the table of gold and its view as the pipeline has them, and a workgroup to ask in."""
        database, workgroup = self.names.database, self.names.workgroup
        glue, athena = self.stage.client("glue"), self.stage.client("athena")
        glue.create_database(DatabaseInput={"Name": database})
        location = f"s3://{self.gold_bucket}/taxi_predictions/"
        day = ARRIVAL_DATE.name
        glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": TABLE,
                "TableType": "EXTERNAL_TABLE",
                "PartitionKeys": [{"Name": day, "Type": "string"}],
                "Parameters": {
                    "projection.enabled": "true",
                    f"projection.{day}.type": "date",
                    f"projection.{day}.format": "yyyy/MM/dd",
                    f"projection.{day}.range": "NOW-1DAYS,NOW+1DAYS",
                    "storage.location.template": f"{location}${{{day}}}/",
                },
                "StorageDescriptor": {
                    "Location": location,
                    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                    "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
                    "Columns": [{"Name": each.name, "Type": each.type} for each in PREDICTION_COLUMNS],
                },
            },
        )
        results = {"ResultConfiguration": {"OutputLocation": f"s3://{self.gold_bucket}-results/"}}
        self.s3.create_bucket(
            Bucket=f"{self.gold_bucket}-results", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        athena.create_work_group(Name=workgroup, Configuration=results)
        self._ask(f"CREATE VIEW {LATEST_VIEW} AS {latest_sql(day)}")

    def latest(self) -> list[dict[str, str | None]]:
        """What the view of gold has, by Athena."""
        answer = self._ask(f"SELECT * FROM {LATEST_VIEW}")
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    def _ask(self, sql: str) -> Answer:
        athena = self.stage.client("athena")
        return run_query(athena, sql, workgroup=self.names.workgroup, database=self.names.database)

    def close(self) -> None:
        """Stop the mapping and the endpoint, so that they take no time of the tests after."""
        eventually(self._delete_mapping)
        if self.hosting.sagemaker.list_endpoints(NameContains=self.endpoint)["Endpoints"]:
            self.hosting.sagemaker.delete_endpoint(EndpointName=self.endpoint)

    def _delete_mapping(self) -> bool:
        if self.functions.get_event_source_mapping(UUID=self.mapping)["State"].endswith("ing"):
            return False
        self.functions.delete_event_source_mapping(UUID=self.mapping)
        return True

    def objects(self, bucket: str) -> list[bytes]:
        """What the objects of a bucket hold, unpacked."""
        found = []
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                body = self.s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                found.append(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)
        return found


def at(text: str) -> datetime:
    """A wall-clock time."""
    return datetime.fromisoformat(text)
