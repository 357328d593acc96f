"""The simulated fleet: coherent, as its contract says, the same for a seed, and its truth true."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datastreamer.errors import UsageError
from datastreamer.events.digest import id_hash, line_hash, unpacked
from datastreamer.events.fleet.answers import History, Span
from datastreamer.events.fleet.event import REASONS, Event, encode_event, parse_event, reject_reason
from datastreamer.events.fleet.facts import EdgeType
from datastreamer.events.fleet.graph import graph_of
from datastreamer.events.fleet.payloads import (
    EVENT_TYPES,
    DeviceMoved,
    DeviceRegistered,
    DeviceRemoved,
    FirmwareChanged,
    GatewayRegistered,
    LinkChanged,
    Metric,
)
from datastreamer.events.fleet.truth import TruthFile, read_truth
from datastreamer.events.strict_json import LINE_TOO_LONG
from datastreamer.sensor import marks
from datastreamer.sensor.insight.dirt import DIRT, spoil
from datastreamer.sensor.insight.incidents import BadFirmware, DeadBattery, DeadUplink, Incident, WornBearing
from datastreamer.sensor.insight.installation import MODELS, Installation
from datastreamer.sensor.insight.options import SimulationOptions
from datastreamer.sensor.insight.samples import sample
from datastreamer.sensor.insight.simulation import MOST_BEHIND, Block, InsightSimulation
from datastreamer.sensor.insight.witness import Witness
from datastreamer.sensor.insight.writing import Line, LineWriter
from datastreamer.sensor.kinesis.limits import MAX_RECORD_BYTES

START = datetime(2026, 11, 1, tzinfo=UTC)
ARRIVED = datetime(2026, 11, 30, tzinfo=UTC)
Watched = tuple[list[Event], dict[str, Any]]
QUIET = SimulationOptions(sites=3, devices=90, seed=7, start=START, interval=60.0)
BUSY = replace(QUIET, topology_changes=0.05, incidents=3)
ROUGH = replace(BUSY, dirty=0.1, duplicates=0.1, late=0.1)


def blocks(options: SimulationOptions, *sizes: int) -> list[Block]:
    simulation = InsightSimulation(options)
    return [simulation.take(size) for size in sizes]


@cache
def lines(options: SimulationOptions, count: int) -> list[Line]:
    return blocks(options, count)[0].lines


@cache
def busy_events() -> list[Event]:
    """Enough for every kind of change and of incident."""
    return events(lines(BUSY, 20_000))


def events(of: Iterable[Line]) -> list[Event]:
    return [parse_event(line.data[:-1], ARRIVED) for line in of if not line.mark.startswith(marks.DIRTY)]


@pytest.mark.parametrize("options", [QUIET, BUSY, ROUGH])
def test_equal_options_give_equal_lines_however_they_are_taken(options: SimulationOptions) -> None:
    whole = lines(options, 6_000)
    assert [line for block in blocks(options, 1, 4_999, 700, 300) for line in block.lines] == whole
    assert lines(replace(options, seed=8), 100) != whole[:100]


def test_every_line_is_an_event_or_marked_with_the_reason_for_which_it_is_none() -> None:
    for line in lines(ROUGH, 40_000)[:12_000]:
        assert line.data.endswith(b"\n")
        assert b"\n" not in line.data[:-1]
        reason = reject_reason(line.data[:-1], ARRIVED)
        assert (marks.DIRTY + reason if reason else "") == (line.mark if line.mark.startswith(marks.DIRTY) else "")
        known_by = line_hash(line.data[:-1]) if reason else id_hash(json.loads(line.data)["event_id"].encode())
        assert line.hash == known_by


def test_the_short_way_writes_a_metric_as_the_contract_does() -> None:
    for line in lines(QUIET, 2_000):
        event = parse_event(line.data[:-1], ARRIVED)
        assert encode_event(event) == line.data[:-1]
        assert (line.event or event) == event
        assert (line.event is None) == isinstance(event.payload, Metric)
        assert line.site == event.site_id


def test_topology_comes_before_the_metrics_of_what_it_registers() -> None:
    known: set[str] = set()
    for event in busy_events():
        match event.payload:
            case DeviceRegistered(device_id=device):
                known.add(device)
            case DeviceRemoved(device_id=device):
                known.remove(device)
            case Metric(device_id=device):
                assert device in known


def test_a_metric_has_the_site_gateway_and_model_that_its_device_had_then() -> None:
    behind: dict[str, tuple[str, str]] = {}
    models: dict[str, str] = {}
    for event in busy_events():
        match event.payload:
            case DeviceRegistered(device_id=device, gateway_id=gateway, model=model):
                behind[device], models[device] = (event.site_id, gateway), model
            case DeviceMoved(device_id=device, gateway_id=gateway) | LinkChanged(device_id=device, gateway_id=gateway):
                behind[device] = (event.site_id, gateway)
            case Metric(device_id=device, gateway_id=gateway, model=model):
                assert ((event.site_id, gateway), model) == (behind[device], models[device])


def test_every_type_of_event_is_sent_and_every_kind_of_incident_happens() -> None:
    assert {event.event_type for event in busy_events()} == set(EVENT_TYPES)
    began = Counter(note.incident.kind for note, _ in blocks(BUSY, 20_000)[0].moments if note.began)
    assert set(began) == {"dead_uplink", "bad_firmware", "worn_bearing", "dead_battery"}
    assert not blocks(QUIET, 5_000)[0].moments


def test_without_changes_and_incidents_a_round_has_a_metric_of_each_device() -> None:
    found = events(lines(QUIET, 5_000))
    metrics = [event for event in found if isinstance(event.payload, Metric)]
    rounds = [metrics[begin : begin + 90] for begin in range(0, 1_800, 90)]
    for each in rounds:
        assert len({event.payload.device_id for event in each if isinstance(event.payload, Metric)}) == 90
    assert metrics[90].occurred_at - metrics[0].occurred_at < timedelta(seconds=61)


def test_versions_grow_for_each_entity_and_are_above_those_of_earlier_runs() -> None:
    last: dict[tuple[str, str], int] = {}
    for event in busy_events():
        assert event.version > last.get(event.entity, 0)
        last[event.entity] = event.version
    later = events(lines(replace(BUSY, start=START + timedelta(days=1)), 5))
    assert later[0].version > max(last.values())


def test_versions_grow_where_the_clock_stands_still() -> None:
    simulation = InsightSimulation(replace(QUIET, interval=None))
    now = START.timestamp() * 1000.0
    found = [event for _ in range(3) for event in events(simulation.take(400, lambda _: (now, now)).lines)]
    assert {event.occurred_at for event in found} == {START}
    assert len({event.version for event in found}) == len(found)


def test_by_the_clock_events_have_the_times_of_their_window() -> None:
    simulation = InsightSimulation(replace(QUIET, interval=None))
    begin = START.timestamp() * 1000.0
    times = [event.occurred_at for event in events(simulation.take(100, lambda _: (begin, begin + 5_000.0)).lines)]
    assert times == sorted(times)
    assert times[0] == START + timedelta(milliseconds=50)
    assert times[-1] == START + timedelta(seconds=5)


# ----- late, repeated, dirty


def test_shares_of_lines_are_as_asked_for() -> None:
    found = Counter(line.mark.partition(":")[0] for line in lines(ROUGH, 40_000)[10_000:])
    for mark in ("dirty", marks.DUPLICATE, marks.LATE):
        assert found[mark] / 30_000 == pytest.approx(0.1, abs=0.01)


def test_a_late_event_is_one_that_later_events_have_overtaken_and_none_is_lost() -> None:
    late = replace(QUIET, late=0.2)
    found = lines(late, 20_000)
    versions = [event.version for event in events(found)]
    newest = 0
    for line, version in zip(found, versions, strict=True):
        if line.mark == marks.LATE:
            assert version < newest
        newest = max(newest, version)
    sent = {json.loads(line.data)["event_id"] for line in found}
    numbers = sorted(int(name.rpartition("-")[2]) for name in sent)
    assert len(sent) == len(found)
    missing = set(range(1, numbers[-1] + 1)) - set(numbers)
    assert not [number for number in missing if number < len(found) - 2 * MOST_BEHIND]


def test_metrics_may_come_before_the_registration_of_their_device_if_events_are_late() -> None:
    registered: set[str] = set()
    early = set()
    for event in events(lines(replace(QUIET, late=0.2), 5_000)):
        match event.payload:
            case DeviceRegistered(device_id=device):
                registered.add(device)
            case Metric(device_id=device) if device not in registered:
                early.add(device)
    assert early


def test_all_events_may_be_late() -> None:
    assert len(lines(replace(QUIET, late=1.0), 3_000)) == 3_000


def test_a_repeated_line_is_an_earlier_one_byte_for_byte() -> None:
    seen: set[bytes] = set()
    for line in lines(ROUGH, 40_000)[:20_000]:
        if not line.mark.startswith(marks.DIRTY):
            assert (line.data in seen) == (line.mark == marks.DUPLICATE)
            seen.add(line.data)


def test_dirt_takes_no_event_away() -> None:
    clean, dirty = lines(BUSY, 5_000), lines(replace(BUSY, dirty=0.3), 9_000)
    valid = [line for line in dirty if not line.mark]
    for one, other in zip(clean, valid, strict=False):
        first, second = json.loads(one.data), json.loads(other.data)
        assert (first["event_type"], first["payload"].get("device_id")) == (
            second["event_type"],
            second["payload"].get("device_id"),
        )


def test_dirt_has_every_reason_that_a_record_can_hold_and_each_kind_gives_its_own() -> None:
    assert {kind.reason for kind in DIRT} == set(REASONS) - {LINE_TOO_LONG}
    assert len({kind.name for kind in DIRT}) == len(DIRT)
    fleet = Installation(2, 20, np.random.default_rng(7))
    writer = LineWriter(fleet, "tag")
    for kind in DIRT:
        valid = writer.said(sample(kind.event_type, fleet, 3), int(START.timestamp() * 1000)).data[:-1]
        assert reject_reason(valid, ARRIVED) is None
        line = spoil(kind, valid)
        assert reject_reason(line, ARRIVED) == kind.reason, kind.name
        assert b"\n" not in line
        assert len(line) < MAX_RECORD_BYTES


def test_lines_of_a_site_travel_together_in_order_with_their_marks() -> None:
    block = blocks(ROUGH, 5_000)[0]
    by_site = list(block.by_device())
    assert sorted(lines.device for lines in by_site) == sorted({line.site for line in block.lines})
    for of_site in by_site:
        mine = [line for line in block.lines if line.site == of_site.device]
        assert of_site.data == b"".join(line.data for line in mine)
        assert of_site.ends[-1] == len(of_site.data)
        assert list(of_site.marks) == [(place, line.mark) for place, line in enumerate(mine) if line.mark]
        assert unpacked(of_site.hashes) == tuple(line.hash for line in mine)


# ----- the truth


def test_the_graph_of_the_truth_is_what_the_sent_events_mean(tmp_path: Path) -> None:
    with TruthFile(tmp_path / "truth.jsonl") as file:
        witness = Witness(file, {"seed": 7})
        found = blocks(ROUGH, 3_000, 9_000)
        for block in found:
            witness.see(block)
        witness.close()
    truth = read_truth(tmp_path / "truth.jsonl")
    assert truth.options == {"seed": 7}
    assert truth.graph == graph_of(events(line for block in found for line in block.lines)).document()


def test_nothing_depends_on_itself_however_far_round() -> None:
    graph = graph_of(busy_events())
    needs = defaultdict(set)
    for edge in graph.edges.values():
        if edge.type == EdgeType.DEPENDS_ON:
            needs[edge.start].add(edge.end)
            assert graph.vertices[edge.end].properties["state"] == "registered"
    assert needs

    def reached(start: str) -> set[str]:
        return set().union(*({end, *reached(end)} for end in needs.get(start, ())))

    assert not [start for start in needs if start in reached(start)]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """The events of incidents one at a time, in order, and the first incident of each kind that ended."""
    [block] = blocks(replace(QUIET, incidents=1), 16_000)
    path = tmp_path_factory.mktemp("truth") / "truth.jsonl"
    with TruthFile(path) as file:
        Witness(file, {}).see(block)
    ended = [incident for incident in read_truth(path).incidents.values() if incident.ended]
    return events(block.lines), {incident.kind: incident for incident in ended[::-1]}


def test_nobody_changes_what_an_incident_troubles_and_no_device_speaks_through_a_dead_gateway() -> None:
    block = blocks(replace(BUSY, sites=1, devices=120), 24_000)[0]  # so that gateways serve gateways
    sent = events(block.lines)
    began: dict[str, tuple[Incident, datetime]] = {}
    spans: list[tuple[Incident, datetime, datetime]] = []
    for (incident, is_begin), at in block.moments:
        if is_begin:
            began[incident.name] = (incident, datetime.fromisoformat(at))
        else:
            spans.append((*began[incident.name], datetime.fromisoformat(at)))
    assert {type(incident) for incident, _, _ in spans} == {DeadUplink, BadFirmware, WornBearing, DeadBattery}
    uplinks = {
        event.payload.gateway_id: event.payload.uplink_id
        for event in sent
        if isinstance(event.payload, GatewayRegistered)
    }
    for incident, start, end in spans:
        involved = {*incident.troubled_devices, *incident.dependent_devices}
        during = [event for event in sent if start < event.occurred_at < end]
        changed = {
            f"device:{event.payload.device_id}"
            for event in during
            if isinstance(event.payload, DeviceMoved | DeviceRemoved | LinkChanged)
        }
        assert changed
        assert not changed & involved
        if isinstance(incident, DeadUplink):
            dead = {incident.cause.removeprefix("gateway:")}
            for _ in range(4):
                dead |= {gateway for gateway, uplink in uplinks.items() if uplink in dead}
            assert not [e for e in during if isinstance(e.payload, Metric) and e.payload.gateway_id in dead]


def series(found: list[Event], device: str, measure: str) -> list[tuple[datetime, float]]:
    return [
        (event.occurred_at, getattr(event.payload.measures, measure))
        for event in found
        if isinstance(event.payload, Metric) and f"device:{event.payload.device_id}" == device
    ]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_devices_behind_a_dead_uplink_are_silent_while_it_lasts_and_only_they(watched: Watched) -> None:
    found, ended = watched
    incident = ended["dead_uplink"]
    began, over = datetime.fromisoformat(incident.began), datetime.fromisoformat(incident.ended)
    during = {
        f"device:{event.payload.device_id}"
        for event in found
        if isinstance(event.payload, Metric) and began <= event.occurred_at < over
    }
    graph = graph_of(event for event in found if event.occurred_at < began)
    everyone = {name for name, vertex in graph.vertices.items() if vertex.label == "Device"}
    assert everyone - during == set(incident.troubled)
    behind = {incident.cause}
    for _ in range(4):
        behind |= {edge.start for edge in graph.edges.values() if edge.type == EdgeType.UPLINK and edge.end in behind}
    assert set(incident.troubled) == {
        edge.start for edge in graph.edges.values() if edge.type == EdgeType.CONNECTED_TO and edge.end in behind
    }
    assert not incident.orders
    assert all(series(found, device, "rssi")[-1][0] > over for device in incident.troubled)


def test_a_bad_firmware_heats_all_devices_of_a_model_until_another_replaces_it(watched: Watched) -> None:
    found, ended = watched
    incident = ended["bad_firmware"]
    began, over = datetime.fromisoformat(incident.began), datetime.fromisoformat(incident.ended)
    bad = incident.cause.removeprefix("firmware:")
    updated = {
        f"device:{event.payload.device_id}"
        for event in found
        if isinstance(event.payload, FirmwareChanged) and event.payload.firmware == bad
    }
    assert updated == set(incident.troubled)
    models = {
        event.payload.model
        for event in found
        if isinstance(event.payload, Metric) and f"device:{event.payload.device_id}" in updated
    }
    assert len(models) == 1
    for device in incident.troubled[:5]:
        values = series(found, device, "temperature")
        hot = mean([value for at, value in values if began < at < over])
        assert hot - mean([value for at, value in values if at < began]) > 4.0
        assert (
            abs(mean([value for at, value in values if at > over]) - mean([v for at, v in values if at < began])) < 3.0
        )
    graph = graph_of(found)
    assert not [edge for edge in graph.edges.values() if edge.end == incident.cause]
    assert len(incident.orders) == len(incident.troubled)
    assert all(graph.vertices[f"maintenance:{order}"].properties["state"] == "closed" for order in incident.orders)


def test_a_worn_bearing_shakes_its_device_heats_its_dependents_and_is_repaired(watched: Watched) -> None:
    found, ended = watched
    incident = ended["worn_bearing"]
    began, over = datetime.fromisoformat(incident.began), datetime.fromisoformat(incident.ended)
    [device] = incident.troubled
    assert incident.cause == device
    values = series(found, device, "vibration")
    assert mean([v for at, v in values if began < at < over]) > mean([v for at, v in values if at < began]) + 3.0
    assert mean([v for at, v in values if at > over]) < mean([v for at, v in values if at < began]) + 1.0
    graph = graph_of(event for event in found if event.occurred_at < began)
    reached = {device}
    for _ in MODELS:
        reached |= {e.start for e in graph.edges.values() if e.type == EdgeType.DEPENDS_ON and e.end in reached}
    assert set(incident.dependents) == reached - {device}
    assert len(incident.orders) == 1


def test_a_dead_battery_runs_down_and_silences_one_device_until_it_is_replaced(watched: Watched) -> None:
    found, ended = watched
    incident = ended["dead_battery"]
    began, over = datetime.fromisoformat(incident.began), datetime.fromisoformat(incident.ended)
    values = series(found, incident.troubled[0], "battery")
    during = [value for at, value in values if began < at < over]
    assert 0 < len(during) < 12
    assert max(during) <= 4.0
    after = [value for at, value in values if at > over]
    assert min(after) > 4.0


def test_the_questions_about_both_stores_find_the_incidents(watched: Watched) -> None:
    found, ended = watched
    silence = timedelta(minutes=5)

    def late_in(kind: str) -> tuple[History, Span]:
        """What was known when nine tenths of the incident had passed, and the last third of that."""
        begin, end = (datetime.fromisoformat(at) for at in (ended[kind].began, ended[kind].ended))
        now = begin + 0.9 * (end - begin)
        return History(event for event in found if event.occurred_at < now), Span(now - 0.3 * (end - begin), now)

    history, span = late_in("dead_uplink")
    uplink = ended["dead_uplink"]
    assert history.silent(span.end, silence) == {uplink.cause: sorted(uplink.troubled)}
    history, span = late_in("dead_battery")
    battery = ended["dead_battery"].cause
    assert history.silent(span.end, silence) == {battery: [battery]}
    history, span = late_in("bad_firmware")
    hottest = history.common_ancestors("temperature", span, 10)
    assert hottest[0].vertex == ended["bad_firmware"].cause
    assert hottest[0].shared == 10
    history, span = late_in("worn_bearing")
    bearing = ended["worn_bearing"]
    assert {hit.device for hit in history.blast_radius(bearing.cause, span.end)} == set(bearing.dependents)
    assert bearing.cause in [each.device for each in history.candidates("vibration", span)]
    effect = History(found).maintenance_effect(f"maintenance:{bearing.orders[0]}", "vibration", 2 * silence)
    assert effect
    assert effect[0] > effect[1] + 2.0


# ----- options


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sites": 0}, "--sites must be from 1"),
        ({"sites": 91}, "--sites must be from 1 to 100 and at most --devices"),
        ({"devices": 0}, "--devices must be from 1"),
        ({"incidents": -1}, "--incidents must be from 0"),
        ({"topology_changes": 1.5}, "--topology-changes is a fraction"),
        ({"dirty": 0.6, "duplicates": 0.3}, "do not fit together"),
        ({"late": 0.9, "dirty": 0.2}, "do not fit together"),
        ({"start": datetime(1999, 12, 31, tzinfo=UTC)}, "--start must be 2000-01-01 or later"),
    ],
)
def test_what_cannot_be_simulated_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        replace(QUIET, **changes)


def test_a_fleet_of_one_device_and_one_with_more_sites_than_names_can_be_simulated() -> None:
    assert len(lines(replace(QUIET, sites=1, devices=1, incidents=5, topology_changes=1.0), 2_000)) == 2_000
    sites = {line.site for line in lines(replace(QUIET, sites=30), 2_000)}
    assert len(sites) == 30
