"""Trips are scored again by the version that serves, and delivered as live ones are."""

# ruff: noqa: N803  arguments have the names of AWS's API
from __future__ import annotations

import io
import json
import random
from datetime import UTC, date, datetime
from typing import Any

import pytest

from datastreamer.aws.backoff import Backoff
from datastreamer.aws.clock import Clock
from datastreamer.errors import ConfigurationError, RetryableError, UsageError
from datastreamer.taxi.model.fingerprint import PROBES, unregistered
from datastreamer.taxi.model.rules_table import RulesTable
from datastreamer.taxi.model.thresholds import Thresholds
from datastreamer.taxi.names import Names
from datastreamer.taxi.rescoring import gold
from datastreamer.taxi.rescoring.rescore import AT_ONCE, Rescorer
from datastreamer.taxi.training.features import FEATURES, feature_hash
from tests.unit.taxi.registry import GROUP, Registry, Table

NAMES = Names("test", "123456789012")
PRINTS = [1.5 + number for number, _ in enumerate(PROBES)]
ROW = (
    *("trip-1", "2025-04-01T10:00:00.000Z", "2025-04-01T10:00:05.000Z", "2025-04-01", "8", "version", "h"),
    *("12.5", "1250.0", "-1237.5", "1.0", "true", "1", "2.5", "11.0", "10", "2", "161", "237", None, "2", "1", "1"),
    *("shardId-000000000000", "4951"),
)


class Stopped(Clock):
    """Stands at one moment, and does not wait."""

    def wall_ms(self) -> int:
        return 1_743_600_000_000

    def sleep(self, seconds: float) -> None:
        """Nothing."""


class Lake(Registry):
    """Each trip costs what it is long times 5 dollars; Firehose refuses the first ``refusals`` records."""

    def __init__(self) -> None:
        super().__init__()
        self.state = {"EndpointStatus": "InService", "EndpointConfigName": f"{GROUP}-v7"}
        self.bodies: list[str] = []
        self.delivered: list[dict[str, Any]] = []
        self.refusals = 0
        self.table = Table()
        self.table.items["7"] = Thresholds("7", 1.0, 0.1, feature_hash(), tuple(PRINTS)).item()

    @property
    def rescorer(self) -> Rescorer:
        return Rescorer(NAMES, self.client, RulesTable(self.table), Stopped(), Backoff(randomness=random.Random(1)))

    def invoke_endpoint(self, *, Body: bytes, **request: Any) -> dict[str, Any]:
        assert request == {"EndpointName": GROUP, "ContentType": "text/csv", "Accept": "text/csv"}
        self.bodies.append(Body.decode())
        trips = Body.decode().splitlines()[len(PROBES) :]
        fares = [float(line.split(",")[0]) * 5.0 for line in trips]
        return {"Body": io.BytesIO("\n".join(map(str, [*PRINTS, *fares])).encode())}

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        assert DeliveryStreamName == "datastreamer-test-taxi-predictions"
        assert len(Records) <= AT_ONCE
        outcomes: list[dict[str, str]] = []
        for record in Records:
            assert record["Data"].endswith(b"\n")
            if self.refusals:
                self.refusals -= 1
                outcomes.append({"ErrorCode": "ServiceUnavailableException"})
            else:
                self.delivered.append(json.loads(record["Data"]))
                outcomes.append({"RecordId": "1"})
        return {"RequestResponses": outcomes}


@pytest.fixture
def lake() -> Lake:
    return Lake()


def trips(count: int) -> list[dict[str, Any]]:
    before = gold._read(ROW)
    return [{**before, "trip_id": f"trip-{number}"} for number in range(count)]


def test_a_row_of_athenas_text_is_a_prediction_with_its_types() -> None:
    read = gold._read(ROW)
    assert list(read) == list(gold.FIELDS)
    assert read["is_outlier"] is True
    assert read["outlier"] == 1
    assert read["passenger_count"] is None
    assert read["pickup_zone"] == 161
    assert read["residual"] == -1237.5


def test_the_features_of_gold_are_those_of_the_model() -> None:
    assert {feature.name for feature in FEATURES} <= set(gold.FIELDS)


def test_only_trips_whose_latest_prediction_is_of_a_wanted_version_are_asked_for() -> None:
    wanted = gold.Wanted(date(2025, 4, 1), date(2025, 4, 3), ("8", "un'registered"))
    assert wanted.condition == (
        "event_date BETWEEN '2025-04-01' AND '2025-04-03' AND model_version IN ('8', 'un''registered')"
    )


def test_a_trip_gets_the_answer_and_the_rule_of_the_version_that_serves(lake: Lake) -> None:
    [before] = trips(1)
    assert list(lake.rescorer.rescore([before], ("8",))) == [1]
    [after] = lake.delivered
    assert list(after) == list(gold.FIELDS)
    changed = {
        "scored_at": datetime.fromtimestamp(1_743_600_000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        "model_version": "7",
        "rule": "version",
        "feature_hash": feature_hash(),
        "predicted_fare": 12.5,
        "residual": 0.0,
        "threshold": 2.25,
        "is_outlier": False,
        "outlier": 0,
    }
    assert after == {**before, **changed}
    assert after["scored_at"] > before["scored_at"]


def test_a_missing_number_is_an_empty_field(lake: Lake) -> None:
    list(lake.rescorer.rescore(trips(1), ("8",)))
    assert lake.bodies[0].splitlines()[-1] == "2.5,11.0,10,2,161,237,"


def test_every_trip_is_delivered_once_though_firehose_refuses_some(lake: Lake) -> None:
    lake.refusals = 700
    assert sum(lake.rescorer.rescore(trips(1_200), ("8",))) == 1_200
    assert sorted(each["trip_id"] for each in lake.delivered) == sorted(f"trip-{number}" for number in range(1_200))


def test_what_cannot_be_delivered_is_an_error_and_not_counted(lake: Lake) -> None:
    lake.refusals = 10**6
    with pytest.raises(RetryableError, match="did not take 3 of 3"):
        list(lake.rescorer.rescore(trips(3), ("8",)))


def test_the_bad_version_itself_is_not_asked_again(lake: Lake) -> None:
    with pytest.raises(UsageError, match="version 7 serves, and would say the same again"):
        list(lake.rescorer.rescore(trips(1), ("7",)))
    assert not lake.delivered


@pytest.mark.parametrize("status", ["Updating", "RollingBack", "Failed"])
def test_nothing_is_scored_while_the_endpoint_changes(lake: Lake, status: str) -> None:
    assert lake.state is not None
    lake.state["EndpointStatus"] = status
    with pytest.raises(UsageError, match=f"is {status}; score again when it is InService"):
        list(lake.rescorer.rescore(trips(1), ("8",)))
    assert not lake.bodies


def test_a_model_that_nobody_registered_is_named_by_its_fingerprint(lake: Lake) -> None:
    lake.table.items.clear()
    list(lake.rescorer.rescore(trips(1), ("8",)))
    assert lake.delivered[0]["model_version"] == unregistered(PRINTS)
    assert lake.delivered[0]["rule"] == "default"
    assert lake.delivered[0]["threshold"] == 10.0


def test_a_fare_that_is_not_a_number_is_not_delivered(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "\n".join(map(str, [*PRINTS, float("nan")])).encode()
    monkeypatch.setattr(lake, "invoke_endpoint", lambda **_request: {"Body": io.BytesIO(answer)})
    with pytest.raises(ConfigurationError, match="not a finite number"):
        list(lake.rescorer.rescore(trips(1), ("8",)))
    assert not lake.delivered


def test_a_version_of_other_features_is_not_asked_with_these(lake: Lake) -> None:
    lake.table.items["7"]["feature_hash"] = "other"
    with pytest.raises(ConfigurationError, match="has learned other features"):
        list(lake.rescorer.rescore(trips(1), ("8",)))
    assert not lake.delivered
