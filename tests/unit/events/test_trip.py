"""The contract of a trip: what is read, what is rejected and why, what is strange."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from datastreamer.errors import InvalidRecordError
from datastreamer.events.trip import (
    AMOUNTS,
    FAULTS,
    FIELDS,
    REFUND,
    REFUNDED,
    REJECTIONS,
    faults_of,
    parse_trip,
)
from tests.unit.taxi.trips import PICKUP, row


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def lasting(**duration: float) -> dict[str, datetime]:
    return {"tpep_dropoff_datetime": PICKUP + timedelta(**duration)}


def test_the_table_has_the_twenty_fields_of_2025() -> None:
    assert [field.tlc for field in FIELDS] == list(row())
    assert [field.column for field in FIELDS if field.absent_before] == [
        "congestion_surcharge",
        "airport_fee",
        "cbd_congestion_fee",
    ]
    assert AMOUNTS[0] == "fare_amount"
    assert len(AMOUNTS) == 10


def test_a_row_reads_alike_from_parquet_of_any_year_and_from_csv() -> None:
    trip = parse_trip(row())
    old = row(passenger_count=1.0, RatecodeID=1.0)
    old["airport_fee"] = old.pop("Airport_fee")
    text = {name: str(value) for name, value in row().items()}
    assert parse_trip(old) == parse_trip(text) == trip
    assert isinstance(parse_trip(old).passenger_count, int)
    assert faults_of(trip) == ()


def test_what_a_year_did_not_have_is_missing() -> None:
    early = {name: value for name, value in row().items() if name not in ("Airport_fee", "cbd_congestion_fee")}
    trip = parse_trip({**early, "congestion_surcharge": math.nan, "store_and_fwd_flag": " "})
    assert (trip.airport_fee, trip.cbd_congestion_fee, trip.congestion_surcharge) == (None, None, None)
    assert trip.store_and_forward is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tpep_pickup_datetime": None}, "missing_pickup_time"),
        ({"fare_amount": ""}, "missing_fare_amount"),
        ({"trip_distance": math.nan, "fare_amount": "x"}, "missing_trip_distance"),
        ({"tpep_pickup_datetime": "2025-02-30 10:00:00"}, "invalid_pickup_time"),
        ({"tpep_pickup_datetime": "01/15/2025 08:30"}, "invalid_pickup_time"),
        ({"tpep_dropoff_datetime": datetime(2025, 1, 15, tzinfo=UTC)}, "invalid_dropoff_time"),
        ({"passenger_count": 1.5}, "invalid_passenger_count"),
        ({"passenger_count": 2**31}, "invalid_passenger_count"),
        ({"RatecodeID": "1_000"}, "invalid_rate_code"),
        ({"payment_type": True}, "invalid_payment_type"),
        ({"store_and_fwd_flag": "N" * 17}, "invalid_store_and_forward"),
        ({"tip_amount": math.inf}, "invalid_tip_amount"),
        ({"trip_distance": 1e9}, "invalid_trip_distance"),
        ({"extra": "1,5"}, "invalid_extra"),
    ],
)
def test_a_row_that_breaks_the_contract_is_rejected_with_the_first_reason(changes: dict[str, Any], reason: str) -> None:
    assert reason in REJECTIONS
    with pytest.raises(InvalidRecordError) as caught:
        parse_trip(row(**changes))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"fare_amount": -15.6, "total_amount": -24.57}, ("negative_fare",)),
        ({"fare_amount": 0}, ("zero_fare",)),
        ({"tip_amount": -1.0}, ("negative_amount",)),
        ({"trip_distance": -0.1}, ("negative_distance",)),
        ({"trip_distance": 0.0}, ("zero_distance",)),
        (lasting(seconds=-1), ("dropoff_before_pickup",)),
        (lasting(seconds=0), ("zero_duration",)),
        (lasting(hours=10), ()),
        (lasting(hours=10, seconds=1), ("long_trip",)),
        ({"trip_distance": 25.0}, ()),
        ({"trip_distance": 25.01}, ("impossible_speed",)),
        ({"passenger_count": None}, ()),
        (
            dict.fromkeys(
                ["passenger_count", "RatecodeID", "store_and_fwd_flag", "congestion_surcharge", "Airport_fee"]
            ),
            ("details_missing",),
        ),
        ({"VendorID": 8, "DOLocationID": 266}, ("unknown_vendor_id", "unknown_dropoff_zone")),
        ({"store_and_fwd_flag": "y"}, ("unknown_store_and_forward",)),
    ],
)
def test_what_is_strange_about_a_trip_is_named(changes: dict[str, Any], faults: tuple[str, ...]) -> None:
    assert faults_of(parse_trip(row(**changes))) == faults


@pytest.mark.parametrize(
    ("pickup", "dropoff", "faults"),
    [
        ("2025-11-02 01:50", "2025-11-02 01:10", ("ambiguous_hour",)),
        ("2025-11-02 00:50", "2025-11-02 01:10", ("ambiguous_hour",)),
        ("2025-11-02 02:50", "2025-11-02 02:10", ("dropoff_before_pickup",)),
        ("2025-11-09 01:50", "2025-11-09 01:10", ("dropoff_before_pickup",)),
        ("2025-11-01 01:00", "2025-11-01 01:30", ()),
    ],
)
def test_in_the_hour_that_clocks_show_twice_a_drop_off_may_look_earlier(
    pickup: str, dropoff: str, faults: tuple[str, ...]
) -> None:
    times = {"tpep_pickup_datetime": at(pickup), "tpep_dropoff_datetime": at(dropoff)}
    assert faults_of(parse_trip(row(**times))) == faults


def test_every_fault_of_a_trip_alone_is_in_the_list_and_only_refunds_take_two() -> None:
    strange = parse_trip(row(**{field.tlc: 99_999 for field in FIELDS if field.codes and field.kind == "whole"}))
    assert set(faults_of(strange)) == {name for name in FAULTS if name.startswith("unknown_")} - {
        "unknown_store_and_forward"
    }
    assert {REFUND, REFUNDED} <= set(FAULTS)


def test_equal_trips_have_one_id_and_any_field_makes_another() -> None:
    trip = parse_trip(row())
    assert trip.trip_id == parse_trip({name: str(value) for name, value in row().items()}).trip_id
    changed = [
        parse_trip(row(**{field.tlc: "Y" if field.kind == "text" else 1.01 if field.kind == "number" else 3}))
        for field in FIELDS
        if field.kind != "time"
    ]
    changed += [parse_trip(row(**{name: at("2025-01-15 08:40")})) for name in list(row())[1:3]]
    assert len({trip.trip_id, *(other.trip_id for other in changed)}) == len(FIELDS) + 1


def test_the_id_of_a_trip_stays_what_it_is() -> None:
    assert parse_trip(row()).trip_id == "46f3ba83eff343211dc47aececdb7a08"
