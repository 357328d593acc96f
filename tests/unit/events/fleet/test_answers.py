"""The eight questions about a fleet that is small enough to answer them by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from datastreamer.events.fleet.answers import Ancestor, Candidate, History, Hit, Span
from datastreamer.events.fleet.event import Event
from datastreamer.events.fleet.payloads import (
    DependsOn,
    DeviceMoved,
    DeviceRegistered,
    DeviceRemoved,
    FirmwareChanged,
    GatewayRegistered,
    MaintenanceClosed,
    MaintenanceOpened,
    Measures,
    Metric,
    Payload,
    SiteRegistered,
)

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = Span(NOON - timedelta(hours=1), NOON)


class Writer:
    """Events of one site, numbered."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._numbers = count(1)

    def say(self, payload: Payload, minutes: float = -90.0) -> None:
        """At so many ``minutes`` from noon."""
        number = next(self._numbers)
        self.events.append(
            Event(f"e-{number}", NOON + timedelta(minutes=minutes), "tokyo", "registry", number, payload)
        )

    def device(self, name: str, gateway: str, model: str = "fan", firmware: str = "fan-1") -> None:
        self.say(DeviceRegistered(name, model, firmware, gateway, ("temperature",)))

    def measure(self, name: str, minutes: float, gateway: str = "g-1", **measures: Any) -> None:
        self.say(Metric(name, gateway, "fan", Measures(**measures)), minutes)

    def history(self) -> History:
        return History(self.events)


@pytest.fixture
def fleet() -> Writer:
    """g-2 and g-3 behind g-1; d-1 and d-2 behind g-2, d-3 behind g-3, d-4 behind g-1; d-4 needs d-3, d-3 needs d-1."""
    writer = Writer()
    writer.say(SiteRegistered("Tokyo"))
    for gateway, uplink in (("g-1", None), ("g-2", "g-1"), ("g-3", "g-1")):
        writer.say(GatewayRegistered(gateway, uplink))
    for device, gateway in (("d-1", "g-2"), ("d-2", "g-2"), ("d-3", "g-3"), ("d-4", "g-1")):
        writer.device(device, gateway)
    writer.say(DependsOn("d-4", ("d-3",)))
    writer.say(DependsOn("d-3", ("d-1",)))
    return writer


def test_the_mean_downstream_is_of_all_gateways_below_and_of_the_span(fleet: Writer) -> None:
    for device, value in (("d-1", 10.0), ("d-2", 20.0), ("d-3", 60.0)):
        fleet.measure(device, -30, temperature=value)
    fleet.measure("d-1", -61, temperature=1_000.0)
    fleet.measure("d-1", 0, temperature=1_000.0)
    history = fleet.history()
    assert history.downstream("gateway:g-1") == ["device:d-1", "device:d-2", "device:d-3", "device:d-4"]
    assert history.mean_downstream("gateway:g-2", "temperature", HOUR) == 15.0
    assert history.mean_downstream("gateway:g-1", "temperature", HOUR) == 30.0
    assert history.mean_downstream("gateway:g-1", "power", HOUR) is None


def test_a_moved_device_is_asked_for_where_it_is_now_and_has_all_that_it_measured(fleet: Writer) -> None:
    fleet.measure("d-1", -30, gateway="g-2", temperature=10.0)
    fleet.say(DeviceMoved("d-1", "g-3"), -20)
    fleet.measure("d-1", -10, gateway="g-3", temperature=20.0)
    history = fleet.history()
    assert history.mean_downstream("gateway:g-3", "temperature", HOUR) == 15.0
    assert history.mean_downstream("gateway:g-2", "temperature", HOUR) is None


def test_a_measurement_that_is_repeated_counts_once_and_a_corrected_one_as_corrected(fleet: Writer) -> None:
    fleet.measure("d-1", -30, temperature=10.0)
    fleet.measure("d-1", -20, temperature=99.0)
    fleet.measure("d-1", -20, temperature=20.0)
    for order in (fleet.events, fleet.events[::-1], fleet.events * 2):
        assert History(order).values("device:d-1", "temperature", HOUR) == [10.0, 20.0]


def test_the_blast_radius_is_all_that_depends_on_it_with_the_silence_of_each(fleet: Writer) -> None:
    fleet.measure("d-3", -7, temperature=1.0)
    history = fleet.history()
    third = Hit("device:d-3", NOON - timedelta(minutes=7), timedelta(minutes=7))
    assert history.blast_radius("device:d-1", NOON) == [third, Hit("device:d-4", None, None)]
    assert history.blast_radius("device:d-2", NOON) == []
    found = [hit.device for hit in history.blast_radius("gateway:g-2", NOON)]
    assert found == ["device:d-1", "device:d-2", "device:d-3", "device:d-4"]


def test_the_common_ancestor_of_the_hottest_is_what_they_share_and_others_do_not(fleet: Writer) -> None:
    for device in ("d-1", "d-3"):
        fleet.say(FirmwareChanged(device, "fan-2"))
    for device, value in (("d-1", 90.0), ("d-2", 20.0), ("d-3", 80.0), ("d-4", 30.0)):
        fleet.measure(device, -5, temperature=value)
    first, *others = fleet.history().common_ancestors("temperature", HOUR, 2)
    assert first == Ancestor("firmware:fan-2", 2, 2)
    assert Ancestor("model:fan", 2, 4) in others
    assert Ancestor("gateway:g-1", 2, 4) in others


def test_the_effect_of_maintenance_is_the_mean_before_its_order_and_after_its_end(fleet: Writer) -> None:
    fleet.say(MaintenanceOpened("m-1", "d-1", "it shakes"), -30)
    assert fleet.history().maintenance_effect("maintenance:m-1", "vibration", timedelta(hours=24)) is None
    fleet.say(MaintenanceClosed("m-1", "d-1", "bearing replaced"), -20)
    for minutes, value in ((-40, 8.0), (-35, 10.0), (-25, 100.0), (-10, 2.0), (-5, 3.0)):
        fleet.measure("d-1", minutes, vibration=value)
    history = fleet.history()
    assert history.maintenance_effect("maintenance:m-1", "vibration", timedelta(hours=24)) == (9.0, 2.5)
    assert history.maintenance_effect("maintenance:m-1", "vibration", timedelta(minutes=11)) == (9.0, 2.0)
    assert history.maintenance_effect("maintenance:m-1", "vibration", timedelta(minutes=7)) is None, "nothing after"


def test_devices_of_the_site_are_ranked_by_correlation_over_bins(fleet: Writer) -> None:
    for step in range(6):
        minutes = -60 + 10 * step
        fleet.measure("d-1", minutes, temperature=float(step))
        fleet.measure("d-2", minutes + 1, temperature=5.0 + 2.0 * step)
        fleet.measure("d-3", minutes + 2, temperature=-float(step))
        fleet.measure("d-4", minutes + 3, temperature=7.0)
    found = fleet.history().correlated("device:d-1", "temperature", HOUR, timedelta(minutes=10))
    assert [device for device, _ in found] == ["device:d-2", "device:d-3"]
    assert [r for _, r in found] == pytest.approx([1.0, -1.0])


def test_silence_is_explained_by_the_topmost_gateway_behind_which_nothing_speaks(fleet: Writer) -> None:
    for device, minutes in (("d-1", -20), ("d-2", -20), ("d-3", -20), ("d-4", -1)):
        fleet.measure(device, minutes, temperature=1.0)
    history = fleet.history()
    assert history.silent(NOON, timedelta(minutes=5)) == {
        "gateway:g-2": ["device:d-1", "device:d-2"],
        "device:d-3": ["device:d-3"],
    }
    assert history.silent(NOON + timedelta(hours=1), timedelta(minutes=5)) == {
        "gateway:g-1": ["device:d-1", "device:d-2", "device:d-3", "device:d-4"]
    }
    assert history.silent(NOON, timedelta(minutes=20)) == {}


def test_a_removed_device_is_not_silent_and_one_that_never_spoke_is(fleet: Writer) -> None:
    for device in ("d-1", "d-2", "d-4"):
        fleet.measure(device, -1, temperature=1.0)
    assert fleet.history().silent(NOON, timedelta(minutes=5)) == {"device:d-3": ["device:d-3"]}
    fleet.say(DeviceRemoved("d-3"))
    assert fleet.history().silent(NOON, timedelta(minutes=5)) == {}


def test_the_league_is_energy_per_device_that_was_online(fleet: Writer) -> None:
    fleet.device("d-5", "g-1", model="pump", firmware="pump-1")
    for device, value in (("d-1", 100.0), ("d-1", 300.0), ("d-2", 400.0), ("d-5", 1_000.0)):
        fleet.measure(device, -30 - value / 100, power=value)
    assert fleet.history().site_league(HOUR) == {("tokyo", "fan"): 300.0, ("tokyo", "pump"): 1_000.0}


def test_candidates_are_far_from_others_of_their_kind_and_ranked_by_what_depends_on_them(fleet: Writer) -> None:
    for number in range(5, 9):
        fleet.device(f"d-{number}", "g-1")
    values = {"d-1": 9.0, "d-2": 1.0, "d-3": 1.1, "d-4": 0.9, "d-5": 1.2, "d-6": 0.8, "d-7": 1.0, "d-8": 1.1}
    for device, value in values.items():
        fleet.measure(device, -5, vibration=value)
    [candidate] = fleet.history().candidates("vibration", HOUR)
    assert (candidate.device, candidate.depend) == ("device:d-1", 2)
    assert candidate == Candidate("device:d-1", pytest.approx(64.12, abs=0.01), 2)
