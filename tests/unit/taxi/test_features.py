"""A live trip's features are those that Athena would make of it for a training set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
import trino_on_duckdb as dialect

from datastreamer.events.trip import FIELDS, Kind, Trip, parse_trip
from datastreamer.sensor.taxi.simulation import simulate_day
from datastreamer.taxi.training.features import FEATURES, csv_row, values_of
from tests.unit.taxi.trips import row

SESSION = dialect.Session(now=datetime(2025, 1, 1, tzinfo=UTC), database="lake")
TABLE = dialect.TableName("awsdatacatalog", "lake", "taxi_trips")
ATHENA = {Kind.TIME: "timestamp(3)", Kind.WHOLE: "integer", Kind.NUMBER: "double", Kind.TEXT: "varchar"}
DUCKDB = {Kind.TIME: "TIMESTAMP", Kind.WHOLE: "INTEGER", Kind.NUMBER: "DOUBLE", Kind.TEXT: "VARCHAR"}
OLDEST, NIGHT = datetime(2009, 1, 1), datetime(2025, 11, 2, 1, 50)  # noqa: DTZ001  New York's clocks have no zone


def simulated() -> Iterator[Trip]:
    """Dirty trips of a plain day, of both days on which clocks are set, and of a leap day."""
    for day in (date(2025, 1, 15), date(2025, 3, 9), date(2025, 11, 2), date(2024, 2, 29)):
        columns = simulate_day(day, 1_500, seed=11, dirt=8.0)
        values = {field.tlc: columns[field.column].tolist() for field in FIELDS}
        for sent in zip(*values.values(), strict=True):
            yield parse_trip(dict(zip(values, sent, strict=True)))


def odd() -> Iterator[Trip]:
    """Trips that end before they begin, last for days, or have parts of a second."""
    plain = parse_trip(row())
    for lasted in (0.0, -1.0, -59.5, 59.999, 0.4, -0.4, 86_400 * 40.0):
        yield replace(plain, dropoff_time=plain.pickup_time + timedelta(seconds=lasted))
    yield replace(plain, pickup_time=NIGHT, dropoff_time=NIGHT.replace(minute=10), passenger_count=None)
    yield replace(plain, pickup_time=OLDEST, dropoff_time=OLDEST, trip_distance=-312.25, pickup_zone=-4, dropoff_zone=9)


def by_athena(trips: Sequence[Trip]) -> list[tuple[float | None, ...]]:
    """What the features' SQL makes of a table of ``trips``."""
    connection = duckdb.connect()
    dialect.prepare(connection)
    columns = ", ".join(f"{field.column} {DUCKDB[field.kind]}" for field in FIELDS)
    connection.execute(f"CREATE TABLE trips (place INTEGER, {columns})")
    connection.executemany(
        f"INSERT INTO trips VALUES ({', '.join('?' * (len(FIELDS) + 1))})",
        [(place, *(getattr(trip, field.column) for field in FIELDS)) for place, trip in enumerate(trips)],
    )
    made = ", ".join(f"CAST({feature.sql} AS DOUBLE) AS {feature.name}" for feature in FEATURES)
    [query] = dialect.parse(f"SELECT {made} FROM taxi_trips ORDER BY place")
    relation = dialect.Relation(
        "trips",
        (
            dialect.Column("place", "integer"),
            *(dialect.Column(field.column, ATHENA[field.kind]) for field in FIELDS),
        ),
    )
    found: list[tuple[float | None, ...]] = connection.execute(
        dialect.translate(query, {TABLE: relation}, SESSION).sql
    ).fetchall()
    return found


def test_live_trips_have_the_features_that_training_sets_have() -> None:
    trips = [*simulated(), *odd()]
    assert {None} < {trip.passenger_count for trip in trips}, "some have missing passengers"
    for trip, expected in zip(trips, by_athena(trips), strict=True):
        assert values_of(trip) == expected, trip


def test_a_missing_number_is_an_empty_field_of_the_row() -> None:
    trip = replace(parse_trip(row()), passenger_count=None)
    assert csv_row(values_of(trip)) == b"2.4,15.0,8,3,161,236,"


@pytest.mark.parametrize("trip", [parse_trip(row()), *odd()], ids=str)
def test_every_field_of_a_row_is_a_plain_number_or_empty(trip: Trip) -> None:
    for field in csv_row(values_of(trip)).decode().split(","):
        assert re.fullmatch(r"(-?\d+(\.\d+)?(e-?\d+)?)?", field)
