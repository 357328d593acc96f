"""The table of a prediction's fields, and what is made of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from datastreamer.taxi.prediction import FIELDS, Kind, Prediction, latest_sql, mapping
from datastreamer.taxi.training.features import FEATURES

PREDICTION = Prediction(
    trip_id="t-ü",
    event_time="2025-01-15T13:45:00.000Z",
    scored_at="2026-11-30T12:00:00.123Z",
    event_date="2025-01-15",
    model_version="7",
    rule="version",
    feature_hash="0123456789abcdef",
    fare_amount=31.2,
    predicted_fare=15.5,
    residual=15.7,
    threshold=2.5,
    is_outlier=True,
    outlier=1,
    trip_distance=2.4,
    trip_minutes=15.0,
    pickup_hour=8,
    pickup_weekday=3,
    pickup_zone=161,
    dropoff_zone=236,
    passenger_count=None,
    vendor_id=2,
    rate_code=1,
    payment_type=1,
    shard_id="shardId-000000000000",
    sequence_number="4959",
)


def test_a_line_is_one_object_of_all_fields_in_their_order() -> None:
    line = PREDICTION.line()
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    document = json.loads(line)
    assert list(document) == [field.name for field in FIELDS]
    assert document["passenger_count"] is None
    assert document["is_outlier"] is True
    assert document["trip_id"] == "t-ü"


def test_a_number_that_json_does_not_have_is_never_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        replace(PREDICTION, predicted_fare=float("nan")).line()


def test_each_feature_of_the_model_is_a_field() -> None:
    assert {feature.name for feature in FEATURES} < {field.name for field in FIELDS}


def test_the_mapping_has_each_field_and_takes_no_other() -> None:
    found = mapping()
    assert found["dynamic"] == "strict"
    assert list(found["properties"]) == [field.name for field in FIELDS]
    types = {name: each["type"] for name, each in found["properties"].items()}
    assert types["trip_id"] == "keyword"
    assert types["event_time"] == types["scored_at"] == "date"
    assert types["outlier"] == "byte"
    assert types["pickup_zone"] == "integer", "a meter may send a zone that there is not"


def test_the_view_has_every_field_and_the_day_of_arrival() -> None:
    sql = latest_sql("arrival_date")
    for field in FIELDS:
        assert field.name in sql
    assert sql.count("arrival_date") == 2
    assert {field.kind for field in FIELDS} == set(Kind)
