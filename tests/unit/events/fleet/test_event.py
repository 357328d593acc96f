"""The contract of a fleet's events."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datastreamer.events.fleet.event import (
    ENVELOPE,
    FUTURE_TOLERANCE,
    REASONS,
    encode_event,
    parse_event,
    reject_reason,
)
from datastreamer.events.fleet.fields import Kind
from datastreamer.events.fleet.payloads import EVENT_TYPES, FIELDS, MEASURES, DependsOn, Measures, Metric
from tests.unit.events.fleet.events import PAYLOADS, document, line, with_payload

ARRIVED = datetime(2026, 11, 30, 8, 31, tzinfo=UTC)


def test_an_event_is_taken_apart() -> None:
    event = parse_event(line(), ARRIVED)
    assert (event.event_id, event.event_type, event.site_id, event.source) == ("e-1", "metric", "tokyo", "registry")
    assert event.occurred_at == datetime(2026, 11, 30, 8, 30, 0, 123000, tzinfo=UTC)
    assert event.payload == Metric("d-1", "g-1", "pump-a", Measures(temperature=41.25, vibration=1.5, battery=88.0))
    assert event.extra is None
    assert event.order == (7, "e-1")


def test_every_type_has_an_example_which_is_valid_and_written_as_it_was_sent() -> None:
    assert PAYLOADS.keys() == EVENT_TYPES.keys()
    for name in PAYLOADS:
        event = parse_event(line(name), ARRIVED)
        assert event.event_type == name
        assert json.loads(encode_event(event)) == document(name)
        assert list(json.loads(encode_event(event))) == list(document(name))


def test_an_event_is_about_the_entity_that_its_type_names() -> None:
    about = {name: parse_event(line(name), ARRIVED).entity for name in PAYLOADS}
    assert about["site_registered"] == ("site_id", "tokyo")
    assert about["gateway_registered"] == ("gateway_id", "g-2")
    assert about["maintenance_closed"] == ("maintenance_id", "m-1")
    assert {about[name] for name in about if name.startswith(("device", "link", "depends", "firm", "metric"))} == {
        ("device_id", "d-1")
    }


def test_unknown_fields_are_kept_where_they_stood() -> None:
    sent = document(trace="t-1", site_id="osaka")
    sent["payload"] |= {"lot": {"no": 5}, "measures": {"temperature": 1.0, "pressure": 1013.5, "ph": None}}
    event = parse_event(json.dumps(sent).encode(), ARRIVED)
    assert event.extra == ('{"trace":"t-1","payload":{"lot":{"no":5},"measures":{"pressure":1013.5,"ph":null}}}')
    assert json.loads(encode_event(event)) == sent


def test_times_are_cut_to_milliseconds_and_have_an_offset() -> None:
    event = parse_event(line(occurred_at="2026-11-30T17:30:00.123987654+09:00"), ARRIVED)
    assert event.occurred_at == datetime(2026, 11, 30, 8, 30, 0, 123000, tzinfo=UTC)


def test_clocks_may_be_a_quarter_of_an_hour_ahead_of_the_arrival_and_as_late_as_they_like() -> None:
    latest = ARRIVED + FUTURE_TOLERANCE
    assert timedelta(minutes=15) == FUTURE_TOLERANCE
    assert reject_reason(line(occurred_at=latest.isoformat()), ARRIVED) is None
    beyond = latest + timedelta(milliseconds=1)
    assert reject_reason(line(occurred_at=beyond.isoformat()), ARRIVED) == "occurred_at_out_of_range"
    assert reject_reason(line(occurred_at="2000-01-01T00:00:00Z"), ARRIVED) is None
    assert reject_reason(line(occurred_at="1999-12-31T23:59:59Z"), ARRIVED) == "occurred_at_out_of_range"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b" ", "empty_line"),
        (b"\xf3\x89\x9a\xc2" + line(), "kpl_aggregated"),
        (line()[:-1], "invalid_json"),
        (b"[" + line() + b"]", "not_an_object"),
        (line().replace(b'"d-1"', b'"d-1","device_id":"d-2"'), "invalid_json"),
        (line(note=float("nan")), "invalid_json"),
        (with_payload("metric", note=float("inf")), "invalid_json"),
        (line(event_id=None), "missing_event_id"),
        (line(payload=None), "missing_payload"),
        (line(payload=None, version=0), "missing_payload"),
        (line(event_id="it's"), "invalid_event_id"),
        (line(event_id="e" * 129), "invalid_event_id"),
        (line(site_id="a b"), "invalid_site_id"),
        (line(site_id="a:b"), "invalid_site_id"),
        (line(site_id="s" * 65), "invalid_site_id"),
        (line(site_id="東京"), "invalid_site_id"),
        (line(site_id="tokyo\n"), "invalid_site_id"),
        (line(source="' OR 1=1 --"), "invalid_source"),
        (line(version="7"), "invalid_version"),
        (line(version=7.0), "invalid_version"),
        (line(version=True), "invalid_version"),
        (line(version=0), "version_out_of_range"),
        (line(version=2**53), "version_out_of_range"),
        (line(occurred_at="2026-11-30T08:30:00"), "invalid_occurred_at"),
        (line(occurred_at="2026-02-30T08:30:00Z"), "invalid_occurred_at"),
        (line(payload=[]), "invalid_payload"),
        (line(event_type="door_opened"), "unknown_event_type"),
        (line(event_type="Metric"), "unknown_event_type"),
        (line(event_type=5), "invalid_event_type"),
        (with_payload("metric", device_id=...), "missing_device_id"),
        (with_payload("metric", gateway_id=None), "missing_gateway_id"),
        (with_payload("metric", measures={}), "missing_measures"),
        (with_payload("metric", measures={"pressure": 1.0, "battery": None}), "missing_measures"),
        (with_payload("metric", measures=[1.0]), "invalid_measures"),
        (with_payload("metric", measures={"temperature": "hot"}), "invalid_temperature"),
        (with_payload("metric", measures={"power": float("nan")}), "invalid_power"),
        (with_payload("metric", measures={"battery": 100.1}), "battery_out_of_range"),
        (with_payload("metric", measures={"rssi": 1.0}), "rssi_out_of_range"),
        (with_payload("link_changed", rssi=-200), "rssi_out_of_range"),
        (with_payload("gateway_registered", uplink_id="g-2"), "invalid_uplink_id"),
        (with_payload("depends_on", targets=...), "missing_targets"),
        (with_payload("depends_on", targets="d-2"), "invalid_targets"),
        (with_payload("depends_on", targets=["d-2", "d-2"]), "invalid_targets"),
        (with_payload("depends_on", targets=["d-1"]), "invalid_targets"),
        (with_payload("depends_on", targets=[f"d-{number}" for number in range(10, 75)]), "invalid_targets"),
        (with_payload("device_registered", sensors=[7]), "invalid_sensors"),
        (with_payload("site_registered", name=" "), "invalid_name"),
        (with_payload("site_registered", name="n" * 257), "invalid_name"),
        (with_payload("maintenance_opened", reason=5), "invalid_reason"),
        (line("site_registered").replace(b"Tokyo", b"\\ud83d"), "invalid_name"),
    ],
)
def test_what_breaks_the_contract_is_rejected_with_its_reason(bad: bytes, reason: str) -> None:
    assert reason in REASONS
    assert reject_reason(bad, ARRIVED) == reason


def test_reasons_are_tested_in_their_order() -> None:
    wrong: dict[str, Any] = {"version": 0, "site_id": "", "event_type": "metric", "payload": {"measures": {"rssi": 9}}}
    found = []
    for repair in ({}, {"site_id": "a"}, {"version": 1}, {"payload": {**PAYLOADS["metric"], "measures": {"rssi": 9}}}):
        wrong |= repair
        found.append(reject_reason(line(**wrong), ARRIVED))
    assert found == ["invalid_site_id", "version_out_of_range", "missing_device_id", "rssi_out_of_range"]
    assert [REASONS.index(reason) for reason in found if reason] == sorted(REASONS.index(str(each)) for each in found)


def test_what_is_optional_may_be_null_and_a_list_may_be_empty() -> None:
    assert reject_reason(with_payload("gateway_registered", uplink_id=None), ARRIVED) is None
    event = parse_event(with_payload("depends_on", targets=[]), ARRIVED)
    assert event.payload == DependsOn("d-1", ())


def test_every_field_has_a_meaning_and_every_measure_a_unit_and_limits() -> None:
    assert [field.name for field in ENVELOPE] == list(document())
    for field in (*ENVELOPE, *MEASURES, *(field for table in FIELDS.values() for field in table)):
        assert field.meaning
    assert [field.name for field in MEASURES] == ["temperature", "humidity", "vibration", "power", "battery", "rssi"]
    assert all(field.unit and field.is_bounded and field.kind is Kind.NUMBER for field in MEASURES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(PAYLOADS)),
    st.dictionaries(st.sampled_from([field.name for field in ENVELOPE]) | st.text(max_size=6), JSON, max_size=2),
    st.dictionaries(
        st.sampled_from(["device_id", "measures", "targets", "rssi", "name"]) | st.text(max_size=6), JSON, max_size=2
    ),
)
def test_whatever_is_sent_is_an_event_that_is_written_as_itself_or_has_a_reason(
    event_type: str, envelope: dict[str, Any], payload: dict[str, Any]
) -> None:
    sent = document(event_type)
    sent["payload"] |= payload
    bad = json.dumps(sent | envelope).encode()
    reason = reject_reason(bad, ARRIVED)
    assert reason is None or reason in REASONS
    if reason is None:
        event = parse_event(bad, ARRIVED)
        assert parse_event(encode_event(event), ARRIVED) == event
