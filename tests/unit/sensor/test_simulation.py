"""Simulated sensors: reproducible, plausible, and dirty in every way that the contract knows."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datastreamer.errors import UsageError
from datastreamer.events.digest import id_hash, line_hash, unpacked
from datastreamer.events.reading import (
    KNOWN_FIELDS,
    REASONS,
    format_timestamp,
    parse_timestamp,
    reject_reason,
)
from datastreamer.events.strict_json import LINE_TOO_LONG
from datastreamer.sensor.kinesis.limits import MAX_RECORD_BYTES
from datastreamer.sensor.marks import DUPLICATE as REPEATED
from datastreamer.sensor.marks import LATE
from datastreamer.sensor.temperature.dirt import DIRT, spoil
from datastreamer.sensor.temperature.encoding import LineEncoder
from datastreamer.sensor.temperature.fleet import FIRMWARE, SITES, Fleet
from datastreamer.sensor.temperature.options import SimulationOptions
from datastreamer.sensor.temperature.plan import AFTER_DROPOUT, DIRTY, DUPLICATE, SPIKE, STUCK
from datastreamer.sensor.temperature.simulation import Block, TemperatureSimulation

START = datetime(2025, 10, 15, tzinfo=UTC)
ARRIVED = datetime(2025, 12, 1, tzinfo=UTC)
QUIET = SimulationOptions(devices=20, seed=7, start=START, interval=60.0)
FLEET = Fleet(1_000, 5)
ENCODER = LineEncoder(FLEET, "0123456789ab")
TROUBLED = replace(QUIET, dirty=0.05, duplicates=0.03, late=0.04)


def blocks(options: SimulationOptions, lines: int, size: int = 10_000) -> list[Block]:
    simulation, found, left = TemperatureSimulation(options), [], lines
    while left:
        found.append(simulation.take(min(size, left)))
        left -= found[-1].plan.lines
    return found


def lines_of(options: SimulationOptions, lines: int, size: int = 10_000) -> list[bytes]:
    return [line for block in blocks(options, lines, size) for line in block.lines]


def readings_of(options: SimulationOptions, lines: int) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(options, lines)]


@settings(max_examples=8, deadline=None)
@given(size=st.integers(1, 9_000), devices=st.sampled_from([1, 3, 100, 12_000]))
def test_the_same_lines_come_whatever_the_batch_size(size: int, devices: int) -> None:
    options = replace(TROUBLED, devices=devices)
    count = min(12_000, size * 300)
    assert lines_of(options, count, size) == lines_of(options, count)


@pytest.mark.parametrize(
    "change",
    [{"seed": 8}, {"start": START + timedelta(milliseconds=1)}, {"devices": 21}, {"interval": 61.0}, {"dirty": 0.06}],
)
def test_any_other_option_gives_other_event_ids(change: dict[str, Any]) -> None:
    ours = {reading["event_id"] for reading in readings_of(QUIET, 500)}
    lines = lines_of(replace(QUIET, **change), 500)
    other = [json.loads(line)["event_id"] for line in lines if reject_reason(line[:-1], ARRIVED) is None]
    assert len(other) > 400
    assert ours.isdisjoint(other)


def test_every_line_is_what_its_label_says() -> None:
    seen: Counter[str | None] = Counter()
    for block in blocks(replace(TROUBLED, dirty=0.3), 30_000):
        for position, line in enumerate(block.lines):
            assert line.endswith(b"\n")
            assert line.count(b"\n") == 1
            reason = reject_reason(line[:-1], ARRIVED)
            assert reason == block.reasons.get(position)
            seen[reason] += 1
    # No Kinesis record holds a line that is too long.
    assert set(seen) - {None} == set(REASONS) - {LINE_TOO_LONG}, "every reason of the contract occurs"


@pytest.mark.parametrize("kind", range(len(DIRT)), ids=[kind.name for kind in DIRT])
def test_every_kind_of_dirt_gets_its_reason_and_fits_in_a_record(kind: int) -> None:
    for line in lines_of(QUIET, 20):
        dirty, reason = spoil(kind, line)
        assert reason == DIRT[kind].reason
        assert reject_reason(dirty[:-1], ARRIVED) == reason
        assert dirty.endswith(b"\n")
        assert dirty.count(b"\n") == 1
        assert len(dirty) < MAX_RECORD_BYTES / 10


def test_kinds_of_dirt_have_names_of_their_own() -> None:
    assert len({kind.name for kind in DIRT}) == len(DIRT)


def test_fractions_are_kept() -> None:
    kinds: Counter[int] = Counter()
    late = 0
    for block in blocks(TROUBLED, 200_000):
        kinds.update(block.plan.kind.tolist())
        late += int((block.plan.late_ms > 0).sum())
    assert kinds[DIRTY] / 200_000 == pytest.approx(0.05, rel=0.05)
    assert kinds[DUPLICATE] / 200_000 == pytest.approx(0.03, rel=0.05)
    assert late / 200_000 == pytest.approx(0.04, rel=0.05)


def test_a_duplicate_repeats_an_earlier_valid_line_byte_for_byte_and_nothing_else_does() -> None:
    earlier: set[bytes] = set()
    duplicates = 0
    for block in blocks(TROUBLED, 60_000):
        for position, line in enumerate(block.lines):
            if block.plan.kind[position] == DUPLICATE:
                assert line in earlier
                duplicates += 1
            elif block.plan.kind[position] != DIRTY:
                assert line not in earlier
                earlier.add(line)
    assert duplicates > 1_000


def test_event_ids_are_unique_but_for_duplicates() -> None:
    ids = Counter(reading["event_id"] for reading in readings_of(replace(QUIET, late=0.1), 50_000))
    assert set(ids.values()) == {1}


def test_late_readings_are_one_hour_to_three_days_old() -> None:
    for block in blocks(TROUBLED, 20_000):
        plan = block.plan
        for position in np.flatnonzero(plan.late_ms).tolist():
            moment = parse_timestamp(json.loads(block.lines[position])["timestamp"])
            assert moment is not None
            taken = START + timedelta(minutes=1) * (plan.tick[position] + plan.device[position] / 20)
            assert timedelta(hours=1) <= taken - moment <= timedelta(hours=72, milliseconds=1)


def test_a_device_reports_at_its_interval_and_in_order() -> None:
    by_device: dict[str, list[datetime]] = defaultdict(list)
    for reading in readings_of(QUIET, 3_000):
        moment = parse_timestamp(reading["timestamp"])
        assert moment is not None
        by_device[reading["device_id"]].append(moment)
    assert len(by_device) == 20
    for moments in by_device.values():
        gaps = {(after - before) / timedelta(minutes=1) for before, after in itertools.pairwise(moments)}
        assert 1.0 in gaps
        assert all(gap >= 1.0 and gap == int(gap) for gap in gaps), "a dropout leaves a gap of whole intervals"


def test_readings_on_the_wall_clock_have_the_time_at_which_they_are_taken() -> None:
    simulation = TemperatureSimulation(replace(QUIET, interval=None))
    begin = START.timestamp() * 1000
    block = simulation.take(100, lambda lines: (begin, begin + 10.0 * lines))
    moments = [parse_timestamp(json.loads(line)["timestamp"]) for line in block.lines]
    assert moments == [START + timedelta(milliseconds=10 * number) for number in range(1, 101)]


@given(
    device=st.integers(0, 999),
    sequence=st.integers(0, 9_999_999_999),
    time_ms=st.integers(946_684_800_000, 4_102_444_799_999),
    centi=st.integers(-10_000, 20_000),
    humidity=st.integers(0, 1_000),
    battery=st.integers(0, 1_000),
)
def test_a_line_says_exactly_what_was_measured(
    *, device: int, sequence: int, time_ms: int, centi: int, humidity: int, battery: int
) -> None:
    arrays = {name: np.array([value, value], np.int64) for name, value in locals().items()}
    data, lengths = ENCODER.encode(**arrays)
    assert lengths.tolist() == [len(data) // 2] * 2
    assert b" " not in data
    number = f"{device + 1:04d}"
    assert json.loads(data[: len(data) // 2]) == {
        "event_id": f"0123456789ab-{number}-{sequence:010d}",
        "device_id": f"sensor-{number}",
        "timestamp": format_timestamp(
            datetime.fromtimestamp(time_ms // 1000, UTC) + timedelta(milliseconds=time_ms % 1000)
        ),
        "temperature": centi / 100,
        "humidity": humidity / 10,
        "battery": battery / 10,
        "site": SITES[FLEET.site[device]].name,
        "firmware": FIRMWARE[FLEET.firmware[device]],
    }


def test_unknown_fields_come_now_and_then() -> None:
    extras = [set(reading) - set(KNOWN_FIELDS) for reading in readings_of(QUIET, 20_000)]
    assert sum(map(bool, extras)) / 20_000 == pytest.approx(0.005, rel=0.4)
    assert {name for names in extras for name in names} == {"rssi", "note", "calibration", "uptime_s", "debug"}


def true_temperature(moment: datetime, days: float = 0.0, noise: float = 0.0) -> np.ndarray[Any, Any]:
    fleet = Fleet(500, 3)
    device = np.arange(500)
    seconds = np.full(500, moment.timestamp())
    return fleet.temperature(device, seconds, np.full(500, days * 86_400.0), np.full(500, noise))


def test_afternoons_are_warmer_than_nights_and_summers_than_winters() -> None:
    night, noon = datetime(2025, 7, 29, 18, tzinfo=UTC), datetime(2025, 7, 29, 6, tzinfo=UTC)
    assert 4.0 < (true_temperature(noon) - true_temperature(night)).mean() < 10.0, "15 h in Japan is 6 h UTC"
    winter = datetime(2025, 1, 29, 6, tzinfo=UTC)
    assert 12.0 < (true_temperature(noon) - true_temperature(winter)).mean() < 30.0


def test_devices_differ_by_bias_and_drift_apart() -> None:
    moment = datetime(2025, 4, 1, tzinfo=UTC)
    fleet = Fleet(500, 3)
    for site in range(len(SITES)):
        assert 0.2 < fleet.bias[fleet.site == site].std() < 0.6
    drifted = true_temperature(moment, days=30.0) - true_temperature(moment)
    assert drifted == pytest.approx(30.0 * fleet.drift_per_day)
    assert drifted.std() > 0.3
    assert (true_temperature(moment, noise=1.0) - true_temperature(moment)).min() >= 0.05


def test_humidity_falls_as_temperature_rises() -> None:
    readings = [reading for reading in readings_of(QUIET, 40_000) if reading["device_id"] == "sensor-0003"]
    temperature, humidity = (np.array([reading[name] for reading in readings]) for name in ("temperature", "humidity"))
    assert np.corrcoef(temperature, humidity)[0, 1] < -0.5
    assert humidity.min() >= 0.0
    assert humidity.max() <= 100.0


def test_batteries_drain_and_are_replaced() -> None:
    fleet = Fleet(50, 1)
    charge = np.array([fleet.battery(np.arange(50), np.full(50, sequence)) for sequence in range(0, 200_000, 500)])
    steps = np.diff(charge, axis=0)
    assert (steps < 0).mean() > 0.98
    assert steps.max() > 50.0, "a replaced battery is full"
    assert charge.min() >= 5.0
    assert charge.max() <= 100.0


def test_a_stuck_sensor_repeats_its_value_and_is_labelled() -> None:
    runs: dict[int, set[float]] = defaultdict(set)
    lengths: Counter[int] = Counter()
    for block in blocks(QUIET, 200_000, 777):
        for position in np.flatnonzero(block.plan.fault == STUCK).tolist():
            episode = int(block.plan.episode[position])
            runs[episode].add(json.loads(block.lines[position])["temperature"])
            lengths[episode] += 1
    assert len(runs) > 20
    assert {len(values) for values in runs.values()} == {1}
    assert max(lengths.values()) > 30


def test_spikes_stand_out_and_are_labelled() -> None:
    heights = []
    for block in blocks(QUIET, 100_000):
        heights += [block.plan.jump[position] for position in np.flatnonzero(block.plan.fault == SPIKE).tolist()]
    assert len(heights) / 100_000 == pytest.approx(0.001, rel=0.4)
    assert min(map(abs, heights)) >= 15.0


def test_the_first_reading_after_a_dropout_is_labelled() -> None:
    last: dict[int, int] = {}
    gaps = labels = 0
    for block in blocks(QUIET, 200_000):
        plan = block.plan
        for device, tick, fault in zip(plan.device.tolist(), plan.tick.tolist(), plan.fault.tolist(), strict=True):
            gap = device in last and tick != last[device] + 1
            gaps += gap
            labels += fault == AFTER_DROPOUT
            assert not gap or fault in (AFTER_DROPOUT, STUCK, SPIKE)
            assert fault != AFTER_DROPOUT or gap or device not in last
            last[device] = tick
    assert gaps > 10
    assert labels > 0.9 * gaps


def test_lines_by_device_hold_the_same_lines_and_their_marks() -> None:
    for block in blocks(TROUBLED, 20_000):
        names = [block.names[device] for device in block.plan.device.tolist()]
        expected: dict[str, list[bytes]] = defaultdict(list)
        for name, line in zip(names, block.lines, strict=True):
            expected[name].append(line)
        marked: Counter[str] = Counter()
        for device, data, ends, marks, _ in block.by_device():
            assert [data[start:end] for start, end in zip([0, *ends], ends, strict=False)] == expected.pop(device)
            marked.update(mark for _, mark in marks)
        assert not expected
        assert marked["duplicate"] == (block.plan.kind == DUPLICATE).sum()
        assert sum(count for mark, count in marked.items() if mark.startswith("dirty:")) == len(block.reasons)
        assert marked["late"] == ((block.plan.late_ms > 0) & (block.plan.kind == 0)).sum()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"devices": 0}, "--devices must be from 1"),
        ({"seed": -1}, "--seed must not be negative"),
        ({"dirty": 1.5}, "--dirty is a fraction"),
        ({"late": -0.1}, "--late is a fraction"),
        ({"dirty": float("nan")}, "--dirty is a fraction"),
        ({"dirty": 0.6, "duplicates": 0.3}, "do not fit together"),
        ({"dirty": 0.5, "late": 0.6}, "do not fit together"),
        ({"interval": 0.0}, "--interval must be from 0.001"),
        ({"start": datetime(2000, 1, 2, tzinfo=UTC)}, "--start must be 2000-01-04 or later"),
    ],
)
def test_options_that_make_no_sense_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        replace(QUIET, **change)


def test_event_times_in_the_future_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(UsageError, match="refuses times in the future"):
        QUIET.check_end(20 * 60 * 24 * 3, START + timedelta(days=1, hours=23))
    QUIET.check_end(20 * 60 * 24 * 3, START + timedelta(days=2))


def test_only_dirt_is_possible() -> None:
    for block in blocks(replace(QUIET, dirty=1.0), 2_000):
        assert len(block.reasons) == block.plan.lines


def test_each_line_goes_with_the_hash_of_what_it_is_known_by() -> None:
    known: dict[bytes, int] = {}
    for block in blocks(TROUBLED, 30_000):
        for lines in block.by_device():
            hashes, start = unpacked(lines.hashes), 0
            special = {place: mark for place, mark in lines.marks if mark != LATE}
            for place, end in enumerate(lines.ends):
                line, start = lines.data[start : end - 1], end
                mark = special.get(place)
                expected = line_hash(line) if mark and mark != REPEATED else id_hash(_event_id(line))
                assert hashes[place] == expected
                if mark == REPEATED:
                    assert known[line] == hashes[place]
                known[line] = hashes[place]


def _event_id(line: bytes) -> bytes:
    event_id: str = json.loads(line)["event_id"]
    return event_id.encode()
