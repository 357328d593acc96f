"""Training sets: which features, which trips, and what is refused before anything is made."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from datastreamer.errors import JobFailedError, UsageError
from datastreamer.events.trip import AMOUNTS, FIELDS
from datastreamer.taxi.month import Month
from datastreamer.taxi.names import Names
from datastreamer.taxi.training import features, selection
from datastreamer.taxi.training.selection import Bounds, Split
from datastreamer.taxi.training.sets import TooFewTripsError, TrainingSets, make_sets

NAMES = Names("test", "123456789012")
SPLIT = Split(Month(2025, 3), months=2)


def test_no_feature_is_made_of_what_the_passenger_pays() -> None:
    leaks = {"extra", "mta_tax", "tip_amount", "tolls_amount", "improvement_surcharge", "total_amount"}
    leaks |= {"congestion_surcharge", "airport_fee", "cbd_congestion_fee"}
    assert leaks == features.LEAKS
    assert leaks | {features.LABEL} == set(AMOUNTS)
    for feature in features.FEATURES:
        words = set(re.findall(r"[a-z_]+", f"{feature.sql} {feature.name}"))
        assert words.isdisjoint(AMOUNTS), f"{feature.name} leaks the fare"


def test_the_features_are_those_that_a_trip_has_when_it_has_ended() -> None:
    assert [feature.name for feature in features.FEATURES] == [
        "trip_distance",
        "trip_minutes",
        "pickup_hour",
        "pickup_weekday",
        "pickup_zone",
        "dropoff_zone",
        "passenger_count",
    ]
    used = {name for each in features.FEATURES for name in re.findall(r"[a-z_]+", each.sql)}
    columns = {field.column for field in FIELDS}
    assert used & columns == {
        *("trip_distance", "pickup_time", "dropoff_time", "pickup_zone", "dropoff_zone", "passenger_count")
    }


def test_the_label_comes_first_and_every_column_is_a_number() -> None:
    columns = re.findall(r"CAST\(.+? AS (\w+)\) AS (\w+)(?:, |$)", selection.columns())
    assert columns[0] == ("DOUBLE", "label")
    assert [name for _, name in columns[1:]] == [feature.name for feature in features.FEATURES]
    assert {kind for kind, _ in columns} == {"DOUBLE"}


def test_the_hash_changes_with_a_feature_and_with_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    before = features.feature_hash()
    assert re.fullmatch(r"[0-9a-f]{16}", before)
    first, second, *rest = features.FEATURES
    hashes = {before}
    for changed in ((second, first, *rest), (first._replace(sql="trip_distance * 2"), second, *rest)):
        monkeypatch.setattr(features, "FEATURES", changed)
        hashes.add(features.feature_hash())
    assert len(hashes) == 3


@pytest.mark.parametrize(
    ("split", "training"),
    [
        (Split(Month(2025, 3), 2), ["2025-01", "2025-02"]),
        (Split(Month(2025, 1), 1), ["2024-12"]),
        (Split(Month(2025, 2), 14), [str(Month(2023, 12)), *(f"2024-{n:02d}" for n in range(1, 13)), "2025-01"]),
    ],
)
def test_a_model_is_validated_on_later_days_than_it_is_trained_on(split: Split, training: list[str]) -> None:
    assert [str(month) for month in split.training] == training
    assert max(split.training) < split.validation


def test_the_bounds_and_the_months_reach_the_query() -> None:
    sql = selection.count(SPLIT.training, Bounds(fare=(5, 60.5), distance=(1, 9)))
    assert "fare_amount BETWEEN 5 AND 60.5" in sql
    assert "trip_distance BETWEEN 1 AND 9" in sql
    assert "(year = '2025' AND month = '01') OR (year = '2025' AND month = '02')" in sql
    default = selection.count(SPLIT.training, Bounds())
    assert "fare_amount BETWEEN 3.0 AND 200.0" in default
    assert "trip_distance BETWEEN 0.1 AND 50.0" in default


def test_negotiated_fares_are_left_out_and_trips_without_a_rate_are_not() -> None:
    """TLC's rate 5: no feature explains such a fare."""
    assert "coalesce(rate_code, 0) <> 5" in selection.count(SPLIT.training, Bounds())


@pytest.mark.parametrize("bounds", [(5.0, 4.0), (-1.0, 4.0), (0.0, float("inf")), (float("nan"), 1.0)])
def test_bounds_that_are_none_are_refused(bounds: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="are no bounds"):
        Bounds(fare=bounds)
    with pytest.raises(UsageError, match="distance"):
        Bounds(distance=bounds)


class FakeLake:
    """Athena and Glue of a lake with so many trips a month; ``written`` says how many labels a table gets."""

    def __init__(self, counted: int, written: Callable[[int], int] = lambda counted: counted) -> None:
        self.counted, self.written = counted, written
        self.statements: list[str] = []
        self.exceptions = type("Exceptions", (), {"InvalidRequestException": KeyError})

    def client(self, _service: str) -> Any:
        return self

    def start_query_execution(self, **request: Any) -> dict[str, str]:
        assert request["WorkGroup"] == "datastreamer-test-taxi-training"
        assert request["QueryExecutionContext"] == {"Database": "datastreamer_test_taxi"}
        self.statements.append(request["QueryString"])
        return {"QueryExecutionId": str(len(self.statements) - 1)}

    def get_query_execution(self, **_: Any) -> dict[str, Any]:
        return {"QueryExecution": {"Status": {"State": "SUCCEEDED"}, "StatementType": "DML"}}

    def get_paginator(self, _operation: str) -> Any:
        return self

    def paginate(self, QueryExecutionId: str) -> list[dict[str, Any]]:  # noqa: N803  boto3's name
        sql = self.statements[int(QueryExecutionId)]
        number = self.written(self.counted) if "COUNT(label)" in sql else self.counted
        rows = [{"Data": [{"VarCharValue": str(number)}]}] if sql.startswith("SELECT") else []
        return [{"ResultSet": {"Rows": rows}}]

    def get_table(self, DatabaseName: str, Name: str) -> dict[str, Any]:  # noqa: N803  boto3's names
        assert DatabaseName == NAMES.database
        return {"Table": {"StorageDescriptor": {"Location": f"s3://processed/training/tables/{Name}"}}}

    def made(self, minimum_rows: int = 100) -> TrainingSets:
        return make_sets(NAMES, self.client, SPLIT, Bounds(), run="r1", minimum_rows=minimum_rows)

    def begun(self, words: str) -> list[str]:
        return [sql for sql in self.statements if sql.startswith(words)]


def test_both_sets_are_made_each_where_athena_puts_it() -> None:
    lake = FakeLake(500)
    made = lake.made()
    assert (made.training.table, made.training.rows, made.training.months) == (
        "taxi_training_r1",
        500,
        ("2025-01", "2025-02"),
    )
    assert made.validation.uri == "s3://processed/training/tables/taxi_validation_r1/"
    assert made.validation.months == ("2025-03",)
    created = lake.begun("CREATE TABLE")
    assert len(created) == 2
    assert not [sql for sql in created if "location" in sql.lower()], "the workgroup decides where a set goes"


def test_too_few_trips_are_refused_before_anything_is_made() -> None:
    lake = FakeLake(99)
    with pytest.raises(TooFewTripsError, match="training would have 99 trips of 2025-01 to 2025-02, fewer than 100"):
        lake.made()
    assert lake.begun("CREATE") == []


@pytest.mark.parametrize("written", [0, 499, 501])
def test_a_set_with_other_rows_than_were_counted_is_dropped(written: int) -> None:
    lake = FakeLake(500, lambda _counted: written)
    with pytest.raises(JobFailedError, match=f"had {written} fares, and 500 trips were counted"):
        lake.made()
    assert lake.begun("DROP TABLE") == [
        "DROP TABLE IF EXISTS taxi_training_r1",
        "DROP TABLE IF EXISTS taxi_validation_r1",
    ]
