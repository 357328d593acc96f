"""Live trips on a stage: the stream has each trip that the receipt counts, once, and the labels say what it is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from datastreamer.events.labels import ANOMALY, read_labels
from datastreamer.events.trip import parse_trip
from datastreamer.sensor.taxi.anomalies import ANOMALIES
from tests.conftest import RunningStage
from tests.stage.test_sensor import Sensor, sensor_on
from tests.unit.taxi.trips import row

pytestmark = pytest.mark.stage


@pytest.fixture
def sensor(stage: RunningStage, tmp_path: Path) -> Sensor:
    return sensor_on(stage, tmp_path)


def test_simulated_trips_are_in_the_stream_as_their_labels_and_the_receipt_say(sensor: Sensor) -> None:
    words = "taxi --generate --start 2025-03-01 --rate 0 --count 600 --anomalies 0.2 --labels labels.csv --json"
    ran = sensor.run(*words.split())
    assert ran.returncode == 0, ran.stderr
    records = sensor.records()
    found = {trip["trip_id"]: trip for trip in (json.loads(record["Data"]) for record in records)}
    receipt = sensor.receipt()
    assert len(records) == len(found) == receipt.readings == 600
    assert receipt.journal_bytes == 600 * 8
    assert {record["PartitionKey"] for record in records} == set(receipt.devices)
    labels = {label.event_id: label for label in read_labels(sensor.folder / "labels.csv")}
    assert labels.keys() == found.keys()
    assert {label.kind for label in labels.values() if label.truth == ANOMALY} == {kind.name for kind in ANOMALIES}
    for trip_id, sent in found.items():
        assert parse_trip({name: value for name, value in sent.items() if name != "trip_id"}).trip_id == trip_id


def test_a_file_of_tlc_is_replayed_in_the_order_of_drop_offs_and_twice_gives_the_same_ids(sensor: Sensor) -> None:
    rows = [row(DOLocationID=zone, tpep_dropoff_datetime=f"2025-01-15 08:{59 - zone:02d}:00") for zone in range(1, 20)]
    lines = [",".join(row()), *(",".join(map(str, each.values())) for each in rows), "no,such,row"]
    (sensor.folder / "trips.csv").write_text("\n".join(lines) + "\n")
    first = sensor.run("taxi", "--csv", "trips.csv")
    assert first.returncode == 1, first.stderr
    assert "Error: trips.csv: 1 row could not be read" in first.stderr
    sent = [json.loads(record["Data"]) for record in sensor.records()]
    assert [trip["DOLocationID"] for trip in sent] == list(range(19, 0, -1)), "one zone, so one shard and its order"
    sensor.receipt_path.unlink()
    assert sensor.run("taxi", "--csv", "trips.csv").returncode == 1
    again = Counter(json.loads(record["Data"])["trip_id"] for record in sensor.records())
    assert set(again) == {trip["trip_id"] for trip in sent}
    assert set(again.values()) == {2}
