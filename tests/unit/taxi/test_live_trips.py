"""Live trips as the sensor sends them, and as the function reads them."""

from __future__ import annotations

from datastreamer.events.trip import parse_trip
from datastreamer.sensor.taxi.record import lines_of
from datastreamer.taxi.scoring.record import parse_live_trip
from tests.unit.taxi.trips import row


def test_what_the_sensor_sends_is_the_trip_that_it_was_made_of() -> None:
    for changes in ({}, {"passenger_count": None, "RatecodeID": None}, {"fare_amount": -15.6, "total_amount": -24.57}):
        trip = parse_trip(row(**changes))
        live = parse_live_trip(lines_of(trip, trip.trip_id).data)
        assert (live.trip_id, live.trip) == (trip.trip_id, trip)
