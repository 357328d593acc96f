"""The contract of live trips: what is one, which reason each other payload gets, and when it ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from datastreamer.errors import InvalidRecordError
from datastreamer.taxi.scoring.record import REASONS, parse_live_trip
from tests.hostile_json import objects
from tests.unit.taxi.trips import row


def payload(**changes: Any) -> bytes:
    """A plain trip as JSON; a change of None leaves the field out."""
    document = {"trip_id": "t-1", **row(**changes)}
    shown = {name: str(value) if isinstance(value, datetime) else value for name, value in document.items()}
    return json.dumps({name: value for name, value in shown.items() if value is not None}).encode()


def reason(sent: bytes) -> str:
    with pytest.raises(InvalidRecordError) as caught:
        parse_live_trip(sent)
    assert caught.value.reason in REASONS
    return caught.value.reason


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", "empty_record"),
        (b"\xff", "invalid_utf8"),
        (b"[" * 100, "nested_too_deep"),
        (payload() * 2, "several_values"),
        (payload()[:-5], "invalid_json"),
        (b"[1]", "not_an_object"),
        (payload(vendorID=1), "name_twice"),
        (payload(trip_id=None), "missing_trip_id"),
        (payload(trip_id=" "), "invalid_trip_id"),
        (payload(trip_id=7), "invalid_trip_id"),
        (payload(trip_id="x" * 129), "invalid_trip_id"),
        (payload(tpep_dropoff_datetime=None), "missing_dropoff_time"),
        (payload(fare_amount=None), "missing_fare_amount"),
        (payload(fare_amount="cheap"), "invalid_fare_amount"),
        (payload(fare_amount=[1]), "invalid_fare_amount"),
        (payload(passenger_count=1.5), "invalid_passenger_count"),
        (payload(trip_distance=1e9), "invalid_trip_distance"),
        (payload(trip_distance=2.5).replace(b"2.5,", b"1e999,"), "invalid_trip_distance"),
        (payload(tpep_pickup_datetime="2025-01-15T08:30:00Z"), "invalid_pickup_time"),
        (payload(tpep_dropoff_datetime="9999-12-31 23:00:00"), "invalid_dropoff_time"),
    ],
)
def test_each_break_of_the_contract_has_its_reason(sent: bytes, expected: str) -> None:
    assert reason(sent) == expected


def test_a_refund_without_details_is_a_trip() -> None:
    details = dict.fromkeys(("passenger_count", "RatecodeID", "store_and_fwd_flag", "congestion_surcharge"))
    live = parse_live_trip(payload(fare_amount=-15.6, Airport_fee=None, **details))
    assert (live.trip.fare_amount, live.trip.passenger_count) == (-15.6, None)


@pytest.mark.parametrize(
    ("pickup", "dropoff", "utc"),
    [
        ("2025-01-15 08:30:00", "2025-01-15 08:45:00", "2025-01-15T13:45:00"),
        ("2025-07-15 23:30:00", "2025-07-15 23:45:00.5", "2025-07-16T03:45:00.500000"),
        # Clocks are set back at two: the hour from one to two is there twice.
        ("2025-11-02 00:50:00", "2025-11-02 01:10:00", "2025-11-02T05:10:00"),
        ("2025-11-02 01:50:00", "2025-11-02 01:10:00", "2025-11-02T06:10:00"),
        ("2025-11-02 01:50:00", "2025-11-02 02:10:00", "2025-11-02T07:10:00"),
        # They are set forward at two: half past two is not there.
        ("2025-03-09 01:50:00", "2025-03-09 02:30:00", "2025-03-09T07:30:00"),
        ("2025-03-09 01:50:00", "2025-03-09 03:30:00", "2025-03-09T07:30:00"),
    ],
)
def test_a_trip_ended_when_new_yorks_clocks_say_in_utc(pickup: str, dropoff: str, utc: str) -> None:
    live = parse_live_trip(payload(tpep_pickup_datetime=pickup, tpep_dropoff_datetime=dropoff))
    assert live.event_time == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def outcome(sent: bytes) -> str:
    """The reason that a payload gets; empty for a trip."""
    try:
        parse_live_trip(sent)
    except InvalidRecordError as error:
        return error.reason
    return ""


@settings(max_examples=300, deadline=None)
@given(objects(json.loads(payload())))
def test_any_bytes_are_a_trip_or_have_a_reason(sent: bytes) -> None:
    assert outcome(sent) in {"", *REASONS}
