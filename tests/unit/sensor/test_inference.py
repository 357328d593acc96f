"""Simulated climate sensors: reproducible, physically plausible, faulty and poisonous as labelled."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.errors import InvalidRecordError, UsageError
from datastreamer.events.labels import ANOMALY, NORMAL, POISON
from datastreamer.inference.processing.item import unscored_item
from datastreamer.inference.record import parse_record
from datastreamer.scoring.delivery import Delivery
from datastreamer.sensor.inference.faults import FAULTS, HEALTHY, apply_faults
from datastreamer.sensor.inference.fleet import Air
from datastreamer.sensor.inference.options import SimulationOptions
from datastreamer.sensor.inference.poison import POISONS, WHOLESOME, spoil
from datastreamer.sensor.inference.simulation import Block, InferenceSimulation

START = datetime(2025, 10, 15, tzinfo=UTC)
HEALTH = SimulationOptions(devices=20, seed=7, start=START, interval=600.0)
TROUBLE = replace(HEALTH, anomalies=0.1, poison=0.05)


def blocks(options: SimulationOptions, records: int, size: int = 10_000) -> list[Block]:
    simulation, found, left = InferenceSimulation(options), [], records
    while left:
        found.append(simulation.take(min(size, left)))
        left -= found[-1].size
    return found


def bodies(options: SimulationOptions, records: int, size: int = 10_000) -> list[bytes]:
    return [body for block in blocks(options, records, size) for body in block.bodies]


def column(found: list[Block], name: str) -> np.ndarray[Any, Any]:
    return np.concatenate([getattr(block.plan, name) for block in found])


@settings(max_examples=8, deadline=None)
@given(size=st.integers(1, 9_000), devices=st.sampled_from([1, 3, 100, 12_000]))
def test_the_same_records_come_whatever_the_batch_size(size: int, devices: int) -> None:
    options = replace(TROUBLE, devices=devices)
    count = min(12_000, size * 300)
    assert bodies(options, count, size) == bodies(options, count)


@pytest.mark.parametrize(
    "change", [{"seed": 8}, {"devices": 21}, {"interval": 601.0}, {"anomalies": 0.2}, {"poison": 0.01}]
)
def test_any_other_option_gives_other_event_ids(change: dict[str, Any]) -> None:
    ours, others = (
        {i for b in blocks(options, 500) for i in b.event_ids} for options in (HEALTH, replace(HEALTH, **change))
    )
    assert len(ours) == 500
    assert ours.isdisjoint(others)


def test_a_healthy_record_is_what_the_contract_says() -> None:
    for block in blocks(HEALTH, 3_000):
        for body, event_id, values in zip(block.bodies, block.event_ids, block.values.tolist(), strict=True):
            record = json.loads(body)
            assert record["id"] in block.fleet.names
            assert record["data"] == values
            assert record["event_id"] == event_id
            assert datetime.fromisoformat(record["timestamp"]) >= START


def test_nothing_on_the_wire_tells_a_faulty_device() -> None:
    for block in blocks(replace(TROUBLE, poison=0.0), 3_000):
        assert {frozenset(json.loads(body)) for body in block.bodies} == {
            frozenset({"id", "data", "event_id", "timestamp", "site", "firmware"})
        }
        assert not any(fault.name.encode() in body for fault in FAULTS for body in block.bodies)


def test_healthy_air_is_plausible_and_its_humidity_falls_as_it_warms() -> None:
    found = blocks(replace(HEALTH, devices=1), 1_000)
    temperature, humidity, pressure = np.concatenate([block.values for block in found]).T
    assert 15.0 < temperature.min() < temperature.max() < 28.0
    assert 25.0 < humidity.min() < humidity.max() < 75.0
    assert 985.0 < pressure.min() < pressure.max() < 1035.0
    assert np.corrcoef(temperature, humidity)[0, 1] < -0.2
    assert np.abs(np.diff(pressure)).max() < 2.0, "pressure changes slowly"
    hour = (found[0].time_ms // 3_600_000 + 9) % 24
    assert temperature[: len(hour)][hour == 15].mean() > temperature[: len(hour)][hour == 3].mean() + 1.0


def test_faults_and_poison_come_as_often_as_asked() -> None:
    found = blocks(replace(TROUBLE, devices=200), 200_000)
    assert (column(found, "fault") != HEALTHY).mean() == pytest.approx(0.1, rel=0.1)
    assert (column(found, "poison") != WHOLESOME).mean() == pytest.approx(0.05, rel=0.05)
    shares = Counter(column(found, "fault").tolist())
    assert min(shares[kind] for kind in range(len(FAULTS))) > 0.4 * max(shares[kind] for kind in range(len(FAULTS)))
    assert {int(kind) for kind in column(found, "poison")} == {WHOLESOME, *range(len(POISONS))}


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_none_and_all_are_possible(fraction: float) -> None:
    found = blocks(replace(HEALTH, anomalies=fraction, poison=fraction), 3_000)
    assert (column(found, "fault") != HEALTHY).mean() == fraction
    assert (column(found, "poison") != WHOLESOME).mean() == fraction


def test_a_fault_is_one_episode_of_one_device() -> None:
    found = blocks(replace(HEALTH, anomalies=0.1), 50_000)
    fault, device, progress = (column(found, name) for name in ("fault", "device", "progress"))
    for number in range(20):
        mine, come = fault[device == number], progress[device == number]
        going_on = (mine[1:] == mine[:-1]) & (mine[1:] != HEALTHY) & (come[:-1] < 1.0)
        assert (come[1:][going_on] > come[:-1][going_on]).all()
        broken_off = (come[:-1] < 1.0) & (mine[:-1] != HEALTHY) & (mine[1:] != mine[:-1])
        assert not broken_off.any()


@pytest.mark.parametrize("kind", range(len(FAULTS)), ids=[fault.name for fault in FAULTS])
def test_each_fault_changes_what_it_says(kind: int) -> None:
    options = replace(HEALTH, anomalies=0.2, seed=3, devices=50)
    healthy = InferenceSimulation(options)
    moved = 0.0
    for block in blocks(options, 100_000):
        noise = np.stack([block.plan.noise_temperature, block.plan.noise_humidity, block.plan.noise_pressure])
        without = np.stack(healthy.fleet.measure(block.plan.device, block.time_ms / 1000.0, noise), axis=1)
        change = np.abs(block.values - without)
        assert change[block.plan.fault == HEALTHY].max() < 0.006, "only rounding"
        moved = np.maximum(moved, change[block.plan.fault == kind].max(axis=0))
    wanted = {
        "overheating": (12.0, 15.0, 0.0),
        "weak_cooling": (5.0, 6.0, 0.0),
        "humidity_saturated": (0.0, 25.0, 0.0),
        "humidity_decoupled": (0.0, 15.0, 0.0),
        "pressure_leak": (0.0, 0.0, 25.0),
        "temperature_drift": (7.0, 0.0, 0.0),
        "spike": (25.0, 0.0, 0.0),
    }[FAULTS[kind].name]
    for measured, least in zip(np.asarray(moved).tolist(), wanted, strict=True):
        assert measured > least if least else measured < 0.006


@pytest.mark.parametrize("kind", range(len(POISONS)), ids=[poison.name for poison in POISONS])
def test_poison_is_parked_with_its_reason_and_still_holds_its_event_id(kind: int) -> None:
    for block in blocks(HEALTH, 40):
        for body, event_id in zip(block.bodies, block.event_ids, strict=True):
            assert event_id.encode() in spoil(kind, body)
            assert judged(body) is None
            assert judged(spoil(kind, body)) == POISONS[kind].reason


def judged(payload: bytes) -> str | None:
    """The reason with which the pipeline parks ``payload``, or None for a record that it can score."""
    try:
        record = parse_record(payload)
        unscored_item(Delivery("shard:1", "shard", "1", 0, payload, {}), record, None)
    except InvalidRecordError as error:
        return error.reason
    # The example model has three features, and its container refuses rows of another number.
    return None if len(record.data) == 3 else "refused_by_model"


def test_labels_tell_the_truth_about_each_record() -> None:
    seen: Counter[str] = Counter()
    for block in blocks(TROUBLE, 20_000):
        labels = list(block.labels())
        assert [label.event_id for label in labels] == block.event_ids
        for position, label in enumerate(labels):
            fault, poison = block.plan.fault[position], block.plan.poison[position]
            seen[label.truth] += 1
            assert label.device == block.fleet.names[block.plan.device[position]]
            if label.truth == POISON:
                assert POISONS[poison].name == label.kind
            elif label.truth == ANOMALY:
                assert (FAULTS[fault].name, poison) == (label.kind, WHOLESOME)
            else:
                assert (label.kind, fault, poison) == ("", HEALTHY, WHOLESOME)
    assert min(seen[truth] for truth in (NORMAL, ANOMALY, POISON)) > 500


def test_records_by_device_are_the_same_records_and_poison_is_marked() -> None:
    for block in blocks(TROUBLE, 10_000):
        sent: Counter[bytes] = Counter()
        poison: Counter[str] = Counter()
        for device, data, ends, marks, _ in block.by_device():
            mine = [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]
            number = block.fleet.names.index(device)
            assert mine == [block.bodies[place] for place in np.flatnonzero(block.plan.device == number)]
            sent.update(mine)
            poison.update(mark for _, mark in marks)
        assert sent == Counter(block.bodies)
        reason = {poison.name: poison.reason for poison in POISONS}
        labelled = Counter(f"dirty:{reason[label.kind]}" for label in block.labels() if label.truth == POISON)
        assert poison == labelled


def test_readings_on_the_wall_clock_have_the_time_at_which_they_are_taken() -> None:
    simulation = InferenceSimulation(replace(HEALTH, interval=None))
    begin = START.timestamp() * 1000
    block = simulation.take(100, lambda records: (begin, begin + 10.0 * records))
    assert [json.loads(body)["timestamp"] for body in block.bodies[:2]] == [
        "2025-10-15T00:00:00.010Z",
        "2025-10-15T00:00:00.020Z",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"devices": 0}, "--devices must be from 1"),
        ({"seed": -1}, "--seed must not be negative"),
        ({"anomalies": 1.5}, "--anomalies is a fraction"),
        ({"poison": float("nan")}, "--poison is a fraction"),
        ({"interval": 0.0}, "--interval must be from 0.001"),
    ],
)
def test_options_that_make_no_sense_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        replace(HEALTH, **change)


def test_a_faulty_humidity_sensor_stays_within_its_range() -> None:
    decoupled = [fault.name for fault in FAULTS].index("humidity_decoupled")
    air = Air(*(np.array([value, value]) for value in (20.0, 90.0, 1010.0)))
    high, low = apply_faults(
        air._replace(humidity=np.array([90.0, 10.0])),
        np.array([decoupled, decoupled], np.int8),
        progress=np.ones(2),
        severity=np.ones(2),
        direction=np.array([1.0, -1.0]),
    ).humidity
    assert (high, low) == (100.0, 0.0)
