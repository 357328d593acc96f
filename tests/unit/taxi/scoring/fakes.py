"""What stands at the boundaries of the function in unit tests: thresholds and a delivery stream that fail as told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from datastreamer.scoring.batch import BatchScorer
from datastreamer.scoring.endpoint import Endpoint
from datastreamer.scoring.pacing import Budget
from datastreamer.scoring.parking import Parking
from datastreamer.scoring.payload import CsvPayload
from datastreamer.taxi.model.fingerprint import PROBES
from datastreamer.taxi.model.thresholds import Thresholds
from datastreamer.taxi.prediction import Prediction
from datastreamer.taxi.scoring.asking import ByVersion
from datastreamer.taxi.scoring.contract import TripContract, Unscored
from datastreamer.taxi.scoring.delivering import DeliveryStream
from datastreamer.taxi.scoring.versions import Versions
from datastreamer.taxi.training.features import feature_hash
from tests.unit.inference.fakes import FakeBucket, FakeEndpoint, FakeTime
from tests.unit.taxi.trips import row

BUDGET = Budget.of(60)
FRESH_S = 60.0
_serialize = TypeSerializer().serialize


def by_the_mile(dollars: float) -> Callable[[Sequence[str]], str]:
    """A model of fares: 3 dollars and so many a mile."""
    return lambda features: str(3.0 + dollars * float(features[0] or 0))


def prints(dollars: float) -> tuple[float, ...]:
    """The fingerprint of that model."""
    return tuple(3.0 + dollars * float(probe[0] or 0) for probe in PROBES)


def thresholds(version: str, dollars: float, floor: float = 2.0, factor: float = 0.1, **changes: Any) -> Thresholds:
    """The rule of a version that is the model ``by_the_mile(dollars)``."""
    given = {"feature_hash": feature_hash(), "fingerprint": prints(dollars), **changes}
    return Thresholds(version, floor, factor, **given)


class FakeThresholds:
    """A table of rules. ``script``: errors with which the next scans end (None: none)."""

    def __init__(self, *rules: Thresholds, script: Iterable[Exception | None] = ()) -> None:
        self.items = [rule.item() for rule in rules]
        self.script = list(script)
        self.scans = 0

    def get_paginator(self, name: str) -> FakeThresholds:
        assert name == "scan"
        return self

    def paginate(self, *, TableName: str, ConsistentRead: bool) -> list[dict[str, Any]]:  # noqa: N803  boto3's names
        assert (TableName, ConsistentRead) == ("thresholds", True)
        self.scans += 1
        if self.script and (step := self.script.pop(0)):
            raise step
        return [{"Items": [{name: _serialize(value) for name, value in item.items()}]} for item in self.items]


class FakeFirehose:
    """A delivery stream that does with each call what ``script`` says, and takes what comes after.

    A step is an exception to raise, or the places of the records that it refuses.
    """

    def __init__(self, script: Iterable[Exception | Sequence[int]] = ()) -> None:
        self._script = iter(script)
        self.sizes: list[int] = []
        self.lines: list[bytes] = []

    @property
    def predictions(self) -> list[Any]:
        return [json.loads(line) for line in self.lines]

    def put_record_batch(self, *, DeliveryStreamName: str, Records: Sequence[Mapping[str, bytes]]) -> Any:  # noqa: N803
        assert DeliveryStreamName == "predictions"
        self.sizes.append(len(Records))
        step = next(self._script, ())
        if isinstance(step, Exception):
            raise step
        self.lines += [record["Data"] for place, record in enumerate(Records) if place not in step]
        told = [
            {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "slow down"}
            if place in step
            else {"RecordId": str(place)}
            for place in range(len(Records))
        ]
        return {"FailedPutCount": len(step), "RequestResponses": told}


def payload(number: int = 0, **changes: Any) -> bytes:
    """The ``number``-th plain trip as JSON; a change of None leaves the field out."""
    document = {"trip_id": f"trip-{number:03d}", **row(**changes)}
    shown = {name: str(value) if isinstance(value, datetime) else value for name, value in document.items()}
    return json.dumps({name: value for name, value in shown.items() if value is not None}).encode()


class Function:
    """A scorer of trips between fakes, one thread wide."""

    def __init__(
        self,
        endpoint: FakeEndpoint | None = None,
        table: FakeThresholds | None = None,
        firehose: FakeFirehose | None = None,
        time: FakeTime | None = None,
        most_rows: int = 1000,
    ) -> None:
        self.endpoint = endpoint or FakeEndpoint(model=by_the_mile(5.0))
        self.table = table or FakeThresholds(thresholds("7", 5.0))
        self.firehose = firehose or FakeFirehose()
        self.bucket = FakeBucket()
        self.time = time or FakeTime()
        runtime: Any = self.endpoint
        dynamodb: Any = self.table
        client: Any = self.firehose
        s3: Any = self.bucket
        self.versions = Versions(dynamodb, "thresholds", self.time.clock, FRESH_S)
        self.store = DeliveryStream(client, "predictions", BUDGET.table_timeout)
        self.scorer: BatchScorer[Unscored, Prediction] = BatchScorer(
            TripContract(self.versions),
            ByVersion(Endpoint(runtime, "fare", CsvPayload()), self.versions, most_rows),
            self.store,
            Parking(s3, "dlq", "f", ThreadPoolExecutor(1), BUDGET.table_timeout),
            self.time.clock,
            self.time.backoff,
        )
