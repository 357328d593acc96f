"""Simulated taxis: the meter's arithmetic, the tariffs, and a city that looks like the real one."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from datastreamer.errors import UsageError
from datastreamer.events.trip import FIELDS
from datastreamer.sensor.taxi.city import JFK, LAGUARDIA, NEWARK, NUMBER, ZONES
from datastreamer.sensor.taxi.meter import charge, units
from datastreamer.sensor.taxi.simulation import simulate_day, trips_by_day
from datastreamer.sensor.taxi.tariffs import TARIFFS, tariff_of

MIDTOWN, UPTOWN, HARLEM, ASTORIA = 161, 237, 41, 7
WEDNESDAY = date(2025, 1, 15)


def index(zone: int) -> int:
    return int(np.flatnonzero(zone == NUMBER)[0])


def charged(begin: int, end: int, *, day: date = WEDNESDAY, hour: int = 12, tolled: bool = False) -> dict[str, float]:
    """What a trip of 2 miles in 10 minutes costs, half of which the taxi was fast."""
    found = charge(
        tariff_of(day),
        begin=np.array([index(begin)]),
        end=np.array([index(end)]),
        miles=np.array([2.0]),
        seconds=np.array([600.0]),
        fast_mph=np.array([20.0]),
        hour=np.array([hour]),
        weekday=day.weekday() < 5,
        tolled=np.array([tolled]),
    )
    return {name: float(values[0]) for name, values in found._asdict().items()}


def test_units_are_fifths_of_a_mile_when_fast_and_minutes_when_slow_with_the_last_one_whole() -> None:
    miles, seconds = np.array([2.0, 2.0, 0.0, 1.0]), np.array([360.0, 600.0, 125.0, 900.0])
    # 2 miles at 20 mph; 4 mph for 5 minutes of 10; standing; all of it at 4 mph.
    assert units(miles, seconds, np.full(4, 20.0)).tolist() == [10.0, 14.0, 3.0, 15.0]


def test_a_metered_trip_costs_the_entry_and_its_units_at_the_tariff_of_its_day() -> None:
    assert charged(MIDTOWN, UPTOWN)["fare"] == pytest.approx(3.0 + 14 * 0.7)
    assert charged(MIDTOWN, UPTOWN, day=date(2022, 12, 18))["fare"] == pytest.approx(2.5 + 14 * 0.5)
    assert charged(MIDTOWN, UPTOWN)["rate_code"] == 1.0


@pytest.mark.parametrize(
    ("day", "hour", "extra", "jfk_extra"),
    [
        (WEDNESDAY, 12, 0.0, 0.0),
        (WEDNESDAY, 16, 2.5, 5.0),
        (WEDNESDAY, 20, 1.0, 0.0),
        (WEDNESDAY, 5, 1.0, 0.0),
        (date(2025, 1, 18), 17, 0.0, 0.0),
        (date(2019, 3, 6), 17, 1.0, 4.5),
    ],
)
def test_rush_hours_and_nights_cost_extra(day: date, hour: int, extra: float, jfk_extra: float) -> None:
    assert charged(MIDTOWN, UPTOWN, day=day, hour=hour)["extra"] == extra
    assert charged(JFK, MIDTOWN, day=day, hour=hour)["extra"] == jfk_extra


def test_airports_have_fares_and_fees_of_their_own() -> None:
    to_jfk, from_jfk, queens = charged(MIDTOWN, JFK, tolled=True), charged(JFK, HARLEM), charged(JFK, ASTORIA)
    assert [trip["fare"] for trip in (to_jfk, from_jfk)] == [70.0, 70.0]
    assert [trip["rate_code"] for trip in (to_jfk, from_jfk, queens)] == [2.0, 2.0, 1.0]
    assert [trip["airport"] for trip in (to_jfk, from_jfk, queens)] == [0.0, 1.75, 1.75]
    assert to_jfk["tolls"] == 6.94
    assert charged(LAGUARDIA, ASTORIA)["extra"] == 5.0
    newark = charged(MIDTOWN, NEWARK)
    assert (newark["rate_code"], newark["mta_tax"]) == (3.0, 0.0)
    assert newark["fare"] == pytest.approx(charged(MIDTOWN, UPTOWN)["fare"] + 20.0)


@pytest.mark.parametrize(
    ("begin", "day", "congestion", "cbd"),
    [
        (MIDTOWN, WEDNESDAY, 2.5, 0.75),
        (UPTOWN, WEDNESDAY, 2.5, 0.0),
        (HARLEM, WEDNESDAY, 0.0, 0.0),
        (MIDTOWN, date(2025, 1, 4), 2.5, 0.0),
        (MIDTOWN, date(2019, 2, 1), 0.0, 0.0),
    ],
)
def test_surcharges_depend_on_the_street_and_the_day(begin: int, day: date, congestion: float, cbd: float) -> None:
    trip = charged(begin, HARLEM, day=day)
    assert (trip["congestion"], trip["cbd"]) == (congestion, cbd)


def test_there_is_no_tariff_before_2019() -> None:
    assert list(TARIFFS) == sorted(TARIFFS, key=lambda tariff: tariff.since)
    with pytest.raises(UsageError, match="tariffs are known from 2019-01-01 on, not for 2018-12-31"):
        tariff_of(date(2018, 12, 31))


def test_a_day_is_the_same_for_a_seed_whatever_else_was_drawn() -> None:
    first = simulate_day(WEDNESDAY, 500, seed=3)
    simulate_day(date(2025, 1, 16), 10, seed=3)
    again, other = simulate_day(WEDNESDAY, 500, seed=3), simulate_day(WEDNESDAY, 500, seed=4)
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
    assert any((values != other[name]).any() for name, values in first.items())


def test_a_day_has_the_columns_of_the_contract() -> None:
    columns = simulate_day(WEDNESDAY, 100, seed=3)
    assert list(columns) == [field.column for field in FIELDS]
    assert {len(values) for values in columns.values()} == {100}


def test_without_dirt_totals_add_up_and_trips_are_in_order_within_their_day() -> None:
    columns: dict[str, Any] = simulate_day(WEDNESDAY, 2_000, seed=3, dirt=0)
    parts = [name for name in columns if name.endswith(("_surcharge", "_fee", "_tax", "extra"))]
    parts += ["fare_amount", "tip_amount", "tolls_amount"]
    np.testing.assert_allclose(sum(columns[name] for name in parts), columns["total_amount"], atol=0.006)
    assert (np.diff(columns["pickup_time"]) >= np.timedelta64(0)).all()
    assert (columns["pickup_time"].astype("datetime64[D]") == np.datetime64(WEDNESDAY)).all()
    assert (columns["dropoff_time"] > columns["pickup_time"]).all()
    assert (columns["tip_amount"][columns["payment_type"] == 2.0] == 0).all()


def test_the_city_looks_like_march_2019() -> None:
    """Medians and quartiles of 1,500 real trips of that month, to within a fifth."""
    days = [simulate_day(date(2019, 3, day), 1_000, seed=5, dirt=0) for day in range(1, 15)]
    columns: dict[str, Any] = {name: np.concatenate([day[name] for day in days]) for name in days[0]}
    minutes = (columns["dropoff_time"] - columns["pickup_time"]) / np.timedelta64(60, "s")
    real = {"trip_distance": (0.97, 1.6, 3.0), "minutes": (6.6, 10.8, 17.8), "fare_amount": (6.5, 9.0, 14.0)}
    for name, quartiles in real.items():
        found = np.quantile({**columns, "minutes": minutes}[name], (0.25, 0.5, 0.75))
        np.testing.assert_allclose(found, quartiles, rtol=0.2, err_msg=name)
    assert np.corrcoef(columns["trip_distance"], columns["fare_amount"])[0, 1] > 0.9
    assert len({zone.number for zone in ZONES}) == len(ZONES)


def test_trips_are_spread_over_days_to_the_last_one() -> None:
    days = [date(2025, 1, day) for day in range(1, 32)]
    for trips in (1, 30, 31, 1_000, 99_999):
        assert sum(trips_by_day(days, trips)) == trips
    friday, sunday = trips_by_day(days[2:3] + days[4:5], 1_000)
    assert friday > sunday
