"""A bronze of one's own, and what silver should be made of it: the contract applied row by row in plain Python."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from datastreamer.aws.s3_location import S3Location
from datastreamer.errors import InvalidRecordError
from datastreamer.events.trip import Trip, faults_of, parse_trip
from datastreamer.taxi.month import Month
from datastreamer.taxi.silver.config import Config
from datastreamer.taxi.silver.manifest import Manifest
from datastreamer.taxi.silver.report import Outcome
from datastreamer.taxi.tlc import parquet_schema
from glue_jobs.taxi_silver import run

Row = dict[str, Any]
PAIRED = {"refund", "refunded"}


@dataclass
class Bronze:
    """Objects below ``prefix``, the job's tables and its state beside them."""

    BUCKET: ClassVar = "taxi-lakes"

    spark: SparkSession
    s3: Any
    prefix: str
    rows: dict[str, tuple[Month, list[Row]]] = field(default_factory=dict)

    def config(self, run_id: str = "run") -> Config:
        place = S3Location(self.BUCKET, self.prefix)
        folders = (place.folder(name) for name in ("bronze", "silver", "quarantine", "state"))
        return Config(*folders, stage="local", run_id=run_id)

    def put(self, month: str, name: str, body: bytes, rows: Sequence[Row] = ()) -> str:
        """Put an object that is expected to give ``rows``."""
        key = f"{self.prefix}bronze/{Month.parse(month).partition}{name}"
        self.s3.put_object(Bucket=self.BUCKET, Key=key, Body=body)
        uri = f"s3://{self.BUCKET}/{key}"
        self.rows[uri] = (Month.parse(month), list(rows))
        return uri

    def put_parquet(self, month: str, rows: Sequence[Row], name: str = "", schema: pa.Schema | None = None) -> str:
        """Put ``rows`` as a Parquet file with the schema of its month, or with another ``schema``."""
        table = pa.Table.from_pylist(list(rows), schema=schema or parquet_schema(Month.parse(month)))
        body = io.BytesIO()
        pq.write_table(table, body)
        return self.put(month, name or f"yellow_tripdata_{month}.parquet", body.getvalue(), table.to_pylist())

    def run(self, run_id: str = "run", reached: Callable[[str], None] = lambda _step: None) -> Outcome:
        return run(self.spark, self.config(run_id), self.s3, lambda: datetime.now(UTC), reached)

    def table(self, name: str) -> list[Row]:
        """Rows of ``silver`` or ``quarantine``, with ``partition``, the folder that they lie in."""
        found = []
        for key in self.keys(name):
            body = self.s3.get_object(Bucket=self.BUCKET, Key=key)["Body"].read()
            partition = key.removeprefix(f"{self.prefix}{name}/").rpartition("/")[0] + "/"
            found += [{**row, "partition": partition} for row in pq.read_table(io.BytesIO(body)).to_pylist()]
        return found

    def keys(self, folder: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.BUCKET, Prefix=f"{self.prefix}{folder}/")
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def check(self, manifests: Iterable[Manifest]) -> None:
        """The tables are what the oracle makes of the rows, and the manifests account for each."""
        trips: dict[str, tuple[Trip, Month]] = {}
        rejected: Counter[tuple[str, str]] = Counter()
        rows_of: dict[str, int] = {}
        for uri, (month, rows) in sorted(self.rows.items()):
            rows_of[uri] = len(rows)
            for row in rows:
                try:
                    trip = parse_trip(row)
                except InvalidRecordError as error:
                    rejected[uri, error.reason] += 1
                    continue
                if (trip.pickup_time.year, trip.pickup_time.month) != (month.year, month.month):
                    rejected[uri, "outside_month"] += 1
                elif trip.trip_id in trips:
                    rejected[uri, "duplicate"] += 1
                else:
                    trips[trip.trip_id] = (trip, month)
        silver = {row["trip_id"]: row for row in self.table("silver")}
        assert len(silver) == len(self.table("silver"))
        assert silver.keys() == trips.keys()
        for trip_id, (trip, month) in trips.items():
            row = silver[trip_id]
            assert {name: row[name] for name in vars(trip)} == vars(trip)
            assert tuple(fault for fault in row["faults"] if fault not in PAIRED) == faults_of(trip)
            assert row["partition"] == month.partition
            assert (row["pair_id"] is not None) == bool(PAIRED & set(row["faults"]))
        for row in silver.values():
            if row["pair_id"]:
                other = silver[row["pair_id"]]
                assert other["pair_id"] == row["trip_id"]
                assert other["fare_amount"] == -row["fare_amount"]
                assert ("refund" in row["faults"]) == (row["fare_amount"] < 0)
        quarantine = self.table("quarantine")
        assert Counter((row["source_object"], row["reason"]) for row in quarantine) == rejected
        assert all(isinstance(json.loads(row["row"]), dict) for row in quarantine)
        accounts = {item.source_object: item for manifest in manifests for item in manifest.objects}
        assert {uri: item.rows for uri, item in accounts.items()} == rows_of
        assert sum(item.silver for item in accounts.values()) == len(silver)
        assert self.keys("state/staged") == []
