"""Live trips: their order, their pace, what is wrong with some of them, and what is written down of that."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from datastreamer.errors import UsageError
from datastreamer.events.digest import id_hash, unpacked
from datastreamer.events.labels import ANOMALY, NORMAL, Label
from datastreamer.events.trip import Trip, faults_of, parse_trip
from datastreamer.sensor.pacing import Pacer
from datastreamer.sensor.packing import Lines
from datastreamer.sensor.stopping import StopRequest
from datastreamer.sensor.taxi.anomalies import ANOMALIES, Injector
from datastreamer.sensor.taxi.record import lines_of
from datastreamer.sensor.taxi.source import TripSource
from datastreamer.sensor.taxi.trips import by_dropoff, recorded, simulated
from datastreamer.sensor.unreadable import Unreadable
from tests.unit.taxi.trips import row

DAY = date(2025, 1, 15)


def trips(count: int, seed: int = 7) -> list[Trip]:
    return list(islice(simulated(DAY, 1_000, seed=seed), count))


class Clock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Stop(StopRequest):
    """Waiting moves the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, seconds: float) -> None:
        self._clock.seconds += seconds


def sent(
    of: Iterator[Trip] | list[Trip], *, speedup: float | None = None, rate: float = 0.0, share: float = 0.0, **more: Any
) -> tuple[list[tuple[float, Lines]], list[Label]]:
    """Each record with the second at which it was sent, and the labels."""
    clock, labels = Clock(), list[Label]()
    source = TripSource(
        iter(of),
        Pacer(rate, monotonic=clock, wall=clock),
        Injector(share, 7),
        speedup=speedup,
        count=more.pop("count", None),
        unreadable=Unreadable(),
        witness=labels.extend,
        clock=clock,
        **more,
    )
    records = [(clock.seconds, lines) for batch in source.batches(Stop(clock)) for lines in batch]
    assert source.progress() == 1.0
    return records, labels


def test_equal_seeds_give_equal_trips_day_after_day() -> None:
    assert trips(2_500) == trips(2_500)
    assert trips(10) != trips(10, seed=8)
    assert {trip.pickup_time.date() for trip in trips(2_500)} == {DAY + timedelta(days=n) for n in range(3)}


def test_simulated_trips_are_as_the_contract_says_and_nothing_is_strange_about_them() -> None:
    for trip in trips(500):
        assert parse_trip(json.loads(lines_of(trip, trip.trip_id).data)) == trip
        assert faults_of(trip) == ()
        assert isinstance(trip.pickup_zone, int)


def test_trips_come_when_they_end_those_of_midnight_too() -> None:
    found = list(by_dropoff(trips(3_000)))
    ends = [trip.dropoff_time for trip in found]
    assert ends == sorted(ends)
    assert Counter(found) == Counter(trips(3_000))


def test_no_more_trips_are_held_than_are_under_way() -> None:
    taken: list[Trip] = []

    def watched() -> Iterator[Trip]:
        for trip in simulated(DAY, 1_000, seed=7):
            taken.append(trip)
            yield trip

    for number, trip in enumerate(islice(by_dropoff(watched()), 900), start=1):
        held = len(taken) - number
        assert held <= 1 + sum(1 for each in taken if each.dropoff_time >= trip.dropoff_time)
        assert held < 60


def test_a_trip_whose_clock_was_wrong_is_late_and_not_lost() -> None:
    wrong = replace(trips(1)[0], pickup_time=datetime(2009, 1, 1), dropoff_time=datetime(2009, 1, 1, 0, 9))  # noqa: DTZ001
    mixed = [*trips(50), wrong, *trips(100)[50:]]
    assert Counter(by_dropoff(mixed)) == Counter(mixed)


def test_in_event_time_the_distances_between_drop_offs_are_kept() -> None:
    found = list(by_dropoff(trips(200)))
    records, _ = sent(found, speedup=60.0)
    assert len(records) == len(found)
    for (second, _), trip in zip(records, found, strict=True):
        due = (trip.dropoff_time - found[0].dropoff_time).total_seconds() / 60.0
        assert due - 1e-6 <= second <= due + 0.2


def test_at_a_rate_recorded_times_do_not_matter() -> None:
    records, _ = sent(trips(100), rate=10.0)
    assert records[-1][0] == pytest.approx(10.0, abs=0.3)


def test_a_count_ends_the_run_and_the_next_trip_is_not_taken() -> None:
    source = iter(trips(50))
    records, labels = sent(source, count=20)
    assert len(records) == len(labels) == 20
    assert len(list(source)) == 30


def test_a_record_is_one_trip_with_its_id_keyed_by_zone_and_known_by_its_id() -> None:
    [trip] = trips(1)
    lines = lines_of(replace(trip, passenger_count=None), "an-id")
    record = json.loads(lines.data)
    assert record["trip_id"] == "an-id"
    assert record["tpep_pickup_datetime"] == trip.pickup_time.isoformat(sep=" ")
    assert "passenger_count" not in record
    assert b"\n" not in lines.data
    assert (lines.device, list(lines.ends)) == (f"zone-{trip.pickup_zone}", [len(lines.data)])
    assert unpacked(lines.hashes) == (id_hash(b"an-id"),)


# ----- anomalies


def test_there_are_eight_kinds_and_each_is_made_where_it_applies() -> None:
    assert len({kind.name for kind in ANOMALIES}) == 8
    injector = Injector(1.0, 7)
    kinds = Counter(injector.inject(trip)[1] for trip in trips(4_000))
    assert set(kinds) == {kind.name for kind in ANOMALIES}
    assert min(kinds.values()) > 300


def test_each_kind_changes_what_its_name_says_and_the_total_with_it() -> None:
    trip = parse_trip(row(fare_amount=10.0, total_amount=18.0, trip_distance=2.0))
    changed = {}
    for number, kind in enumerate(ANOMALIES):
        injector = Injector(1.0, 7)
        injector._random = _Fixed((number + 0.5) / len(ANOMALIES))  # type: ignore[assignment]
        made, name = injector.inject(trip)
        assert name == kind.name
        assert made.total_amount - trip.total_amount == pytest.approx(made.fare_amount - trip.fare_amount)
        assert made.trip_id != trip.trip_id
        changed[name] = (made.fare_amount, made.trip_distance)
    assert changed == {
        "fare_and_a_half": (15.0, 2.0),
        "fare_doubled": (20.0, 2.0),
        "fare_tripled": (30.0, 2.0),
        "fare_halved": (5.0, 2.0),
        "twenty_dollars_more": (30.0, 2.0),
        "airport_fare_in_the_city": (70.0, 2.0),
        "distance_left_out": (10.0, 0.0),
        "negative_fare": (-10.0, 2.0),
    }


class _Fixed:
    """Draws that make an anomaly of a chosen kind."""

    def __init__(self, which: float) -> None:
        self._which = which

    def random(self, _count: int) -> tuple[float, float]:
        return 0.0, self._which


def test_the_labels_have_the_truth_about_each_record_and_the_records_nothing_of_it() -> None:
    records, labels = sent(trips(3_000), share=0.1)
    assert [label.event_id for label in labels] == [json.loads(lines.data)["trip_id"] for _, lines in records]
    wrong = [label for label in labels if label.truth == ANOMALY]
    assert 0.08 < len(wrong) / len(labels) < 0.12
    assert {label.kind for label in wrong} == {kind.name for kind in ANOMALIES}
    assert all(label.kind == "" for label in labels if label.truth == NORMAL)
    honest = {frozenset(json.loads(lines.data)) for _, lines in sent(trips(3_000))[0]}
    assert {frozenset(json.loads(lines.data)) for _, lines in records} == honest


def test_another_share_leaves_the_kinds_of_the_others_as_they_were() -> None:
    few, many = (sent(trips(2_000), share=share)[1] for share in (0.05, 0.2))
    kinds = {number: label.kind for number, label in enumerate(few) if label.kind}
    assert kinds
    assert all(many[number].kind == kind for number, kind in kinds.items())


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="--anomalies is a fraction"):
        Injector(share, 7)


# ----- files


def write(path: Path, *rows: dict[str, Any], drop: str = "") -> Path:
    names = [name for name in row() if name != drop]
    lines = [",".join(names), *(",".join(str(each[name]) for name in names) for each in rows)]
    text = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("name", ["trips.csv", "trips.csv.gz"])
def test_a_file_of_tlc_is_read_and_its_bad_rows_are_named(tmp_path: Path, name: str) -> None:
    unreadable = Unreadable()
    path = write(tmp_path / name, row(), row(fare_amount="much"), row(trip_distance=3.5))
    found = list(recorded(path, unreadable))
    assert [trip.trip_distance for trip, _ in found] == [2.4, 3.5]
    assert unreadable.first == [{"line": 3, "problem": "invalid_fare_amount"}]
    assert found[0][0] == parse_trip(row())


def test_a_file_that_cannot_be_of_trips_is_refused_before_a_row_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="its first line lacks fare_amount"):
        recorded(write(tmp_path / "no-fare.csv", drop="fare_amount"), Unreadable())
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(UsageError, match="is empty"):
        recorded(tmp_path / "empty.csv", Unreadable())


def test_a_line_with_other_fields_than_the_first_is_named(tmp_path: Path) -> None:
    path, unreadable = write(tmp_path / "trips.csv", row()), Unreadable()
    path.write_text(path.read_text() + "1,2\n")
    assert len(list(recorded(path, unreadable))) == 1
    assert unreadable.first[0]["problem"] == "it has 2 fields, the first line 20"


def test_there_are_no_trips_before_the_tariffs() -> None:
    with pytest.raises(UsageError, match="tariffs are known from 2019-01-01"):
        simulated(date(2018, 12, 31), 10, seed=1)
