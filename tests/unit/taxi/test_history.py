"""Simulated history: files as TLC publishes them, which the contract of trips reads."""

from __future__ import annotations

import csv
import itertools
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datastreamer.cli.taxi.generate import Format, generate
from datastreamer.errors import UsageError
from datastreamer.events.trip import FAULTS, faults_of, parse_trip
from datastreamer.taxi.history import CSV, write_month
from datastreamer.taxi.month import Month, months_from
from datastreamer.taxi.tlc import month_of, parquet_schema
from datastreamer.taxi.tlc_columns import missing_columns

JANUARY = Month(2025, 1)


@pytest.mark.parametrize("month", [Month(2019, 1), Month(2021, 7), Month(2023, 1), Month(2023, 2), JANUARY])
def test_a_file_has_the_schema_of_its_month_and_every_trip_fits_the_contract(tmp_path: Path, month: Month) -> None:
    file = write_month(tmp_path, month, 300, seed=1)
    table = pq.read_table(file.path)
    assert table.schema.equals(parquet_schema(month))
    assert missing_columns(table.column_names, month) == []
    trips = [parse_trip(row) for row in table.to_pylist()]
    assert len(trips) == 300 == file.rows
    assert {trip.airport_fee for trip in trips} == {None} or month.year > 2020


def test_what_changed_in_the_columns_over_the_years() -> None:
    old, late, new = (parquet_schema(Month.parse(month)) for month in ("2020-12", "2024-12", "2025-01"))
    assert [str(old.field(name).type) for name in ("VendorID", "passenger_count", "airport_fee")] == [
        "int64",
        "double",
        "null",
    ]
    assert [str(late.field(name).type) for name in ("VendorID", "passenger_count", "Airport_fee")] == [
        "int32",
        "int64",
        "double",
    ]
    assert set(new.names) - set(late.names) == {"cbd_congestion_fee"}
    assert missing_columns(late.names, JANUARY) == ["cbd_congestion_fee"]
    assert missing_columns([name for name in late.names if name != "Airport_fee"], Month(2022, 4)) == []


def test_csv_and_parquet_hold_the_same_trips(tmp_path: Path) -> None:
    parquet = write_month(tmp_path, JANUARY, 400, seed=2, dirt=3)
    text = write_month(tmp_path, JANUARY, 400, seed=2, dirt=3, suffix=CSV)
    with text.path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows[0]["tpep_pickup_datetime"].startswith("2025-01-01 0")
    assert [parse_trip(row) for row in rows] == [parse_trip(row) for row in pq.read_table(parquet.path).to_pylist()]


def test_dirt_is_there_in_real_proportions(tmp_path: Path) -> None:
    trips = [parse_trip(row) for row in pq.read_table(write_month(tmp_path, JANUARY, 20_000, seed=3).path).to_pylist()]
    found = Counter(fault for trip in trips for fault in faults_of(trip))
    assert set(found) <= set(FAULTS)
    assert found["details_missing"] / len(trips) == pytest.approx(0.2, abs=0.01)
    assert found["zero_distance"] / len(trips) == pytest.approx(0.0262, abs=0.004)
    assert found["negative_fare"] / len(trips) == pytest.approx(0.013, abs=0.003)
    assert found["long_trip"] > 10
    clean = write_month(tmp_path / "clean", JANUARY, 2_000, seed=3, dirt=0)
    assert {faults_of(parse_trip(row)) for row in pq.read_table(clean.path).to_pylist()} == {()}


def test_refunds_mirror_the_row_after_them(tmp_path: Path) -> None:
    rows = pq.read_table(write_month(tmp_path, JANUARY, 5_000, seed=4).path).to_pylist()
    trips = [parse_trip(row) for row in rows]
    pairs = [
        (refund, after)
        for refund, after in itertools.pairwise(trips)
        if refund.fare_amount < 0 and refund.fare_amount == -after.fare_amount
    ]
    assert len(pairs) > 20
    for refund, after in pairs:
        assert refund.total_amount == -after.total_amount
        assert (refund.pickup_time, refund.dropoff_zone) == (after.pickup_time, after.dropoff_zone)
        assert refund.payment_type in (3, 4)


def test_a_file_that_is_there_is_not_replaced_unasked_and_none_is_left_half_written(tmp_path: Path) -> None:
    first = write_month(tmp_path, JANUARY, 10, seed=1)
    before = first.path.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        write_month(tmp_path, JANUARY, 20, seed=1)
    with pytest.raises(ZeroDivisionError):
        write_month(tmp_path, JANUARY, 20, seed=1, overwrite=True, done=lambda _rows: 1 // 0)  # type: ignore[arg-type, return-value]
    assert first.path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [first.path]
    assert write_month(tmp_path, JANUARY, 20, seed=1, overwrite=True).rows == 20


def test_the_command_writes_a_file_a_month(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate("2024-12", months=2, trips=50, to=tmp_path, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert [(file["month"], file["trips"]) for file in answer["files"]] == [("2024-12", 50), ("2025-01", 50)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "yellow_tripdata_2024-12.parquet",
        "yellow_tripdata_2025-01.parquet",
    ]
    generate("2024-11", trips=50, to=tmp_path, form=Format.CSV)
    assert "yellow_tripdata_2024-11.csv: 50 trips" in capsys.readouterr().out.replace("\n", "")


def test_months_are_read_named_and_counted() -> None:
    assert [str(month) for month in months_from(Month.parse("2024-12"), 3)] == ["2024-12", "2025-01", "2025-02"]
    assert Month.of_partition("year=2025/month=01/x.parquet") == JANUARY
    assert Month.of_partition(JANUARY.partition) == JANUARY
    assert Month.of_partition("year=2025/month=13/x") is None
    assert len(Month(2024, 2).days()) == 29
    for wrong in ("2025", "2025-13", "1999-01", "2025-1"):
        with pytest.raises(UsageError, match="expected a month such as 2025-01"):
            Month.parse(wrong)


def test_the_name_of_a_file_says_its_month() -> None:
    assert month_of("yellow_tripdata_2025-01.parquet") == month_of("yellow_tripdata_2025-01_part2.csv") == JANUARY
    assert month_of("green_tripdata_2025-01.parquet") is None
    assert month_of("trips.csv") is None
    assert pa.types.is_null(parquet_schema(Month(2019, 1)).field("airport_fee").type)
